"""The decisions about a plan: may it be approved, does the approval count, what may start now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from podium.kernel.clock import stamp
from podium.kernel.errors import PodiumError
from podium.kernel.value import Value
from podium.plan.model import ApprovedPlan, Plan, Serialised, Task
from podium.project.globs import contains, matcher, overlaps
from podium.spec.model import LintFinding, Spec

_MOST_NAMED = 20


class Waiting(Value, frozen=True, kw_only=True):
    """A task that cannot start now, and why."""

    task: str
    why: str
    hopeless: bool = False  # True when nothing that is under way can ever let it start


def approve(
    plan: Plan, spec: Spec, findings: Sequence[LintFinding], *, by: str, at: datetime, tracked_files: Sequence[str] = ()
) -> ApprovedPlan:
    """The approval of exactly this plan for exactly this spec, by a named person.

    `findings` are those of `podium.spec.rules.lint` and `podium.plan.checks.check_plan` together: the caller gathers
    them, so that it can show the warnings. Raises PodiumError when one of them is an error, or nobody is named.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        first = errors[0]
        more = f"\n  and {len(errors) - 1} more: podium spec lint, podium plan check" if len(errors) > 1 else ""
        raise PodiumError(
            f"{plan.spec} cannot be approved: {first.message}",
            where=f"{first.path}:{first.line}",
            do=first.instead + more,
        )
    if not by.strip():
        raise PodiumError(
            "an approval needs a named person", do='Set your name: git config user.name "Ada Lovelace" (and user.email)'
        )
    return ApprovedPlan(
        spec=plan.spec,
        spec_blob=spec.blob,
        plan_blob=plan.blob,
        tasks=plan.tasks,
        serialised=serialise(plan, tracked_files),
        approved_by=by,
        approved_at=stamp(at),
    )


def approval_counts(approved: ApprovedPlan, spec_blob_now: str, plan_blob_now: str) -> str:
    """Why this approval no longer counts for the documents as they are now; empty when it does.

    A blob is empty when the document is gone.
    """
    changed = [
        f"the {name} was {'edited' if now else 'deleted'}"
        for name, then, now in (
            ("spec", approved.spec_blob, spec_blob_now),
            ("plan", approved.plan_blob, plan_blob_now),
        )
        if then != now
    ]
    if not changed:
        return ""
    return f"{' and '.join(changed)} after {approved.approved_by} approved it: approve it again"


def _after(tasks: Sequence[Task]) -> dict[str, set[str]]:
    """For each task all tasks that it directly or indirectly depends on; safe on cycles."""
    direct = {task.id: set(task.depends_on) for task in tasks}
    reached: dict[str, set[str]] = {}
    for start in direct:
        seen: set[str] = set()
        queue = list(direct[start])
        while queue:
            task = queue.pop()
            if task not in seen:
                seen.add(task)
                queue.extend(direct.get(task, ()))
        reached[start] = seen
    return reached


def serialise(plan: Plan, tracked_files: Sequence[str] = ()) -> tuple[Serialised, ...]:
    """The pairs of tasks that would conflict if they ran at once: neither depends on the other, and their scopes meet.

    Dependencies before what needs them, else in the plan's order, so that no two waits can block each other: every wait
    looks back in one and the same order.

    Scopes meet when one lies in the other, or a file is in both; without `tracked_files`, when any path could be in
    both. (With files, `tests/**/*cart*` and `tests/**/*tax*` do not meet for the sake of a `tests/cart_tax.py` that is
    not there; if both tasks make it all the same, landing finds the conflict.) The overlap names the files that are
    there, else the narrower globs.
    """
    after = _after(plan.tasks)
    files = {
        glob: frozenset(filter(matcher((glob,)), tracked_files))
        for glob in dict.fromkeys(glob for task in plan.tasks for glob in task.scope)
    }
    found: list[Serialised] = []
    tasks = _in_order(plan.tasks)
    for number, before in enumerate(tasks):
        for later in tasks[number + 1 :]:
            if before.id in after[later.id] or later.id in after[before.id] or before.id == later.id:
                continue
            shared = _overlap(before, later, files, exact=not tracked_files)
            if shared:
                found.append(Serialised(before=before.id, after=later.id, overlap=shared))
    return tuple(found)


