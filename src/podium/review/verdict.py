"""The state of a task's review, computed from what was decided; it is stored nowhere."""

from __future__ import annotations

from collections.abc import Iterable

from podium.review.model import (
    Accepted,
    Decision,
    Pending,
    Refined,
    Rejected,
    TaskReview,
    Undecided,
    Verdict,
    Voided,
)
from podium.runs.model import Delivered, Run


def verdict(review: TaskReview, runs: Iterable[Run]) -> Verdict:
    """How a task stands: the one place in which this is decided.

    The last decision counts. `Voided` stays until the next decision, so that nobody overlooks it. After a refine the
    task is `Refined` until a run has a candidate that nobody has judged: then it is `Undecided` again.
    """
    last = last_decision(review)
    match last:
        case Accepted() | Rejected() | Voided():
            return last
        case Refined() | None:
            waiting = tuple(run.id for run in runs if waits(review, run))
            return Undecided(runs=waiting) if waiting else last or Pending()


def waits(review: TaskReview, run: Run) -> bool:
    """Whether the run's latest candidate waits for a person's verdict."""
    if run.archived or not run.rounds or isinstance(last_decision(review), Accepted | Rejected):
        return False
    latest = run.rounds[-1]
    return isinstance(latest.state, Delivered) and not is_refined(review, run.id, latest.number)


def is_refined(review: TaskReview, run: str, number: int) -> bool:
    """Whether this very round was sent back."""
    return any(
        isinstance(each.decision, Refined) and each.run == run and each.round == number for each in review.decisions
    )


def voided_for(review: TaskReview) -> str:
    """Why the last accept of a task does not count any more; empty when there is none, or it counts."""
    for each in reversed(review.decisions):
        match each.decision:
            case Voided(why=why):
                return f"the accept of round {each.round} does not count any more: {why}"
            case Accepted():
                return ""
            case _:
                continue
    return ""


def was_withdrawn(review: TaskReview, receipt: str) -> bool:
    """Whether the accept of this receipt was voided later."""
    accepted: tuple[str, int] | None = None
    for each in review.decisions:
        match each.decision:
            case Accepted(receipt=its) if its.id == receipt:
                accepted = (each.run, each.round)
            case Voided() if accepted == (each.run, each.round):
                return True
            case _:
                continue
    return False


def last_decision(review: TaskReview) -> Decision | None:
    """The decision that counts; None when there is none yet."""
    return review.decisions[-1].decision if review.decisions else None
