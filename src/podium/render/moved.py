"""Lines that were not written but carried elsewhere: removed in one place of a diff, added in another.

A line by itself says little (`}` or `return None` is everywhere), so a run of lines counts as moved when it has enough
letters and digits in it. Indentation may differ. A move is shown; it proves nothing, and folds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from podium.runs.model import DiffLine, FileChange

_LETTERS = 40  # letters and digits that a run of lines needs, so that it is the same text and no coincidence
_MOST_COMPARED = 2_000_000  # lines of one diff: many lines that say little could be compared for ever
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
    left = [_MOST_COMPARED]
    for stretch in removed:
        _match(stretch, added, places, found, left)
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
    left: list[int],
) -> None:
    at, weights = 0, [0, *accumulate(_weight(each.line.text) for each in stretch)]
    while at < len(stretch):
        twins = places.get(stretch[at].line.text.strip(), ())
        length, best = 0, None
        if stretch[at].line.text.strip() and len(twins) <= _MOST_PLACES:
            for twin in twins:
                run = _run(stretch, at, added[twin.stretch], twin.offset, found, left)
                if run > length:
                    length, best = run, twin
        if best is None or weights[at + length] - weights[at] < _LETTERS:
            at += 1
            continue
        for old, new in zip(stretch[at : at + length], added[best.stretch][best.offset :], strict=False):
            found[old.hunk, old.at] = Place(new.path, new.line.new)
            found[new.hunk, new.at] = Place(old.path, old.line.old)
        at += length


def _run(
    old: Sequence[_At],
    at: int,
    new: Sequence[_At],
    offset: int,
    taken: Mapping[tuple[str, int], Place],
    left: list[int],
) -> int:
    """How many lines from here and from there are the same, as far as what may be compared is not used up."""
    length, most = 0, min(len(old) - at, len(new) - offset, left[0])
    while length < most:
        one, other = old[at + length], new[offset + length]
        if one.line.text.strip() != other.line.text.strip() or (other.hunk, other.at) in taken:
            break
        length += 1
    left[0] -= length
    return length


def _weight(text: str) -> int:
    return sum(char.isalnum() for char in text)