def _overlap(one: Task, other: Task, files: Mapping[str, frozenset[str]], *, exact: bool) -> tuple[str, ...]:
    """What both may touch: files, or the narrower glob of each pair that meets; empty when nothing does."""
    globs: list[str] = []
    shared: set[str] = set()
    for mine in one.scope:
        for theirs in other.scope:
            both = files[mine] & files[theirs]
            shared |= both
            if not both and overlaps(mine, theirs):
                wide = contains(mine, theirs)
                if exact or wide or contains(theirs, mine):
                    globs.append(theirs if wide else mine)
    return tuple(sorted(shared)[:_MOST_NAMED]) or tuple(dict.fromkeys(globs))


def ready(
    approved: ApprovedPlan,
    landed: Collection[str],
    settled: Collection[str],
    active: Collection[str],
    wanted: Collection[str] | None = None,
) -> tuple[Task, ...]:
    """The tasks that may start now, in the plan's order; they may all start at once.

    `landed` are on the target branch; `settled` are landed or given up (rejected, reverted): nothing more will come of
    them; `active` have begun and are not settled, waiting for a person included; `wanted` are ordered (None = all).
    A task starts once, when all it depends on has landed and no task that it is serialised with is under way. One that
    stands before it in such a pair goes first, but only if it is wanted: else it would be waited for in vain.
    """
    held = {entry.task for entry in waiting(approved, landed, settled, active, wanted)}
    begun = {*landed, *settled, *active}
    return tuple(
        task
        for task in approved.tasks
        if task.id not in held and task.id not in begun and (wanted is None or task.id in wanted)
    )


def waiting(
    approved: ApprovedPlan,
    landed: Collection[str],
    settled: Collection[str],
    active: Collection[str],
    wanted: Collection[str] | None = None,
) -> tuple[Waiting, ...]:
    """Of the wanted tasks that have not begun those that cannot start now, each with the reason. See `ready`."""
    begun = {*landed, *settled, *active}
    todo = [task for task in approved.tasks if task.id not in begun and (wanted is None or task.id in wanted)]
    coming = {task.id for task in todo} | set(active)
    found: dict[str, Waiting] = {}
    for task in _in_order(todo):
        gone = {name for name, entry in found.items() if entry.hopeless}
        why, never = _held_by_dependency(task, landed, settled, coming, gone)
        if why:
            found[task.id] = Waiting(task=task.id, why=why, hopeless=never)
    coming -= {name for name, entry in found.items() if entry.hopeless}
    for task in todo:
        why = _held_by_overlap(task, approved.serialised, active, coming)
        if why and task.id not in found:
            found[task.id] = Waiting(task=task.id, why=why)
    return tuple(found[task.id] for task in todo if task.id in found)


def _in_order(tasks: Sequence[Task]) -> list[Task]:
    """Dependencies first, otherwise as in the plan."""
    after = _after(tasks)
    return sorted(tasks, key=lambda task: len(after[task.id]))


def _held_by_dependency(
    task: Task, landed: Collection[str], settled: Collection[str], coming: Collection[str], hopeless: Collection[str]
) -> tuple[str, bool]:
    missing = [needed for needed in task.depends_on if needed not in landed]
    for needed in missing:
        if needed in settled:
            return f"it depends on {needed}, which was given up", True
        if needed not in coming:
            return f"it depends on {needed}, which was not ordered", True
        if needed in hopeless:
            return f"it depends on {needed}, which cannot start", True
    return (f"waits for {_listed(missing)} to land", False) if missing else ("", False)


def _held_by_overlap(
    task: Task, serialised: Sequence[Serialised], active: Collection[str], coming: Collection[str]
) -> str:
    for pair in serialised:
        if task.id == pair.after and pair.before in coming:
            return f"waits until {pair.before} is settled: both may touch {_listed(pair.overlap[:3])}"
        if task.id == pair.before and pair.after in active:
            return f"waits until {pair.after} is settled: both may touch {_listed(pair.overlap[:3])}"
    return ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def find_cycle(tasks: Sequence[Task]) -> tuple[str, ...]:
    """One cycle of dependencies, its first task repeated at the end; empty when there is none."""
    direct = {task.id: task.depends_on for task in tasks}
    done: set[str] = set()
    for start in direct:
        path: list[str] = []
        stack = [(start, iter(direct[start]))]
        path.append(start)
        while stack:
            following = next(stack[-1][1], None)
            if following is None:
                done.add(stack.pop()[0])
                path.pop()
            elif following in path:
                return (*path[path.index(following) :], following)
            elif following not in done and following in direct:
                stack.append((following, iter(direct[following])))
                path.append(following)
    return ()


def shown_cycle(cycle: Sequence[str]) -> str:
    """A cycle in words: `T1 needs T2, T2 needs T1`."""
    return ", ".join(f"{one} needs {other}" for one, other in pairwise(cycle))
