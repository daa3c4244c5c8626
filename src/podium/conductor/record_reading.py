"""Recording what a person read and said while reviewing, each at once, so that nothing is lost when they stop."""

from __future__ import annotations

from collections.abc import Sequence

from podium.conductor.desk import Desk
from podium.conductor.reading_times import open_times
from podium.conductor.rounds_apart import changes_of_round
from podium.git.mirror import Mirror
from podium.kernel.clock import stamp
from podium.kernel.errors import NotFoundError
from podium.review.batch import ReadingBatch, Taken, decide_batch
from podium.review.case import Case
from podium.review.events import Looked, PointRaised, TimeRecorded
from podium.review.marks import decide_mark
from podium.review.model import MarkName, Point, TaskReview, TimeBatch
from podium.review.person import require_person, same_person
from podium.review.points import write


def record_look(desk: Desk, case: Case) -> None:
    """That this person opened this round, for the time it took; only their first look counts and is written."""
    looks = [look for look in case.review.looks if (look.run, look.round) == (case.run.id, case.round)]
    if not case.who or any(same_person(look.by, case.who) for look in looks):
        return
    with desk.change(case.project) as change:
        looked = Looked(
            spec=case.spec, task=case.task.id, run=case.run.id, round=case.round, by=case.who, blind=case.blind
        )
        change.append(looked, actor=case.actor)


def record_marks(desk: Desk, case: Case, hunks: Sequence[str], mark: MarkName) -> None:
    """A mark on hunks, each named by its id or the beginning of it. Raises as `decide_mark` does."""
    marked = decide_mark(case.run, case.round, case.hunks, actor=case.actor, names=hunks, name=mark)
    with desk.change(case.project) as change:
        change.append(marked, actor=case.actor)


def record_batch(desk: Desk, mirror: Mirror, project: str, batch: ReadingBatch, actor: str) -> Taken:
    """Take in what a page sends of a person's reading; a batch that was taken in before changes nothing.

    Marks go into the ledger. Times stay on this machine, unless the project shares them. Hunks are checked against the
    round that the batch names, which need not be the newest: what was read of a candidate that was replaced meanwhile
    counts for the hunks that the next one still has. Raises as `decide_batch` does, NotFoundError for no such round.
    """
    run = desk.look(project).runs.by_id.get(batch.run)
    if run is None:
        raise NotFoundError("there is no such run", where=batch.run)
    batch_by = require_person(actor, "mark hunks of")
    hunks = {hunk.id for change in changes_of_round(mirror, run, batch.round) for hunk in change.hunks}
    with desk.change(project) as change:
        review, shared = change.state.reviews.of(run.spec, run.task), change.state.settings.share_pace
        taken = decide_batch(batch, review=review, hunks=hunks, actor=actor, now=stamp(desk.clock.now()))
        for event in taken.events:
            change.append(event, actor=actor)
        known = any(same_person(each.by, batch_by) and each.id == batch.id for each in review.times)
        if taken.times is not None and shared and not known:
            change.append(TimeRecorded(spec=run.spec, task=run.task, batch=taken.times), actor=actor)
    if taken.times is not None and not shared:
        open_times(desk.home, project, actor).add(taken.times)
    return taken


def times_of(desk: Desk, project: str, review: TaskReview, actor: str) -> tuple[TimeBatch, ...]:
    """The reading times of the person behind `actor`: this machine's, and those of this task that the ledger has."""
    who = require_person(actor, "review")
    shared = tuple(batch for batch in review.times if same_person(batch.by, who))
    return (*shared, *open_times(desk.home, project, actor).read())


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
