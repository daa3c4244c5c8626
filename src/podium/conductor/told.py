"""What an agent is told in a round that comes after a part of its work was taken."""

from __future__ import annotations

from podium.conductor.state import State
from podium.git.diff import changes
from podium.git.mirror import Mirror
from podium.kernel.value import Value
from podium.landing.model import Landed
from podium.plan.model import ApprovedPlan, Task
from podium.plan.prompts import fallback_prompt, refine_prompt
from podium.runs.model import Round, Run
from podium.runs.rules import patch_text
from podium.runs.store import candidate_of
from podium.spec.model import Spec


class Told(Value, frozen=True, kw_only=True):
    """What the agent is told: in the session that goes on, and in a fresh one should that be lost."""

    prompt: str
    fresh: str = ""
    session: str = ""


def told_after_part(
    state: State,
    mirror: Mirror,
    run: Run,
    round_: Round,
    task: Task,
    spec: Spec,
    approved: ApprovedPlan,
    *,
    kept: bool,
) -> Told:
    """The words for a round whose predecessor is a part: the session is that of the whole candidate.

    Where the part has landed, or the workspace was not `kept`, the agent is shown its work, which its working tree does
    not have.
    """
    part = run.rounds[round_.number - 2]
    whole = run.rounds[part.part_of - 1]
    points = [point for point in state.reviews.of(run.spec, run.task).points if point.id in round_.points]
    taken = any(
        entry.run == run.id and entry.round == part.number and isinstance(entry.state, Landed)
        for entry in state.landings.of_task(run.spec, run.task)
    )
    done, wanted = candidate_of(part), candidate_of(whole)
    diff = ""
    if done and wanted:
        diff = patch_text(changes(mirror, done.commit if taken else wanted.base, wanted.commit))
    in_tree = kept and not taken and not round_.rebased_from
    fresh = fallback_prompt(task, spec, approved, points, diff=diff, summary=whole.claim, in_tree=in_tree, taken=taken)
    if in_tree:
        return Told(prompt=refine_prompt(task, spec, points), fresh=fresh, session=whole.session)
    return Told(prompt=fresh, session=whole.session)
