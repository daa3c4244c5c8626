"""A person takes some hunks of a candidate: a new candidate is made in the mirror, and verified before it counts."""

from __future__ import annotations

from collections.abc import Sequence

from podium.conductor.decide import Judge
from podium.conductor.mirrors import publish, synchronise
from podium.conductor.rounds_apart import changes_between
from podium.git.commits import commit_tree
from podium.git.diff import changes, totals
from podium.git.mirror import Mirror
from podium.git.model import NULL_ID, Identity
from podium.git.part import part_tree
from podium.kernel.clock import stamp
from podium.kernel.errors import ConflictError
from podium.review.case import Case
from podium.review.drafts import Draft
from podium.review.events import PartChosen
from podium.review.model import Part
from podium.review.part_rules import Choice, decide_part, whole_round
from podium.runs.rules import candidate_ref
from podium.runs.store import candidate_of


def take_part(
    judge: Judge, run: str, *, take: Sequence[str] = (), leave: Sequence[str] = (), texts: Sequence[str | Draft] = ()
) -> Part:
    """Take the hunks `take` of a run's candidate, or all but `leave`; `texts` are the points for the rest.

    It is no accept: a worker gathers evidence about exactly what was chosen, and a person accepts that, or does not.
    Hunks are named by their ids in the whole candidate, also where the newest round is a part of it: then the choice is
    made anew. Raises PodiumError as `decide_part` and `part_tree` do, ConflictError when the run moved on meanwhile.
    """
    desk = judge.desk
    project = desk.look(judge.project).project
    with judge.bench() as bench:
        synchronise(bench.mirror, desk.home, project)
        case = bench.case(desk.look(judge.project), run)
        choice = _choose(bench.mirror, case, take, leave, texts)
        part = _make(bench.mirror, case, choice, stamp(desk.clock.now()))
        publish(bench.mirror, desk.home, project, part.ref)
        with desk.change(judge.project) as change:
            again = _choose(bench.mirror, bench.case(change.state, run), take, leave, texts)
            if again != choice:
                raise ConflictError("the run moved on in the meantime", where=case.name, do="Look again, then choose.")
            change.append(PartChosen(spec=case.spec, task=case.task.id, part=part), actor=judge.actor)
    return part


def _choose(
    mirror: Mirror, case: Case, take: Sequence[str], leave: Sequence[str], texts: Sequence[str | Draft]
) -> Choice:
    candidate = candidate_of(whole_round(case.run))
    assert candidate is not None, "whole_round gives a round with a candidate"
    changed = changes_between(mirror, candidate.base, candidate.commit)
    return decide_part(case, changed, take=take, leave=leave, texts=texts)


def _make(mirror: Mirror, case: Case, choice: Choice, at: str) -> Part:
    """The commit of the part, kept by a ref of its own."""
    base = choice.whole.base
    tree = part_tree(mirror, base, choice.whole.commit, choice.hunks)
    author = Identity(name=f"{case.run.agent} (agent)", email="agent@podium.invalid")
    message = f"{case.name} by {case.run.agent}, part of round {choice.round}\n"
    commit = commit_tree(mirror, tree, (base,), message, author=author, date=at)
    ref = candidate_ref(case.run.id, choice.number)
    mirror.update_ref(ref, commit, mirror.refs(ref).get(ref, NULL_ID))
    files, added, removed = totals(changes(mirror, base, commit))
    return Part(
        run=case.run.id,
        round=choice.round,
        number=choice.number,
        base=base,
        whole=choice.whole.commit,
        commit=commit,
        tree=tree,
        ref=ref,
        files=files,
        added=added,
        removed=removed,
        hunks=choice.hunks,
        left_out=choice.left_out,
        points=choice.points,
        by=choice.by,
        at=at,
    )
