"""Lines that were not written but carried elsewhere: removed in one place of a diff, added in another.

A line by itself says little (`}` or `return None` is everywhere), so a run of lines counts as moved when it has enough
letters and digits in it. Indentation may differ. A move is shown; it proves nothing, and folds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from podium.runs.model import DiffLine, FileChange

_LETTERS = 40  # letters and digits that a run of lines needs, so that it is the same text and no coincidence
_MOST_PLACES = 20  # a line that is added in more places than these is nobody's twin


class Place(NamedTuple):
    """Where the other half of a moved line is."""

    path: str
    line: int


Moves: TypeAlias = Mapping[tuple[str, int], Place]
"""(hunk id, index of the line in it) -> where it came from or went."""


class _At(NamedTuple):
    stretch: int  # a run of removed, or of added, lines without another line between
    offset: int
    path: str
    hunk: str
    at: int  # index in the hunk
    line: DiffLine


def moves(changes: Iterable[FileChange]) -> Moves:
    """The moved lines of a diff, each with its twin."""
    removed: list[list[_At]] = []
    added: list[list[_At]] = []
    for change in changes:
        for hunk in change.hunks:
            _stretches(change, hunk.id, hunk.lines, removed, added)
    places: dict[str, list[_At]] = {}
    for stretch in added:
        for at in stretch:
            places.setdefault(at.line.text.strip(), []).append(at)
    found: dict[tuple[str, int], Place] = {}
    for stretch in removed:
        _match(stretch, added, places, found)
    return found


def _stretches(
    change: FileChange, hunk: str, lines: Sequence[DiffLine], removed: list[list[_At]], added: list[list[_At]]
) -> None:
    before = " "
    for index, line in enumerate(lines):
        if line.kind != " ":
            into = added if line.kind == "+" else removed
            if line.kind != before:
                into.append([])
            path = change.path if line.kind == "+" else change.old_path
            into[-1].append(_At(len(into) - 1, len(into[-1]), path, hunk, index, line))
        before = line.kind


def _match(
    stretch: list[_At],
    added: list[list[_At]],
    places: Mapping[str, Sequence[_At]],
    found: dict[tuple[str, int], Place],
) -> None:
    at = 0
    while at < len(stretch):
        best: list[tuple[_At, _At]] = []
        twins = places.get(stretch[at].line.text.strip(), ())
        if stretch[at].line.text.strip() and len(twins) <= _MOST_PLACES:
            runs = (_run(stretch[at:], added[twin.stretch][twin.offset :], found) for twin in twins)
            best = max(runs, key=len, default=best)
        if sum(_weight(old.line.text) for old, _ in best) < _LETTERS:
            at += 1
            continue
        for old, new in best:
            found[old.hunk, old.at] = Place(new.path, new.line.new)
            found[new.hunk, new.at] = Place(old.path, old.line.old)
        at += len(best)


def _run(old: Sequence[_At], new: Sequence[_At], taken: Mapping[tuple[str, int], Place]) -> list[tuple[_At, _At]]:
    run: list[tuple[_At, _At]] = []
    for one, other in zip(old, new, strict=False):
        if one.line.text.strip() != other.line.text.strip() or (other.hunk, other.at) in taken:
            break
        run.append((one, other))
    return run


def _weight(text: str) -> int:
    return sum(char.isalnum() for char in text)
