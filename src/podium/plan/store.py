"""The approved plans and what was ordered of them: a fold of the ledger."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from podium.kernel.errors import PodiumError
from podium.kernel.value import Value
from podium.ledger.event import Record
from podium.plan.events import (
    DispatchHalted,
    DispatchOrdered,
    PlanApproved,
    PlanWithdrawn,
    QuestionAnswered,
    QuestionsAsked,
)
from podium.plan.model import ApprovedPlan, Question, Task

_KINDS = frozenset(
    {
        "plan.approved",
        "plan.withdrawn",
        "plan.dispatch-ordered",
        "plan.dispatch-halted",
        "plan.questions-asked",
        "plan.question-answered",
    }
)
_Event: TypeAlias = PlanApproved | PlanWithdrawn | DispatchOrdered | DispatchHalted | QuestionsAsked | QuestionAnswered
_EVENT: msgspec.json.Decoder[_Event] = msgspec.json.Decoder(_Event)


class Dispatch(Value, frozen=True, kw_only=True):
    """A standing order: give these tasks to agents as they become ready."""

    tasks: tuple[str, ...]  # ids of the approved plan
    agents: dict[str, tuple[str, ...]]  # task -> agents that replace the plan's; absent = as the plan says
    by: str
    at: str
    why: dict[str, str] = msgspec.field(default_factory=dict[str, str])  # task -> why its agent was chosen for it


class Plans:
    """The approved plan of each spec and its standing order. Feed it every record in order with `apply`."""

    def __init__(self) -> None:
        self._approved: dict[str, ApprovedPlan] = {}
        self._withdrawn: dict[str, str] = {}
        self._dispatch: dict[str, Dispatch] = {}
        self._tasks: dict[tuple[str, str], Task] = {}
        self._questions: dict[str, dict[str, Question]] = {}
        self._asked: set[tuple[str, str]] = set()

    def apply(self, record: Record) -> None:
        """Take in one record; records of other nouns are passed over.

        Raises PodiumError for a plan record of a kind that this version does not know.
        """
        if not record.kind.startswith("plan."):
            return
        if record.kind not in _KINDS:
            raise PodiumError(
                f"the ledger holds a record of the unknown kind {record.kind!r}",
                where=f"record {record.seq}",
                do="It was written by a newer Podium: update this one.",
            )
        match _EVENT.decode(record.data):
            case PlanApproved(plan=plan):
                self._approve(plan)
            case PlanWithdrawn(spec=spec, reason=reason):
                self._approved.pop(spec, None)
                self._dispatch.pop(spec, None)
                self._withdrawn[spec] = reason
            case DispatchOrdered() as order:
                self._order(order, record.at)
            case DispatchHalted(spec=spec):
                self._dispatch.pop(spec, None)
            case QuestionsAsked(spec=spec, task=task, questions=questions):
                self._asked.add((spec, task))
                known = self._questions.setdefault(spec, {})
                known.update({each.id: msgspec.structs.replace(each, asked_at=record.at) for each in questions})
            case QuestionAnswered(spec=spec, question=number, text=text, by=by):
                known = self._questions.get(spec, {})
                if number in known:
                    known[number] = msgspec.structs.replace(known[number], answer=text, answered_by=by)

    def _approve(self, plan: ApprovedPlan) -> None:
        before = self._approved.get(plan.spec)
        self._approved[plan.spec] = plan
        self._withdrawn.pop(plan.spec, None)
        self._tasks.update({(plan.spec, task.id): task for task in plan.tasks})
        # An order was given for what was approved then: another plan needs its own.
        if before is not None and (before.plan_blob, before.spec_blob) != (plan.plan_blob, plan.spec_blob):
            self._dispatch.pop(plan.spec, None)

    def _order(self, order: DispatchOrdered, at: str) -> None:
        plan = self._approved.get(order.spec)
        if plan is None:
            return  # the approval was withdrawn in between: there is nothing to dispatch
        named = order.tasks or tuple(task.id for task in plan.tasks)
        standing = self._dispatch.get(order.spec)
        earlier = set(standing.tasks) if standing else set[str]()
        agents = dict(standing.agents) if standing else dict[str, tuple[str, ...]]()
        why = dict(standing.why) if standing else dict[str, str]()
        for task in named:
            if order.agents:
                agents[task] = order.agents
            else:
                agents.pop(task, None)
            why.pop(task, None)
            if order.why:
                why[task] = order.why
        tasks = tuple(task.id for task in plan.tasks if task.id in earlier or task.id in named)
        self._dispatch[order.spec] = Dispatch(tasks=tasks, agents=agents, by=order.by, at=at, why=why)

    def approved(self, spec: str) -> ApprovedPlan | None:
        """The plan of this spec whose approval was not withdrawn."""
        return self._approved.get(spec)

    def withdrawn(self, spec: str) -> str:
        """Why the last approval of this spec no longer counts; empty when it does, or when there never was one."""
        return self._withdrawn.get(spec, "")

    def dispatch(self, spec: str) -> Dispatch | None:
        """The standing order for this spec."""
        return self._dispatch.get(spec)

    def task(self, spec: str, task: str) -> Task | None:
        """This task as it was approved last, even if the approval was withdrawn since or the task dropped."""
        return self._tasks.get((spec, task))

    def questions(self, spec: str) -> tuple[Question, ...]:
        """What agents wanted to know about this spec before they began, oldest first, answered ones included."""
        return tuple(self._questions.get(spec, {}).values())

    def open_questions(self) -> tuple[tuple[str, Question], ...]:
        """Every question, with its spec, that waits for a person."""
        return tuple((spec, each) for spec, known in self._questions.items() for each in known.values() if each.open)

    def was_asked(self, spec: str, task: str) -> bool:
        """Whether an agent was asked for its questions on this task already."""
        return (spec, task) in self._asked

    def all(self) -> tuple[ApprovedPlan, ...]:
        """Every plan whose approval stands, in the order of first approval."""
        return tuple(self._approved.values())
