"""What a verdict is judged by: everything a rule may look at, read at one moment."""

from __future__ import annotations

from typing import Literal

from podium.evidence.model import Item
from podium.kernel.value import Value
from podium.plan.model import Task
from podium.review.checklist import Question
from podium.review.folds import Fold, folded
from podium.review.lane import InLane
from podium.review.model import MarkName, Part, ProtectedTouch, TaskReview, Waiver
from podium.review.person import key, person
from podium.runs.model import Candidate, Delivered, FileChange, Gathering, Hunk, Round, Run
from podium.spec.model import Clause


class Case(Value, frozen=True, kw_only=True):
    """One round of one run, and what is known of it.

    `items` may hold evidence of other trees: it is left out. `conflicts` are the paths in which the moved base and the
    candidate cannot be merged; None when they can. `landed` is asked of the landing noun, which review does not know.
    """

    actor: str  # who decides, with its prefix: "person:Ada <ada@example.org>"
    at: str
    project: str
    spec: str
    spec_blob: str
    plan_blob: str
    task: Task
    clauses: tuple[Clause, ...]  # of the spec
    run: Run
    round: int
    changes: tuple[FileChange, ...]
    items: tuple[Item, ...]
    evidence_finished: bool
    review: TaskReview
    receipt_id: str
    ledger_head: str
    expected: tuple[str, ...] = ()  # names of required evidence beyond the clauses' checks: "project tests"
    protected: tuple[ProtectedTouch, ...] = ()
    intent_void: str = ""  # why the approval of spec or plan no longer counts; empty = it counts
    conflicts: tuple[str, ...] | None = None
    landed: bool = False
    waivers: tuple[Waiver, ...] = ()
    risk: Literal["low", "medium", "high"] = "low"  # of the spec
    lane: tuple[InLane, ...] = ()  # hunks that can be neither folded nor skipped
    folds: tuple[Fold, ...] = ()  # hunks that are proven to be mechanical
    questions: tuple[Question, ...] = ()  # the checklist of this change
    blind: bool = False  # machine findings are to be shown only after a hunk was marked
    pending: tuple[str, ...] = ()  # names of the evidence that is still being gathered, which no accept depends on
    pace: str = ""  # how fast the person read, in words; only where the project records that

    @property
    def who(self) -> str:
        """The person who decides; empty when the actor is no person."""
        return person(self.actor)

    @property
    def name(self) -> str:
        """The task's full name."""
        return f"{self.spec}/{self.task.id}"

    @property
    def judged(self) -> Round | None:
        """The round that is judged; None when the run has no such round."""
        return next((each for each in self.run.rounds if each.number == self.round), None)

    @property
    def candidate(self) -> Candidate | None:
        """The candidate that is judged; None when the round has none."""
        return candidate_of(self.judged)

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """All hunks of the candidate."""
        return tuple(hunk for change in self.changes for hunk in change.hunks)

    @property
    def own_marks(self) -> dict[str, MarkName]:
        """What the person who decides has read in this task."""
        return self.review.marks.get(key(self.who), {}) if self.who else {}

    @property
    def folded(self) -> dict[str, str]:
        """What is proven of each folded hunk, by its id."""
        return folded(self.folds)

    @property
    def part(self) -> Part | None:
        """What was chosen when the judged round is a part of a candidate; None for a whole one."""
        commit = self.candidate.commit if self.judged and self.judged.kind == "part" and self.candidate else ""
        parts = (each for each in reversed(self.review.parts) if each.run == self.run.id and each.commit == commit)
        return next(parts, None)

    @property
    def own_items(self) -> tuple[Item, ...]:
        """The evidence that is bound to the candidate's tree."""
        candidate = self.candidate
        return tuple(item for item in self.items if candidate and item.tree == candidate.tree)


def candidate_of(judged: Round | None) -> Candidate | None:
    """The candidate of a round, once there is one."""
    match judged:
        case Round(state=Delivered(candidate=candidate) | Gathering(candidate=candidate)):
            return candidate
        case _:
            return None
