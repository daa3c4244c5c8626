"""The state of a task, computed in one place from what every noun knows of it."""

from __future__ import annotations

from collections.abc import Sequence

from podium.landing.model import (
    AtWork,
    Entry,
    Held,
    Idle,
    InReview,
    Landed,
    Landing,
    Lost,
    OnTarget,
    Queued,
    TakenBack,
    TaskState,
    TurnedDown,
)
from podium.review.model import Accepted, Decided, Rejected, TaskReview
from podium.review.verdict import is_refined
from podium.runs.model import Delivered, Failed, Run, Stopped
from podium.runs.store import is_active


def task_state(runs: Sequence[Run], review: TaskReview, entries: Sequence[Entry]) -> TaskState:
    """What a task is doing, from its runs, its review and its landing entries (each oldest first).

    A task that was never started is `Idle`; what keeps it from starting is a question of dispatch.
    """
    settled = _settled(review, entries)
    if settled is not None:
        return settled
    racing = [run for run in runs if not run.archived and run.rounds]
    busy = [run for run in racing if is_active(run.rounds[-1].state) or awaits_refine(run, review)]
    if busy:
        return AtWork(runs=tuple(run.id for run in busy), refining=any(awaits_refine(run, review) for run in busy))
    delivered = [run for run in racing if isinstance(run.rounds[-1].state, Delivered)]
    if delivered:
        return InReview(runs=tuple(run.id for run in delivered))
    if not racing:
        return Idle()
    return Lost(reason="; ".join(f"{run.agent}: {_why(run)}" for run in racing))


def _settled(review: TaskReview, entries: Sequence[Entry]) -> TaskState | None:
    """The state of a task that a person has decided on; None when it still needs agents or a person."""
    back = [entry for entry in entries if entry.revert_of and isinstance(entry.state, Landed)]
    landed = [entry for entry in entries if not entry.revert_of and isinstance(entry.state, Landed)]
    if back and isinstance(back[-1].state, Landed):
        return TakenBack(commit=back[-1].state.commit)
    landed = _of_the_whole(review, landed)
    if landed and isinstance(landed[-1].state, Landed):
        return OnTarget(commit=landed[-1].state.commit)
    match last_decision(review):
        case Decided(decision=Accepted(receipt=receipt)) if receipt.left_out and _has_landed(entries, receipt.id):
            return AtWork(runs=(receipt.run,), refining=True)  # what was left out is being sent back
        case Decided(decision=Accepted(receipt=receipt)):
            entry = next((each for each in entries if each.receipt == receipt.id), None)
            match entry:
                case Entry(state=Held(why=why)):
                    return Landing(entry=entry.id, held=why)
                case Entry(state=Queued()):
                    return Landing(entry=entry.id)
                case _:
                    return Landing(entry="")
        case Decided(decision=Rejected(reason=reason)):
            return TurnedDown(reason=reason)
        case _:
            return None


def _of_the_whole(review: TaskReview, landed: list[Entry]) -> list[Entry]:
    """The landings by which all of a task is on the target: that of a part is not one while the rest is wanted."""
    if not review.parts:
        return landed
    match last_decision(review):
        case Decided(decision=Accepted(receipt=receipt)):
            return [] if receipt.left_out else [entry for entry in landed if entry.receipt == receipt.id]
        case Decided(decision=Rejected()):
            return landed
        case _:
            return []


def _has_landed(entries: Sequence[Entry], receipt: str) -> bool:
    return any(entry.receipt == receipt and isinstance(entry.state, Landed) for entry in entries)


def last_decision(review: TaskReview) -> Decided | None:
    """What was decided last; None while nothing was."""
    return review.decisions[-1] if review.decisions else None


def awaits_refine(run: Run, review: TaskReview) -> bool:
    """Whether the run's newest round was sent back and its next round has not been ordered yet."""
    return bool(run.rounds) and is_refined(review, run.id, run.rounds[-1].number)


def _why(run: Run) -> str:
    match run.rounds[-1].state:
        case Failed(reason=reason):
            return reason
        case Stopped(by=by):
            return f"stopped by {by}"
        case _:
            return "no candidate"
