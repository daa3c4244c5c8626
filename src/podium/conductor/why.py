"""Why a line is as it is: from git blame, trailers and the ledger to clause, task, agent, reviewer and receipt."""

from __future__ import annotations

from dataclasses import dataclass

from podium.conductor.casefile import clauses_of
from podium.conductor.state import State
from podium.git.commits import blame, commit_info, read_note
from podium.git.mirror import Mirror
from podium.git.model import BlameLine, CommitInfo
from podium.landing.model import Entry
from podium.review.model import Accepted
from podium.review.receipt import NOTES_REF
from podium.runs.model import Round, Run
from podium.spec.model import Clause


@dataclass(frozen=True)
class Origin:
    """Where a line comes from, as far as Podium knows: the fields after `commit` are empty for other people's work."""

    line: BlameLine
    commit: CommitInfo
    entry: Entry | None = None
    run: Run | None = None
    round: Round | None = None
    title: str = ""
    clauses: tuple[Clause, ...] = ()
    accepted: Accepted | None = None
    note: str | None = None  # the receipt's envelope as attached to the commit


def why(state: State, mirror: Mirror, commit: str, path: str, line: int) -> Origin:
    """The origin of a line (from 1) of a file at `commit`. Raises NotFoundError for no such file or line."""
    blamed = blame(mirror, commit, path, line)
    info = commit_info(mirror, blamed.commit)
    entry = state.landings.landed_commits().get(blamed.commit)
    if entry is None:
        return Origin(blamed, info)
    run = state.runs.by_id[entry.run]
    task = state.plans.task(entry.spec, entry.task)
    accepted = next(
        (
            each.decision
            for each in state.reviews.of(entry.spec, entry.task).decisions
            if isinstance(each.decision, Accepted) and each.decision.receipt.id == entry.receipt
        ),
        None,
    )
    return Origin(
        blamed,
        info,
        entry=entry,
        run=run,
        round=run.rounds[entry.round - 1],
        title=task.title if task else "",
        clauses=clauses_of(state, entry.spec, task) if task else (),
        accepted=accepted,
        note=read_note(mirror, NOTES_REF, blamed.commit),
    )
