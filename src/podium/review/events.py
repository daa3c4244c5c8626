"""What can happen in a review. Each payload is part of the ledger for ever: fields are only added, with a default."""

from __future__ import annotations

from typing import TypeAlias

from podium.ledger.event import Payload
from podium.review.model import Accepted, AnswerName, MarkName, Part, Point, TimeBatch, Waiver


class TaskPayload(Payload, frozen=True, kw_only=True):
    """The base of what happens to one task's review."""

    spec: str
    task: str

    @property
    def subject(self) -> str:
        return f"task:{self.spec}/{self.task}"


class Looked(TaskPayload, frozen=True, kw_only=True, tag="review.looked"):
    """A person opened a candidate; only the first look of a person at a round counts."""

    run: str
    round: int
    by: str
    blind: bool = False  # machine findings are hidden until a hunk is marked


class HunksMarked(TaskPayload, frozen=True, kw_only=True, tag="review.hunks-marked"):
    """A person read hunks, or took that back with `unseen`."""

    run: str
    round: int
    hunks: tuple[str, ...]
    mark: MarkName
    by: str
    batch: str = ""  # the client's id of the batch it came in: a batch that is sent again counts once
    marked_at: str = ""  # when the person did it; empty = when it was recorded


class TimeRecorded(TaskPayload, frozen=True, kw_only=True, tag="review.time-recorded"):
    """How long hunks were read; only where the project shares it (`[review] share_pace`)."""

    batch: TimeBatch


class PointRaised(TaskPayload, frozen=True, kw_only=True, tag="review.point-raised"):
    """A point was raised without a refine: a note to come back to, or a landing that was returned."""

    run: str
    point: Point


class PointClosed(TaskPayload, frozen=True, kw_only=True, tag="review.point-closed"):
    """A person closed a point, or evidence met it."""

    point: str
    why: str
    by: str


class QuestionAnswered(TaskPayload, frozen=True, kw_only=True, tag="review.question-answered"):
    """A person answered a question of the checklist; a later answer replaces it."""

    question: str
    answer: AnswerName
    text: str
    by: str


class PartChosen(TaskPayload, frozen=True, kw_only=True, tag="review.part-chosen"):
    """A person takes some hunks of a candidate, to be verified as a candidate of their own. It is no accept."""

    part: Part


class ApprovalGiven(TaskPayload, frozen=True, kw_only=True, tag="review.approval-given"):
    """A person approved a tree that needs a second person; it is no accept."""

    run: str
    round: int
    tree: str
    by: str
    waivers: tuple[Waiver, ...] = ()


class TaskAccepted(TaskPayload, frozen=True, kw_only=True, tag="review.accepted"):
    """A person accepted exactly one tree."""

    run: str
    round: int
    accepted: Accepted


class TaskRefined(TaskPayload, frozen=True, kw_only=True, tag="review.refined"):
    """A candidate was sent back; `points` are the new ones, `open` the ids of all that the next round is to meet."""

    run: str
    round: int
    points: tuple[Point, ...]
    open: tuple[str, ...]
    by: str


class TaskRejected(TaskPayload, frozen=True, kw_only=True, tag="review.rejected"):
    """A person turned the task down for good."""

    reason: str
    by: str


class AcceptVoided(TaskPayload, frozen=True, kw_only=True, tag="review.accept-voided"):
    """An accept that had not landed no longer counts."""

    run: str
    round: int
    why: str
    by: str


ReviewEvent: TypeAlias = (
    Looked
    | HunksMarked
    | TimeRecorded
    | PointRaised
    | PointClosed
    | QuestionAnswered
    | PartChosen
    | ApprovalGiven
    | TaskAccepted
    | TaskRefined
    | TaskRejected
    | AcceptVoided
)
