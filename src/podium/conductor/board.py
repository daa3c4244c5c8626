"""What every task of a project is doing, and what keeps the waiting ones from starting."""

from __future__ import annotations

import os
from dataclasses import dataclass

from podium.conductor.state import State
from podium.landing.model import AtWork, Blocked, Idle, InReview, OnTarget, TakenBack, TaskState, TurnedDown, Waits
from podium.landing.rules import task_state
from podium.plan.model import ApprovedPlan, Task
from podium.plan.rules import Waiting, ready, waiting
from podium.project.rules import Blocked as DispatchBlock
from podium.project.rules import dispatch_blocked

LEAST_PARALLEL = 4
_SETTLED = (OnTarget, TurnedDown, TakenBack)


@dataclass(frozen=True)
class Row:
    """One task and its state."""

    spec: str
    task: Task
    state: TaskState

    @property
    def name(self) -> str:
        """The task's full name."""
        return f"{self.spec}/{self.task.id}"


def board(state: State) -> list[Row]:
    """Every task of every approved plan, plans in the order of their approval, tasks in the order of the plan."""
    rows: list[Row] = []
    for plan in state.plans.all():
        rows.extend(Row(plan.spec, task, raw_state(state, plan.spec, task)) for task in plan.tasks)
    room = Room.of(state, rows)
    held = {plan.spec: _held(state, plan, rows) for plan in state.plans.all()}
    return [Row(row.spec, row.task, _waiting(state, row, held[row.spec], room)) for row in rows]


def raw_state(state: State, spec: str, task: Task) -> TaskState:
    """A task's state without the question of what it waits for."""
    return task_state(
        state.runs.of_task(spec, task.id), state.reviews.of(spec, task.id), state.landings.of_task(spec, task.id)
    )


@dataclass
class Room:
    """How many more runs may start now: `review` by what a person can take, `machine` by what runs at once."""

    review: int
    machine: int
    capacity: int
    parallel: int

    @classmethod
    def of(cls, state: State, rows: list[Row]) -> Room:
        """The room that is left, from the project's settings and what is at work or waits for a person."""
        settings = state.settings
        waiting = sum(len(row.state.runs) for row in rows if isinstance(row.state, InReview | AtWork))
        parallel = settings.parallel or max(LEAST_PARALLEL, os.cpu_count() or 1)
        at_work = len(state.runs.active())
        return cls(settings.capacity - waiting, parallel - at_work, settings.capacity, parallel)

    @property
    def why(self) -> str:
        """Why nothing may start; empty when something may."""
        if self.review <= 0:
            return f"review capacity: {self.capacity} candidates wait for a person or are being made"
        if self.machine <= 0:
            return f"{self.parallel} agents are at work already"
        return ""

    def take(self, count: int) -> None:
        """Use up room for `count` runs."""
        self.review -= count
        self.machine -= count


def startable(state: State, rows: list[Row]) -> list[tuple[ApprovedPlan, Task]]:
    """The ordered tasks, over all plans, that nothing but room keeps from starting."""
    found: list[tuple[ApprovedPlan, Task]] = []
    for plan in state.plans.all():
        order = state.plans.dispatch(plan.spec)
        if order is not None:
            tasks = ready(plan, *_progress(plan, rows), wanted=order.tasks)
            found.extend((plan, task) for task in tasks if not _blocked(state, task))
    return found


def _progress(plan: ApprovedPlan, rows: list[Row]) -> tuple[set[str], set[str], set[str]]:
    """Which tasks have landed, which are settled, which are active: what `podium.plan.rules.ready` asks for."""
    own = [row for row in rows if row.spec == plan.spec]
    landed = {row.task.id for row in own if isinstance(row.state, OnTarget)}
    settled = landed | {row.task.id for row in own if isinstance(row.state, _SETTLED)}
    begun = {row.task.id for row in own if not isinstance(row.state, Idle | Waits | Blocked)}
    return landed, settled, begun - settled


def _held(state: State, plan: ApprovedPlan, rows: list[Row]) -> dict[str, Waiting]:
    """The ordered tasks of a plan that cannot start now, each with the reason."""
    order = state.plans.dispatch(plan.spec)
    if order is None:
        return {}
    return {entry.task: entry for entry in waiting(plan, *_progress(plan, rows), wanted=order.tasks)}


def _waiting(state: State, row: Row, held: dict[str, Waiting], room: Room) -> TaskState:
    """The state of a task that has not started, with the reason."""
    order = state.plans.dispatch(row.spec)
    if not isinstance(row.state, Idle) or order is None or row.task.id not in order.tasks:
        return row.state
    blocked = _blocked(state, row.task)
    if blocked:
        return Blocked(why=blocked[0].message, do=blocked[0].do)
    entry = held.get(row.task.id)
    if entry is not None:
        return Blocked(why=entry.why, do="Change the plan.") if entry.hopeless else Waits(why=entry.why)
    return Waits(why=room.why or "waits for a worker")


def _blocked(state: State, task: Task) -> tuple[DispatchBlock, ...]:
    return dispatch_blocked(task.scope, state.settings, tracked_files=())
