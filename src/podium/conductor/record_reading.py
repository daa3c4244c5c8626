"""Recording what a person read and said while reviewing, each at once, so that nothing is lost when they stop."""

from __future__ import annotations

from collections.abc import Sequence

from podium.conductor.desk import Desk
from podium.review.case import Case
from podium.review.events import Looked, PointRaised
from podium.review.marks import decide_mark
from podium.review.model import MarkName, Point
from podium.review.person import require_person, same_person
from podium.review.points import write


def record_look(desk: Desk, case: Case) -> None:
    """That this person opened this round, for the time it took; only their first look counts and is written."""
    looks = [look for look in case.review.looks if (look.run, look.round) == (case.run.id, case.round)]
    if not case.who or any(same_person(look.by, case.who) for look in looks):
        return
    with desk.change(case.project) as change:
        looked = Looked(spec=case.spec, task=case.task.id, run=case.run.id, round=case.round, by=case.who)
        change.append(looked, actor=case.actor)


def record_marks(desk: Desk, case: Case, hunks: Sequence[str], mark: MarkName) -> None:
    """A mark on hunks, each named by its id or the beginning of it. Raises as `decide_mark` does."""
    marked = decide_mark(case.run, case.round, case.hunks, actor=case.actor, names=hunks, name=mark)
    with desk.change(case.project) as change:
        change.append(marked, actor=case.actor)


def raise_points(desk: Desk, case: Case, texts: Sequence[str]) -> tuple[Point, ...]:
    """Points that are kept without sending the candidate back: each stands against an accept until it is closed."""
    if not texts:
        return ()
    by = require_person(case.actor, "review")
    with desk.change(case.project) as change:
        written = write(
            texts,
            review=change.state.reviews.of(case.spec, case.task.id),
            by=by,
            round_number=case.round,
            clauses=(clause.id for clause in case.clauses),
            changes=case.changes,
            items=case.own_items,
        )
        for point in written:
            raised = PointRaised(spec=case.spec, task=case.task.id, run=case.run.id, point=point)
            change.append(raised, actor=case.actor)
    return written
