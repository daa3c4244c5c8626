"""What every task of a project is doing, and what keeps the waiting ones from starting."""

from __future__ import annotations

import os
from dataclasses import dataclass

from podium.conductor.state import State
from podium.landing.model import AtWork, Blocked, Idle, InReview, OnTarget, TaskState, TurnedDown, Waits
from podium.landing.rules import task_state
from podium.plan.model import ApprovedPlan, Task
from podium.plan.rules import ready
from podium.project.protected import dispatch_blocked

LEAST_PARALLEL = 4
_SETTLED = (OnTarget, TurnedDown)


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
    return [Row(row.spec, row.task, _waiting(state, row, rows, room)) for row in rows]


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


def startable(state: State, plan: ApprovedPlan, rows: list[Row]) -> list[Task]:
    """The ordered tasks of a plan that nothing but room keeps from starting."""
    order = state.plans.dispatch(plan.spec)
    if order is None:
        return []
    own = [row for row in rows if row.spec == plan.spec]
    tasks = ready(
        plan,
        landed={row.task.id for row in own if isinstance(row.state, OnTarget)},
        settled={row.task.id for row in own if isinstance(row.state, _SETTLED)},
        active={row.task.id for row in own if not isinstance(row.state, Idle | Waits | Blocked)},
    )
    return [task for task in tasks if task.id in order.tasks and not dispatch_blocked(task.scope, state.settings)]


def _waiting(state: State, row: Row, rows: list[Row], room: Room) -> TaskState:
    """The state of a task that has not started, with the reason."""
    plan, order = state.plans.approved(row.spec), state.plans.dispatch(row.spec)
    if not isinstance(row.state, Idle) or plan is None or order is None or row.task.id not in order.tasks:
        return row.state
    blocked = dispatch_blocked(row.task.scope, state.settings)
    if blocked:
        return Blocked(why=str(blocked), do="Narrow the task's scope, or do this part by hand.")
    states = {each.task.id: each.state for each in rows if each.spec == row.spec}
    gone = [d for d in row.task.depends_on if isinstance(states.get(d), TurnedDown)]
    if gone:
        return Blocked(
            why=f"it depends on {', '.join(gone)}, which was rejected", do="Change the plan and approve it again."
        )
    open_ = [d for d in row.task.depends_on if not isinstance(states.get(d), OnTarget)]
    if open_:
        return Waits(why=f"{', '.join(open_)} to land")
    before = [
        pair.before
        for pair in plan.serialised
        if pair.after == row.task.id and not isinstance(states.get(pair.before), _SETTLED)
    ]
    if before:
        return Waits(why=f"{', '.join(before)} (their scopes overlap)")
    return Waits(why=room.why or "a worker")
