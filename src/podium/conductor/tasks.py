"""Finding the task and the run that a person means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podium.kernel.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from podium.conductor.state import State
    from podium.plan.model import Task
    from podium.runs.model import Run


def find_task(state: State, name: str) -> tuple[str, Task]:
    """Spec and task of a name such as `rate-limit/T2`, or `T2` where only one approved plan has it.

    A task that its plan no longer has is found by its full name, as long as it was approved once. Raises NotFoundError
    with the nearest name, UsageError when several plans have it.
    """
    from podium.plan.names import resolve_task

    spec, slash, short = name.rpartition("/")
    known = state.plans.task(spec, short) if slash else None
    if known is not None:
        return spec, known
    spec, short = resolve_task(name, state.plans.all())
    task = state.plans.task(spec, short)
    if task is None:
        raise NotFoundError("there is no such task", where=name)
    return spec, task


def find_run(state: State, name: str, agent: str = "", *, archived: bool = False) -> Run:
    """The run of a task that is in the race; with several agents racing, the one of `agent`.

    With `archived`, where none is in the race any more, the newest that was.

    Raises NotFoundError when the task was never given to an agent, UsageError when it is unclear which run is meant.
    """
    spec, task = find_task(state, name)
    full = f"{spec}/{task.id}"
    runs = state.runs.of_task(spec, task.id)
    racing = [run for run in runs if not run.archived and run.rounds]
    if archived and not racing:
        racing = [run for run in runs if run.rounds][-1:]
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
