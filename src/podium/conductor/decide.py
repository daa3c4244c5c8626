"""A person's verdict on a candidate: accept, refine or reject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from podium.conductor.casefile import build_case
from podium.conductor.desk import Change, Desk
from podium.conductor.mirrors import open_mirror, synchronise, tip_for
from podium.conductor.order_run import Documents
from podium.conductor.state import State
from podium.git.mirror import Mirror
from podium.kernel.clock import stamp
from podium.kernel.errors import ConflictError, PodiumError, UsageError
from podium.review import points
from podium.review.case import Case
from podium.review.checklist import decide_answer
from podium.review.drafts import Draft
from podium.review.events import ReviewEvent, TaskAccepted, TaskRefined
from podium.review.model import Accepted, AnswerName, Point, Refusal, Waiver
from podium.review.person import require_person
from podium.review.ports import Signer
from podium.review.receipt import signed_bytes
from podium.review.rules import (
    Cleared,
    Refused,
    SecondWanted,
    decide_accept,
    decide_refine,
    decide_reject,
    same_ground,
    seal,
    with_evidence,
)
from podium.runs.events import RunArchived, Steered
from podium.runs.model import Run
from podium.runs.store import is_active


@dataclass(frozen=True)
class Approved:
    """This person's yes is recorded; a second person's is wanted before it counts."""

    refusals: tuple[Refusal, ...]


Answer: TypeAlias = Accepted | Approved | Refused


_SIGNINGS = 5
"""How often a receipt is made again because evidence came in while it was signed."""


@dataclass(frozen=True)
class Judge:
    """Who decides, on which project, with the documents as they lie in the repository now."""

    desk: Desk
    project: str
    documents: Documents
    actor: str
    path: str  # where programs are looked for, as in $PATH

    def accept(self, run: str, signer: Signer, waivers: tuple[tuple[str, str], ...] = ()) -> Answer:
        """Accept a run's newest candidate, or say why not. `waivers` are pairs of a refusal's code and a reason.

        The receipt is signed outside the ledger's transaction, because signing may ask a person; inside it everything
        is decided again, and counts only when nothing that the receipt says has changed.
        Raises ConflictError when it has, UsageError for a senseless waiver, PodiumError when signing fails.
        """
        by = require_person(self.actor, "accept")
        given = tuple(Waiver(refusal=code, reason=reason, by=by) for code, reason in waivers)
        project = self.desk.look(self.project).project
        with open_mirror(self.desk.home, project, self.path) as mirror:
            synchronise(mirror, self.desk.home, project)
            bench = Bench(self, mirror, tip_for(mirror, project), self.desk.new_id(), given)
            for _ in range(_SIGNINGS):
                answer = self._accept_once(bench, run, signer)
                if answer is not None:
                    return answer
        raise ConflictError(
            "something that the receipt says changed while it was signed",
            do="Look again, then accept again. Nothing was recorded.",
        )

    def _accept_once(self, bench: Bench, run: str, signer: Signer) -> Answer | None:
        """The answer; None when only more evidence came in meanwhile: dear kinds of it stream in after a delivery."""
        first = decide_accept(bench.case(self.desk.look(self.project), run))
        if isinstance(first, Refused):
            return first
        signature = signer.sign(signed_bytes(first.receipt)) if isinstance(first, Cleared) else None
        with self.desk.change(self.project) as change:
            match first, decide_accept(bench.case(change.state, run)):
                case Cleared(receipt=before), Cleared(receipt=now) if same_ground(before, now):
                    accepted = seal(first, signature)
                    self._record(change, run, accepted)
                    return accepted
                case Cleared(receipt=before), Cleared(receipt=now) if same_ground(before, with_evidence(now, before)):
                    return None
                case SecondWanted(), SecondWanted(approval=approval, refusals=refusals):
                    change.append(approval, actor=self.actor)
                    return Approved(refusals)
                case _:
                    raise ConflictError(
                        "something that the receipt says changed while it was signed",
                        do="Look again, then accept again. Nothing was recorded.",
                    )

    def refine(self, run: str, texts: tuple[str | Draft, ...]) -> tuple[Point, ...]:
        """Send a run's newest round back with points, or drafts of them; return the new ones, numbered.

        Raises UsageError when there is nothing to change in them, PodiumError when it cannot be sent back now.
        """
        with self.bench() as bench, self.desk.change(self.project) as change:
            events = _granted(decide_refine(bench.case(change.state, run), texts))
            for event in events:
                change.append(event, actor=self.actor)
        return next(event.points for event in events if isinstance(event, TaskRefined))

    def reject(self, run: str, reason: str) -> None:
        """Turn a run's task down for good: its agents are stopped, its candidates stay.

        Raises UsageError without a reason, PodiumError when it has landed or was rejected before.
        """
        with self.bench() as bench, self.desk.change(self.project) as change:
            case = bench.case(change.state, run)
            for event in _granted(decide_reject(case, reason)):
                change.append(event, actor=self.actor)
            end_runs(change, case.run, f"the task was rejected: {reason}", actor=self.actor, keep="")

    def answer(self, run: str, question: str, answer: AnswerName, text: str) -> str:
        """Answer a question of the checklist, named by its id or topic; return its id. Raises as `decide_answer`."""
        with self.bench() as bench, self.desk.change(self.project) as change:
            case = bench.case(change.state, run)
            answered = decide_answer(
                case.review, case.questions, actor=self.actor, question=question, answer=answer, text=text
            )
            change.append(answered, actor=self.actor)
        return answered.question

    def close_point(self, run: str, point: str, why: str) -> None:
        """Close a point with a reason. Raises NotFoundError for no such open point, UsageError without a reason."""
        with self.desk.change(self.project) as change:
            its = live_run(change.state, run)
            closed = points.close(change.state.reviews.of(its.spec, its.task), actor=self.actor, point=point, why=why)
            change.append(closed, actor=self.actor)

    def _record(self, change: Change, run: str, accepted: Accepted) -> None:
        its = live_run(change.state, run)
        recorded = TaskAccepted(spec=its.spec, task=its.task, run=run, round=its.rounds[-1].number, accepted=accepted)
        change.append(recorded, actor=self.actor)
        end_runs(change, its, f"{its.agent} was accepted", actor=self.actor, keep=run)

    def bench(self) -> Bench:
        """The mirror and all that stays the same while a case is built twice. Use it inside `with`."""
        project = self.desk.look(self.project).project
        mirror = open_mirror(self.desk.home, project, self.path)
        return Bench(self, mirror, tip_for(mirror, project), "", ())


@dataclass(frozen=True)
class Bench:
    """What stays the same while a case is built twice."""

    judge: Judge
    mirror: Mirror
    tip: str
    receipt_id: str
    waivers: tuple[Waiver, ...]

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.mirror.close()

    def case(self, state: State, run: str) -> Case:
        return build_case(
            state,
            self.mirror,
            live_run(state, run),
            tip=self.tip,
            documents=self.judge.documents,
            actor=self.judge.actor,
            at=stamp(self.judge.desk.clock.now()),
            receipt_id=self.receipt_id,
            waivers=self.waivers,
        )


def live_run(state: State, run: str) -> Run:
    """A run that is still in the race. Raises UsageError for another one."""
    found = state.runs.by_id[run]
    if found.archived:
        raise UsageError(f"this run is out of the race: {found.archived}", where=f"{found.spec}/{found.task}")
    return found


def end_runs(change: Change, of: Run, why: str, *, actor: str, keep: str) -> None:
    """Stop and archive all runs of a task but `keep`."""
    for run in change.state.runs.of_task(of.spec, of.task):
        if run.archived or run.id == keep:
            continue
        if run.rounds and is_active(run.rounds[-1].state):
            change.append(Steered(run=run.id, round=run.rounds[-1].number, what="stop"), actor=actor)
        change.append(RunArchived(run=run.id, why=why), actor=actor)


def _granted(decided: tuple[ReviewEvent, ...] | Refused) -> tuple[ReviewEvent, ...]:
    if isinstance(decided, Refused):
        first = decided.refusals[0]
        raise PodiumError(first.message, do=first.do)
    return decided
