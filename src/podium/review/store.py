"""What the ledger says of every task's review: a fold over `review.*` records."""

from __future__ import annotations

import msgspec

from podium.ledger.event import Record
from podium.review import events, marks, person
from podium.review.model import (
    Answer,
    Approval,
    Decided,
    Look,
    Part,
    Point,
    Refined,
    Rejected,
    TaskReview,
    TimeBatch,
    Voided,
)

_DECODER = msgspec.json.Decoder(events.ReviewEvent)
_PREFIX = "review."


class Reviews:
    """The state of all reviews of one project. `apply` the records of its chain in order, then ask."""

    def __init__(self) -> None:
        self._tasks: dict[tuple[str, str], _Fold] = {}

    def apply(self, record: Record) -> None:
        """Take one record in; records of other nouns are left alone."""
        if not record.kind.startswith(_PREFIX):
            return
        event = _DECODER.decode(record.data)
        fold = self._tasks.setdefault((event.spec, event.task), _Fold())
        fold.apply(event, record.at)

    def of(self, spec: str, task: str) -> TaskReview:
        """All that was said and read about one task; empty when nothing was."""
        fold = self._tasks.get((spec, task))
        return fold.value(spec, task) if fold else TaskReview(spec=spec, task=task)

    def tasks(self) -> list[tuple[str, str]]:
        """The (spec, task) pairs that have a review, in order of their first event."""
        return list(self._tasks)


class _Fold:
    """One task's review while it is being folded."""

    def __init__(self) -> None:
        self.decisions: list[Decided] = []
        self.points: dict[str, Point] = {}
        self.approvals: list[Approval] = []
        self.looks: dict[tuple[str, str, int], Look] = {}
        self.marks: dict[str, marks.Ledger] = {}
        self.batches: dict[str, set[str]] = {}
        self.times: dict[tuple[str, str], TimeBatch] = {}
        self.answers: dict[str, Answer] = {}
        self.parts: list[Part] = []

    def apply(self, event: events.ReviewEvent, at: str) -> None:
        match event:
            case events.Looked(run=run, round=number, by=by, blind=blind):
                look = Look(run=run, round=number, by=by, at=at, blind=blind)
                self.looks.setdefault((person.key(by), run, number), look)
            case events.HunksMarked(by=by):
                self.marks.setdefault(person.key(by), marks.Ledger()).take(event, at)
                if event.batch:
                    self.batches.setdefault(person.key(by), set()).add(event.batch)
            case events.TimeRecorded(batch=batch):
                self.times.setdefault((person.key(batch.by), batch.id), batch)
            case events.QuestionAnswered(question=question, answer=answer, text=text, by=by):
                self.answers.pop(question, None)
                self.answers[question] = Answer(question=question, answer=answer, text=text, by=by, at=at)
            case events.PartChosen(part=part):
                self.parts.append(msgspec.structs.replace(part, at=at))
            case events.PointRaised(point=point):
                self.points[point.id] = point
            case events.PointClosed(point=number, why=why, by=by):
                self._close(number, why, by)
            case events.ApprovalGiven(run=run, round=number, tree=tree, by=by, waivers=waivers):
                approval = Approval(run=run, round=number, tree=tree, by=by, at=at, waivers=waivers)
                self.approvals.append(approval)
            case events.TaskAccepted(run=run, round=number, accepted=accepted):
                self.decisions.append(Decided(decision=accepted, run=run, round=number))
            case events.TaskRefined(run=run, round=number, points=points, open=still_open, by=by):
                self.points.update((point.id, point) for point in points)
                refined = Refined(points=still_open, by=by, at=at)
                self.decisions.append(Decided(decision=refined, run=run, round=number))
            case events.TaskRejected(reason=reason, by=by):
                self.decisions.append(Decided(decision=Rejected(reason=reason, by=by, at=at)))
            case events.AcceptVoided(run=run, round=number, why=why, by=by):
                voided = Voided(why=why, by=by, at=at)
                self.decisions.append(Decided(decision=voided, run=run, round=number))

    def _close(self, number: str, why: str, by: str) -> None:
        if number in self.points:
            self.points[number] = msgspec.structs.replace(self.points[number], closed=why, closed_by=by)

    def value(self, spec: str, task: str) -> TaskReview:
        return TaskReview(
            spec=spec,
            task=task,
            decisions=tuple(self.decisions),
            points=tuple(self.points.values()),
            approvals=tuple(self.approvals),
            looks=tuple(self.looks.values()),
            marks={who: dict(read.marks) for who, read in self.marks.items()},
            batches={who: frozenset(known) for who, known in self.batches.items()},
            times=tuple(self.times.values()),
            answers=tuple(self.answers.values()),
            parts=tuple(self.parts),
        )
