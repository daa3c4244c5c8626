"""What a person calls a task: `rate-limit/T2` always, `T2` where that is clear."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Protocol as Shape

from podium.kernel.errors import NotFoundError, UsageError
from podium.plan.model import Task

_SHOWN = 8


class Planned(Shape):
    """A plan as far as names go: podium.plan.model.Plan or ApprovedPlan."""

    @property
    def spec(self) -> str: ...
    @property
    def tasks(self) -> Sequence[Task]: ...


def full_name(spec: str, task: str) -> str:
    """The name that is never ambiguous."""
    return f"{spec}/{task}"


def resolve_task(name: str, plans: Iterable[Planned]) -> tuple[str, str]:
    """The spec and the id of the task that is meant: `rate-limit/T2`, `T2` (also `t2`), or a spec that has one task.

    Raises NotFoundError when there is none, with the nearest name, and UsageError when there are several.
    """
    known = {plan.spec: [task.id for task in plan.tasks] for plan in plans}
    if not known:
        raise NotFoundError("no plan is approved yet", where=name, do="podium plan approve NAME")
    spec, slash, task = name.rpartition("/")
    if slash:
        return _in_spec(name, spec, task.upper(), known)
    found = [(spec, name.upper()) for spec, tasks in known.items() if name.upper() in tasks]
    if len(found) == 1:
        return found[0]
    if found:
        full = some([full_name(spec, task) for spec, task in found])
        raise UsageError(f"{name!r} is a task of {len(found)} specs", do=f"Say which: {full}")
    if name in known:
        if len(known[name]) == 1:
            return name, known[name][0]
        full = some([full_name(name, task) for task in known[name]])
        raise UsageError(f"{name!r} has {len(known[name])} tasks", do=f"Say which: {full}")
    raise _unknown(name, known)


def some(names: Sequence[str]) -> str:
    """The names for a message: the first of them where there are many."""
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _in_spec(name: str, spec: str, task: str, known: dict[str, list[str]]) -> tuple[str, str]:
    if task in known.get(spec, ()):
        return spec, task
    if spec in known:
        tasks = some(known[spec])
        raise NotFoundError(f"the plan of {spec} has no task {task!r}", do=f"It has: {tasks}")
    raise _unknown(name, known)


def _unknown(name: str, known: dict[str, list[str]]) -> NotFoundError:
    names = [full_name(spec, task) for spec, tasks in known.items() for task in tasks]
    near = difflib.get_close_matches(name, [*names, *known], n=1, cutoff=0.5)
    return NotFoundError(
        f"no task is called {name!r}", do=f"Did you mean {near[0]}?" if near else f"There are: {some(names)}"
    )
