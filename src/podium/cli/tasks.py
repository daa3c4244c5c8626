"""Finding the task and the run that a person means."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from podium.kernel.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from podium.conductor.state import State
    from podium.plan.model import Task
    from podium.runs.model import Run


def find_task(state: State, name: str) -> tuple[str, Task]:
    """Spec and task of a name such as `rate-limit/T2`, or `T2` where only one approved plan has it.

    Raises NotFoundError with the nearest name, UsageError when several plans have it.
    """
    tasks = {f"{plan.spec}/{task.id}": (plan.spec, task) for plan in state.plans.all() for task in plan.tasks}
    if name in tasks:
        return tasks[name]
    spec, slash, short = name.rpartition("/")
    dropped = state.plans.task(spec, short) if slash else None
    if dropped is not None:  # its plan has changed since; its runs are still there
        return spec, dropped
    found = [full for full in tasks if not slash and full.rpartition("/")[2].lower() == name.lower()]
    if len(found) == 1:
        return tasks[found[0]]
    if found:
        raise UsageError("several specs have such a task", where=name, do=f"Write one of: {', '.join(found)}")
    near = difflib.get_close_matches(name, [*tasks, *(full.rpartition("/")[2] for full in tasks)], n=1)
    do = f"Did you mean {near[0]}?" if near else "podium status lists the tasks of all approved plans."
    raise NotFoundError("there is no such task in an approved plan", where=name, do=do)


def find_run(state: State, name: str, agent: str = "") -> Run:
    """The run of a task that is in the race; with several agents racing, the one of `agent`.

    Raises NotFoundError when the task was never given to an agent, UsageError when it is unclear which run is meant.
    """
    spec, task = find_task(state, name)
    full = f"{spec}/{task.id}"
    runs = state.runs.of_task(spec, task.id)
    racing = [run for run in runs if not run.archived and run.rounds]
    chosen = [run for run in racing if agent in ("", run.agent)]
    if not runs:
        raise NotFoundError("no agent has been given this task yet", where=full, do=f"podium run {full}")
    if not racing:
        why = runs[-1].archived
        raise UsageError(f"it is no longer in work: {why}", where=full, do=f"podium log {full} tells what happened.")
    if not chosen:
        known = ", ".join(run.agent for run in racing)
        raise NotFoundError(f"{agent} has no run of it", where=full, do=f"At work on it: {known}")
    if len(chosen) > 1:
        names = ", ".join(dict.fromkeys(run.agent for run in chosen))
        raise UsageError(f"several agents race on it: {names}", where=full, do=f"Name one: --agent {chosen[0].agent}")
    return chosen[0]
