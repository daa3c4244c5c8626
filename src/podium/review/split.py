"""A large change in slices that can be read apart: files that belong together by their names and by what they use.

It is a proposal, for reading and for planning: each slice could be a task or a part (podium.review.part_rules).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from podium.kernel.value import Value
from podium.review.pace import LINES_A_SITTING, changed_lines
from podium.review.trace import defined, used
from podium.runs.model import FileChange

_TEST = re.compile(r"^test_|_test$|\.test$|\.spec$|^spec_")
_MOST_FILES = 400  # of which the connections are looked for
_EVERYWHERE = 6  # a name that more files use connects nothing


class Slice(Value, frozen=True, kw_only=True):
    """Files that belong together. `hunks` are the ids of all their hunks."""

    paths: tuple[str, ...]
    lines: int
    hunks: tuple[str, ...]


def proposal(changes: Iterable[FileChange], *, beyond: int = LINES_A_SITTING) -> tuple[Slice, ...]:
    """Slices of a change of more than `beyond` lines, the largest first; none when it is small or hangs together."""
    known = tuple(changes)
    total = sum(changed_lines(hunk) for change in known for hunk in change.hunks)
    if total <= beyond or len(known) < 2 or len(known) > _MOST_FILES:
        return ()
    groups = _connected(known)
    slices = sorted((_slice(group) for group in groups), key=lambda each: (-each.lines, each.paths))
    return tuple(slices) if len(slices) > 1 else ()


def _slice(group: Sequence[FileChange]) -> Slice:
    hunks = [hunk for change in group for hunk in change.hunks]
    return Slice(
        paths=tuple(change.path for change in group),
        lines=sum(map(changed_lines, hunks)),
        hunks=tuple(hunk.id for hunk in hunks),
    )


def _connected(changes: Sequence[FileChange]) -> list[list[FileChange]]:
    """Groups of files: those of one stem, and those of which one uses a name that the other defines."""
    leader = list(range(len(changes)))

    def find(at: int) -> int:
        while leader[at] != at:
            leader[at] = leader[leader[at]]
            at = leader[at]
        return at

    stems: dict[str, int] = {}
    users: dict[str, set[int]] = {}
    for at, change in enumerate(changes):
        leader[find(at)] = find(stems.setdefault(_stem(change.path), at))
        for hunk in change.hunks:
            for name in used(hunk):
                users.setdefault(name, set()).add(at)
    for at, change in enumerate(changes):
        names = {name for hunk in change.hunks for name in defined(hunk)} | {_stem(change.path)}
        for name in names:
            others = users.get(name, set())
            if len(others) <= _EVERYWHERE:
                for other in others:
                    leader[find(other)] = find(at)
    groups: dict[int, list[FileChange]] = {}
    for at, change in enumerate(changes):
        groups.setdefault(find(at), []).append(change)
    return list(groups.values())


def _stem(path: str) -> str:
    """A file's name without its folders, its suffix, and what makes it a test."""
    return _TEST.sub("", PurePosixPath(path.strip('"')).stem)
