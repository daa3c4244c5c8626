"""The words given to an agent: only what the task needs.

Nothing here grants or enforces anything; the sandbox and the evidence do. The text tells an agent what will be looked
at, so that it does not have to guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol as Shape

from podium.plan.model import ApprovedPlan, Task
from podium.spec.model import Clause, Spec

_KINDS = {"behaviour": "Behaviour", "edge": "Edge cases", "done": "Done when"}
_LONGEST_DIFF = 30_000
_LONGEST_SUMMARY = 4_000
_BEFORE = (
    "## What happened before\n\nAn earlier session did the work below; it is in your working tree already. "
    "A person reviewed it and sent it back."
)
_TAKEN = (
    "## What happened before\n\nA person took a part of an earlier session's work: it has landed, and is in your "
    "working tree. The rest, below, was not taken and is NOT in your working tree. Bring back of it what the points "
    "ask for."
)
_MOVED = (
    "## What happened before\n\nThe work below was done on an older state of the code and no longer fits. Your working "
    "tree is the newest state WITHOUT this work: do it again on top of it."
)


class PromptPoint(Shape):
    """A review comment as far as an agent is told, such as podium.review.model.Point."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def clause(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def line(self) -> int: ...


def prompt(task: Task, spec: Spec, approved: ApprovedPlan, points: Sequence[PromptPoint] = ()) -> str:
    """What an agent is told in the first round; `points` are review comments that are already known."""
    parts = [f"# Task {spec.name}/{task.id}: {task.title}"]
    if spec.intent:
        parts.append(f"Why this is wanted:\n\n{spec.intent}")
    parts.append(_clauses(task, spec))
    parts.append(_bounds(task, spec))
    landed = [other for other in approved.tasks if other.id in task.depends_on]
    if landed:
        done = "; ".join(f"{other.id} ({other.title})" for other in landed)
        parts.append(f"Already done, and part of the code you see: {done}.")
    if task.instructions:
        parts.append(f"## Instructions\n\n{task.instructions}")
    if points:
        parts.append("## Review points to meet\n\n" + _points(points))
    parts.append(_finish(task, spec))
    return "\n\n".join(parts) + "\n"


def refine_prompt(task: Task, spec: Spec, points: Sequence[PromptPoint]) -> str:
    """What an agent is told in a later round when it goes on in the same session."""
    parts = [
        f"# Task {spec.name}/{task.id}: a person reviewed your work and sent it back",
        "Meet every point below. Change nothing that they do not ask for.",
        _points(points),
        _named_clauses(points, spec),
        f"Scope and size limit are as before: {_scope(task)}; about {task.budget} changed lines in all. "
        "Leave the work in the working tree. End with one short paragraph: point by point, what you did; "
        "if you did not meet a point, say so and why.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def fallback_prompt(
    task: Task,
    spec: Spec,
    approved: ApprovedPlan,
    points: Sequence[PromptPoint],
    *,
    diff: str,
    summary: str,
    in_tree: bool = True,
    taken: bool = False,
) -> str:
    """What a fresh session is told in a later round when the earlier session cannot be resumed.

    `diff` is the earlier round's candidate; it is in the working tree already, unless the base has moved (`in_tree`).
    When another part of it was `taken` and has landed, `diff` is the rest.
    `summary` is what the earlier agent said of it. Both are cut when they are long, and the text says so.
    """
    begin = prompt(task, spec, approved).rstrip("\n")
    fence = _fence(diff)
    parts = [
        begin,
        _TAKEN if taken else _BEFORE if in_tree else _MOVED,
        f"The changes so far:\n\n{fence}diff\n{_cut(diff, _LONGEST_DIFF)}\n{fence}",
    ]
    if summary.strip():
        told = _cut(summary.strip(), _LONGEST_SUMMARY)
        parts.append(f"What the earlier session said of it (it may be wrong):\n\n{_quoted(told)}")
    parts.append("## Review points to meet\n\nMeet every one; change nothing else.\n\n" + _points(points))
    return "\n\n".join(parts) + "\n"


