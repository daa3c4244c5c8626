"""Why a line is as it is: from git blame, trailers and the ledger to clause, task, agent, reviewer and receipt."""

from __future__ import annotations

from dataclasses import dataclass

from podium.conductor.casefile import clauses_of
from podium.conductor.desk import Desk
from podium.conductor.mirrors import open_mirror, synchronise, tip_for
from podium.conductor.state import State
from podium.evidence.model import Item
from podium.git.commits import blame, commit_info, read_note
from podium.git.mirror import Mirror
from podium.git.model import BlameLine, CommitInfo
from podium.git.user_repository import UserRepository
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
    return _origin(state, mirror, blamed, commit_info(mirror, blamed.commit))


@dataclass(frozen=True)
class LookedUp:
    """What is known of a line: its origin, the evidence about the work it came with, and where it was looked up."""

    origin: Origin
    items: tuple[Item, ...]
    fallback: str  # the branch it was looked up on, because the last commit is not on it; empty for the last commit


def look_up(desk: Desk, project: str, repository: UserRepository, searched: str, path: str, line: int) -> LookedUp:
    """The origin of a line in the person's last commit. `searched` is where programs are looked for.

    Raises NotFoundError for no such file or line.
    """
    with desk.reading(project) as state:
        registered = state.project
    with open_mirror(desk.home, registered, searched) as mirror:
        synchronise(mirror, desk.home, registered)
        head = mirror.resolve(repository.tip())
        blamed = blame(mirror, head or tip_for(mirror, registered), path, line)
        info = commit_info(mirror, blamed.commit)
        with desk.reading(project) as state:
            origin = _origin(state, mirror, blamed, info)
            run, round_ = origin.run, origin.round
            items = tuple(state.evidence.items(run.id, round_.number)) if run and round_ else ()
    return LookedUp(origin, items, "" if head else registered.target)


def _origin(state: State, mirror: Mirror, blamed: BlameLine, info: CommitInfo) -> Origin:
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
