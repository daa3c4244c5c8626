"""Protected areas and pace: pure decisions over the settings.

A protected area is a set of paths, a set of constructs (patterns looked for in added and removed lines), or both: then
the constructs count only within the paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from typing import Protocol as Shape

from podium.kernel.value import Value
from podium.project.constructs import finds
from podium.project.globs import contains, matcher, matches, overlaps
from podium.project.model import Protected, ProtectedRule, Settings


class ChangedLine(Shape):
    """One row of a diff, such as podium.runs.model.DiffLine."""

    @property
    def kind(self) -> str: ...
    @property
    def old(self) -> int: ...
    @property
    def new(self) -> int: ...
    @property
    def text(self) -> str: ...


class ChangedPart(Shape):
    """One connected change, such as podium.runs.model.Hunk."""

    @property
    def lines(self) -> Sequence[ChangedLine]: ...


class Changed(Shape):
    """What happens to one file, such as podium.runs.model.FileChange."""

    @property
    def path(self) -> str: ...
    @property
    def old_path(self) -> str: ...
    @property
    def hunks(self) -> Sequence[ChangedPart]: ...


class Touch(Value, frozen=True, kw_only=True):
    """One protected area that a change touches, at one file."""

    rule: ProtectedRule
    path: str
    why: str  # the glob or the construct, in words
    line: int = 0  # of the first place that a construct was found at; 0 = the file as a whole
    side: Literal["old", "new"] = "new"
    checks: tuple[str, ...] = ()  # what must hold, for extra-checks
    reason: str = ""  # the project's own words


class Blocked(Value, frozen=True, kw_only=True):
    """Why a task is never dispatched: a human-only path lies in its scope."""

    scope: str  # the glob of the task
    protected: str  # the glob of the protected area
    message: str
    do: str


class Room(Value, frozen=True, kw_only=True):
    """Whether another round may be given to an agent."""

    open: bool
    why: str = ""  # in words for the person, when it is not open


def protected_touch(changes: Sequence[Changed], settings: Settings) -> tuple[Touch, ...]:
    """Every protected area that these changes touch: one entry for each area, file and reason, in the order given.

    Both names of a renamed file count; lines that were only removed count as well as added ones.
    """
    found: list[Touch] = []
    for area in settings.protected:
        within = matcher(area.paths)
        for change in changes:
            names = tuple(dict.fromkeys((change.path, change.old_path)))
            inside = [name for name in names if within(name)]
            if area.paths and not inside:
                continue
            if not area.constructs:
                glob = next(glob for glob in area.paths if matches(glob, inside[0]))
                found.append(_touch(area, inside[0], f"{inside[0]} lies in {glob}"))
            else:
                found.extend(_constructs(area, change))
    return tuple(found)


def _constructs(area: Protected, change: Changed) -> list[Touch]:
    found: list[Touch] = []
    lines = [line for hunk in change.hunks for line in hunk.lines if line.kind in "+-"]
    for construct in area.constructs:
        line = next((line for line in lines if finds(construct, line.text)), None)
        if line is not None:
            verb = "adds" if line.kind == "+" else "removes"
            side: Literal["old", "new"] = "new" if line.kind == "+" else "old"
            why = f"it {verb} a line with {construct}"
            found.append(_touch(area, change.path, why, line=line.new if side == "new" else line.old, side=side))
    return found


def _touch(area: Protected, path: str, why: str, line: int = 0, side: Literal["old", "new"] = "new") -> Touch:
    return Touch(rule=area.rule, path=path, why=why, line=line, side=side, checks=area.checks, reason=area.reason)


def dispatch_blocked(
    scope: Sequence[str], settings: Settings, tracked_files: Sequence[str] | None = None
) -> tuple[Blocked, ...]:
    """Why a task with this scope is never given to an agent; empty when it may be.

    With `tracked_files` a task is blocked by a human-only area when a file that exists is in both, or when all that
    one of its globs can match is human-only. (A task whose scope could merely reach a new human-only path may be
    dispatched; a candidate that does reach it cannot be accepted.) Without them any common path, existing or not,
    blocks it. Areas that are protected by construct alone say nothing before there is a change.
    """
    found: list[Blocked] = []
    for area in settings.protected:
        if area.rule != "human-only" or area.constructs:
            continue
        for mine in scope:
            for theirs in area.paths:
                where = _common(mine, theirs, tracked_files)
                if where:
                    found.append(_blocked(mine, theirs, where, area.reason))
    return tuple(found)


def _common(mine: str, theirs: str, tracked_files: Sequence[str] | None) -> str:
    if not overlaps(mine, theirs):
        return ""
    if tracked_files is None or contains(theirs, mine):
        return mine if contains(theirs, mine) else theirs
    within, protected = matcher((mine,)), matcher((theirs,))
    return next((path for path in tracked_files if protected(path) and within(path)), "")


def _blocked(mine: str, theirs: str, where: str, reason: str) -> Blocked:
    because = f" ({reason})" if reason else ""
    return Blocked(
        scope=mine,
        protected=theirs,
        message=f"{where} is for people only{because}, and the scope {mine} holds it",
        do="Narrow the scope so that it leaves it out, and do that part yourself.",
    )


def dispatch_room(waiting_for_person: int, capacity: int) -> Room:
    """Whether another round may start while so many candidates wait for a person."""
    if waiting_for_person < capacity:
        return Room(open=True)
    candidates = "1 candidate waits" if waiting_for_person == 1 else f"{waiting_for_person} candidates wait"
    return Room(
        open=False,
        why=f"{candidates} for your review and [review] capacity is {capacity}: "
        "nothing new starts until you have decided on one",
    )
