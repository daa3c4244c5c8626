"""Facts about a candidate that its diff alone shows. Pure; each rule gives one item of evidence.

Everything read here was written by an agent: a pattern never sees more than the beginning of a giant line.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from podium.evidence.fingerprint import Findings
from podium.evidence.hidden import hidden_characters
from podium.evidence.model import Fails, Finding, Holds, NotRun, Outcome
from podium.evidence.weakened import deleted_tests, weakened_tests
from podium.plan.model import Task
from podium.project.globs import matcher
from podium.project.model import Settings
from podium.project.rules import protected_touch
from podium.runs.model import DiffLine, FileChange

Judge: TypeAlias = Callable[[tuple[FileChange, ...], Task, Settings], tuple[Outcome, tuple[Finding, ...]]]

_GITLINK = "160000"
_SYMLINK = "120000"
_EXECUTABLE = "100755"
_BYTE_ORDER_MARK = "\ufeff"
_LONGEST_LINE = 10_000  # characters of a line that a diff keeps; of a longer one, the rest is told as a number


@dataclass(frozen=True, kw_only=True)
class ChangeRule:
    """One question to a diff."""

    kind: str
    name: str
    required: bool
    judge: Judge


def _verdict(found: Findings, one: str, many: str) -> tuple[Outcome, tuple[Finding, ...]]:
    if not found.count:
        return Holds(), ()
    return Fails(why=one if found.count == 1 else f"{found.count} {many}"), found.all()


def _empty(changes: tuple[FileChange, ...], _: Task, __: Settings) -> tuple[Outcome, tuple[Finding, ...]]:
    return (Holds() if changes else Fails(why="the candidate changes nothing")), ()


def _scope(changes: tuple[FileChange, ...], task: Task, _: Settings) -> tuple[Outcome, tuple[Finding, ...]]:
    if not task.scope:
        return NotRun(why="the plan gives this task no scope"), ()
    inside, found = matcher(task.scope), Findings()
    for change in changes:
        touched = {change.path, change.old_path} if change.status == "renamed" else {change.path}
        for path in sorted(touched):
            if not inside(path):
                side = "old" if path not in (change.path,) or change.status == "deleted" else "new"
                found.add("scope", "error", f"{path} is outside the task's scope", path=path, side=side)
    return _verdict(found, "one file outside the task's scope", "files outside the task's scope")


def _size(changes: tuple[FileChange, ...], task: Task, _: Settings) -> tuple[Outcome, tuple[Finding, ...]]:
    lines = sum(change.added + change.removed for change in changes)
    if lines <= task.budget:
        return Holds(), ()
    found = Findings()
    for change in sorted(changes, key=lambda c: -(c.added + c.removed))[:5]:
        count = change.added + change.removed
        found.add("size", "note", f"{count} of {lines} changed lines are here", path=change.path)
    return Fails(why=f"{lines} changed lines; the task's budget is {task.budget}"), found.all()


def _protected(changes: tuple[FileChange, ...], _: Task, settings: Settings) -> tuple[Outcome, tuple[Finding, ...]]:
    found = Findings()
    for touch in protected_touch(changes, settings):
        reason = f" ({touch.reason})" if touch.reason else ""
        found.add(
            f"protected/{touch.rule}",
            "error",
            f"{touch.rule}: {touch.why}{reason}",
            path=touch.path,
            line=touch.line,
            side=touch.side,
        )
    return _verdict(found, "it touches a protected area", "places of protected areas are touched")


def _embedded(changes: tuple[FileChange, ...], _: Task, __: Settings) -> tuple[Outcome, tuple[Finding, ...]]:
    found = Findings()
    for change in changes:
        if change.new_mode == _GITLINK and change.old_mode != _GITLINK:
            message = f"{change.path} is a git repository of its own: what it holds is not part of the candidate"
            found.add("embedded-repository", "error", message, path=change.path)
        elif change.new_mode == _GITLINK:
            message = f"the submodule {change.path} points at another commit, whose content is not shown here"
            found.add("submodule-moved", "warning", message, path=change.path)
    return _verdict(found, "one embedded repository", "embedded repositories")


def _symlinks(changes: tuple[FileChange, ...], _: Task, __: Settings) -> tuple[Outcome, tuple[Finding, ...]]:
    found = Findings()
    for change in changes:
        if change.new_mode != _SYMLINK:
            continue
        target = next((line.text for line in changed_lines(change) if line.kind == "+"), None)
        why = "has a target that cannot be shown" if target is None else _escape(change.path, target)
        if why:
            found.add("symlink", "error", f"the symbolic link {change.path} {why}", path=change.path)
    return _verdict(found, "one symbolic link leads outside", "symbolic links lead outside")


def _escape(path: str, target: str) -> str:
    if target.startswith("/"):
        return f"points to the absolute path {target[:200]}"
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if reached == ".." or reached.startswith("../"):
        return f"points outside the repository: {target[:200]}"
    return f"points into git's own folder: {target[:200]}" if ".git" in reached.lower().split("/") else ""


def _hidden(changes: tuple[FileChange, ...], _: Task, __: Settings) -> tuple[Outcome, tuple[Finding, ...]]:
    found = Findings()
    for change in changes:
        _add_unread(change, found)
        names = hidden_characters(change.path)
        if names:
            found.add("hidden-characters", "error", f"the file's name holds {', '.join(names)}", path=change.path)
        for line in changed_lines(change):
            text = line.text.removeprefix(_BYTE_ORDER_MARK) if line.new == 1 else line.text
            names = hidden_characters(text) if line.kind == "+" else ()
            if names:
                found.add_line("hidden-characters", "error", f"holds {', '.join(names)}", change, line)
    return _verdict(found, "one place holds what a reader does not see", "places hold what a reader does not see")


def not_shown(change: FileChange) -> DiffLine | None:
    """The first place of a file where the diff leaves out changed text: no rule that reads lines speaks for the rest.

    A line without numbers stands for lines that were left out; a line that is too long was cut.
    """
    for hunk in change.hunks:
        for line in hunk.lines:
            if line.old == line.new == 0 or (line.kind == "+" and len(line.text) > _LONGEST_LINE):
                return line
    return None


def _add_unread(change: FileChange, found: Findings) -> None:
    line = not_shown(change)
    if line is None:
        return
    if line.old == line.new == 0:
        message = f"{change.path} has more changed lines than are shown and looked at"
        found.add("text-not-shown", "warning", message, path=change.path)
    else:
        message = f"only the first {_LONGEST_LINE:,} characters of this line are shown and looked at"
        found.add_line("text-not-shown", "warning", message, change, line)


def _modes(changes: tuple[FileChange, ...], _: Task, __: Settings) -> tuple[Outcome, tuple[Finding, ...]]:
    found = Findings()
    for change in changes:
        old, new = change.old_mode, change.new_mode
        if "000000" not in (old, new) and old != new:
            found.add("mode", "note", f"mode {old} becomes {new}", path=change.path)
        elif change.status == "added" and new == _EXECUTABLE:
            found.add("mode", "note", "a new executable file", path=change.path)
    return _verdict(
        found, "one file changes its mode or is a new executable", "files change mode or are new executables"
    )


def _deleted(changes: tuple[FileChange, ...], _: Task, __: Settings) -> tuple[Outcome, tuple[Finding, ...]]:
    return _verdict(deleted_tests(changes), "a test is deleted", "tests or test files are deleted")


def _weakened(changes: tuple[FileChange, ...], _: Task, __: Settings) -> tuple[Outcome, tuple[Finding, ...]]:
    return _verdict(weakened_tests(changes), "a test may be weakened", "places where tests may be weakened")


def changed_lines(change: FileChange) -> Iterator[DiffLine]:
    """The added and removed lines of a file, in order."""
    for hunk in change.hunks:
        for line in hunk.lines:
            if line.kind != " ":
                yield line


CHANGE_RULES: tuple[ChangeRule, ...] = (
    ChangeRule(kind="empty", name="changes something", required=True, judge=_empty),
    ChangeRule(kind="scope", name="scope", required=False, judge=_scope),
    ChangeRule(kind="size", name="size", required=False, judge=_size),
    ChangeRule(kind="protected", name="protected areas", required=False, judge=_protected),
    ChangeRule(kind="deleted-tests", name="deleted tests", required=False, judge=_deleted),
    ChangeRule(kind="weakened-tests", name="weakened tests", required=False, judge=_weakened),
    ChangeRule(kind="embedded", name="embedded repositories", required=True, judge=_embedded),
    ChangeRule(kind="symlinks", name="symbolic links", required=True, judge=_symlinks),
    ChangeRule(kind="hidden-characters", name="hidden characters", required=False, judge=_hidden),
    ChangeRule(kind="modes", name="file modes", required=False, judge=_modes),
)
