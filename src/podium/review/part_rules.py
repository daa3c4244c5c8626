"""Partial acceptance: a person takes some hunks of a candidate, the rest goes back with points.

What is taken becomes a candidate of its own, a round of the kind `part`: its evidence is gathered on exactly its tree,
and it counts once a person has accepted that tree. When it has landed, the rest is refined on top of it. No step of
this accepts anything by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from podium.kernel.errors import PodiumError, UsageError
from podium.kernel.value import Value
from podium.review import points
from podium.review.case import Case, candidate_of
from podium.review.drafts import Draft
from podium.review.events import TaskRefined
from podium.review.marks import named
from podium.review.model import Accepted, Part, Point, Rejected, TaskReview
from podium.review.person import require_person
from podium.review.verdict import is_refined, last_decision
from podium.runs.model import Candidate, Delivered, Failed, FileChange, Round, Run, Stopped


class Choice(Value, frozen=True, kw_only=True):
    """What is to be taken of which round's candidate."""

    whole: Candidate
    round: int  # of the whole
    number: int  # the round that the part becomes
    hunks: tuple[str, ...]
    left_out: tuple[str, ...]
    points: tuple[Point, ...]
    by: str


def whole_round(run: Run) -> Round:
    """The round whose candidate is taken apart: the newest, or the one of which the newest is a part.

    Raises PodiumError when the run has no round with a candidate to take apart.
    """
    newest = run.rounds[-1]
    wanted = newest.part_of if newest.kind == "part" else newest.number
    found = run.rounds[wanted - 1]
    if candidate_of(found) is None:
        raise PodiumError(f"round {found.number} has no candidate", where=f"{run.spec}/{run.task}")
    return found


def decide_part(
    case: Case,
    changes: Sequence[FileChange],
    *,
    take: Iterable[str],
    leave: Iterable[str],
    texts: Iterable[str | Draft],
) -> Choice:
    """What a person takes of the changes of the whole round: the hunks `take`, or all but the hunks `leave`.

    Raises PodiumError when it cannot be judged now, NotFoundError and UsageError for hunks and points that make no
    sense: something must be taken, something left, and what is left needs a point that says what to change.
    """
    by = require_person(case.actor, "accept")
    _judgeable(case)
    whole = whole_round(case.run)
    candidate = candidate_of(whole)
    assert candidate is not None
    ids = [hunk.id for change in changes for hunk in change.hunks]
    taken, left = tuple(take), tuple(leave)
    if bool(taken) == bool(left):
        raise UsageError("say either what to take or what to leave", where=case.name, do="--hunk ID, or --except ID")
    chosen = set(named(ids, taken, case.name)) if taken else set(ids) - set(named(ids, left, case.name))
    if not chosen or len(chosen) == len(ids):
        raise UsageError(
            "nothing is left to take" if not chosen else "nothing is left out",
            where=case.name,
            do=f"podium accept {case.name} takes all of it; podium refine {case.name} sends all of it back.",
        )
    written = points.write(
        texts,
        review=case.review,
        by=by,
        round_number=whole.number,
        clauses=(clause.id for clause in case.clauses),
        changes=tuple(changes),
    )
    if not written:
        raise UsageError(
            "what is left out needs a point that says what to change",
            where=case.name,
            do=f'For example: podium accept {case.name} --except {ids[0][:8]} -m "E1 is not handled there"',
        )
    return Choice(
        whole=candidate,
        round=whole.number,
        number=case.run.rounds[-1].number + 1,
        hunks=tuple(each for each in ids if each in chosen),
        left_out=tuple(
            f"{hunk.id} {change.path}" for change in changes for hunk in change.hunks if hunk.id not in chosen
        ),
        points=written,
        by=by,
    )


def rest_refined(review: TaskReview, receipt_round: int, part: Part) -> TaskRefined:
    """The event that sends the rest back once the part has landed; its points get numbers that are free now."""
    fresh = points.renumbered(part.points, review)
    earlier = points.still_open(review.points, ())
    return TaskRefined(
        spec=review.spec,
        task=review.task,
        run=part.run,
        round=receipt_round,
        points=fresh,
        open=tuple(point.id for point in (*earlier, *fresh)),
        by=part.by,
    )


def _judgeable(case: Case) -> None:
    newest = case.run.rounds[-1]
    why = ""
    if case.landed:
        why = "it has landed"
    elif case.run.archived:
        why = f"this run is out of the race: {case.run.archived}"
    elif is_refined(case.review, case.run.id, newest.number):
        why = "it was sent back"
    elif not isinstance(newest.state, Delivered | Failed | Stopped):
        why = "its latest round has not ended"
    match last_decision(case.review):
        case Accepted(receipt=receipt):
            why = why or f"{receipt.reviewer} accepted it"
        case Rejected(by=who):
            why = why or f"{who} rejected it"
        case _:
            pass
    if why:
        raise PodiumError(f"nothing can be taken of it: {why}", where=case.name, do=f"podium status {case.name}")