def plan_request_prompt(spec: Spec, tree_listing: Sequence[str]) -> str:
    """What an agent is asked for by `podium plan draft --with AGENT`: a plan in TOML as its answer, and no changes."""
    shown = list(tree_listing[:400])
    if len(tree_listing) > len(shown):
        shown.append(f"... and {len(tree_listing) - len(shown)} more files")
    fence = _fence(spec.text)
    listing = "\n".join(shown)
    return f"""# Propose a plan for the spec "{spec.title}"

Read what you need of the repository; change nothing. Split the spec below into tasks that one person can review each.

- Each clause (B, E and D) belongs to exactly one task, or to several when it truly takes several.
- A task changes about 400 lines at most, tests included, and stays within globs that lie in the spec's scope.
- Tasks that touch the same files depend on each other; tasks that do not should be free to run at once.
- An edge case goes with the behaviour that it concerns, and a test with what it tests.
- As few tasks as that allows: one is a good answer for a small spec.

Answer with one fenced block, in this form and with these keys only:

```toml
[[task]]
id = "T1"
title = "what it does, in a few words"
clauses = ["B1", "E1"]
scope = ["src/area/**", "tests/area/**"]
depends_on = []
budget = 200
```

The spec:

{fence}markdown
{spec.text.rstrip()}
{fence}

The repository's files:

```
{listing}
```
"""


def _clauses(task: Task, spec: Spec) -> str:
    mine = [clause for clause in spec.clauses if clause.id in task.clauses]
    parts = ["## What is wanted"]
    for kind, heading in _KINDS.items():
        lines = [_clause(clause) for clause in mine if clause.kind == kind]
        if lines:
            parts.append(f"{heading}:\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _clause(clause: Clause) -> str:
    text = clause.text.replace("\n", "\n  ")
    return f"- {clause.id}: {text}" + (f"\n  Checked by: `{clause.check}`" if clause.check else "")


def _bounds(task: Task, spec: Spec) -> str:
    lines = [
        "## Bounds",
        f"- Change only {_scope(task)}. A change anywhere else sends the work back.",
        f"- At most about {task.budget} changed lines, tests included: a person reads every one.",
        "- Do not weaken, skip or delete a test to make it pass.",
    ]
    if spec.out_of_scope:
        lines.append("- Not part of this:\n" + "\n".join(f"  {line}" for line in spec.out_of_scope.splitlines()))
    return lines[0] + "\n\n" + "\n".join(lines[1:])


def _scope(task: Task) -> str:
    return ", ".join(f"`{glob}`" for glob in task.scope) or "nothing"


def _finish(task: Task, spec: Spec) -> str:
    checked = any(clause.check for clause in spec.clauses if clause.id in task.clauses)
    run = "Run the checks above where you can. " if checked else ""
    return (
        "## To finish\n\n"
        f"{run}Leave the work in the working tree; a commit is not needed. If a clause cannot be met, or contradicts "
        "the code, do not guess: do what is clear, and say what is not. End with one short paragraph: what you did for "
        "each clause, and what you are unsure of."
    )


def _points(points: Sequence[PromptPoint]) -> str:
    return "\n".join(_point(point) for point in points)


def _point(point: PromptPoint) -> str:
    place = f"{point.path}:{point.line}" if point.path and point.line else point.path
    about = ", ".join(part for part in (point.clause, f"`{place}`" if place else "") if part)
    text = point.text.strip().replace("\n", "\n  ")
    return f"- {point.id}{f' ({about})' if about else ''}: {text}"


def _named_clauses(points: Sequence[PromptPoint], spec: Spec) -> str:
    named = {point.clause for point in points if point.clause}
    lines = [_clause(clause) for clause in spec.clauses if clause.id in named]
    return "The clauses they speak of:\n\n" + "\n".join(lines) if lines else ""


def _fence(text: str) -> str:
    """A fence longer than any in the text, so that the text cannot close it."""
    longest = 2
    for line in text.splitlines():
        stripped = line.lstrip("+- \t>")
        longest = max(longest, len(stripped) - len(stripped.lstrip("`")))
    return "`" * (longest + 1)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def _cut(text: str, limit: int) -> str:
    text = text.rstrip("\n")
    if len(text) <= limit:
        return text
    end = text.rfind("\n", 0, limit)
    kept = text[: end if end > 0 else limit]
    return f"{kept}\n[cut here: {len(text) - len(kept):,} more characters; see the working tree]"
