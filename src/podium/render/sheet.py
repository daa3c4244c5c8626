"""A whole diff as one long sheet of rows, of which a page draws a few hundred at a time.

Hunks stand in any order that is asked for; a file's head is drawn where the file changes. Rows are only counted in
advance: what they say is made when they are drawn.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from podium.render.rows import blocks
from podium.runs.model import DiffLine, FileChange, Hunk

View = Literal["unified", "split"]
Pair = tuple[int, int]
"""Indices of a removed (or context) and an added (or context) line of a hunk; -1 where a side has none."""


class Entry(NamedTuple):
    """One hunk to be drawn, with what is said beside its place."""

    change: FileChange
    hunk: Hunk
    reasons: tuple[str, ...] = ()


class Placement(NamedTuple):
    """Where an entry stands on the sheet."""

    entry: Entry
    start: int  # its first row: the file's head where there is one, else the hunk's
    head: int  # rows before its lines: 2 with the file's head, else 1
    lines: int  # rows of its lines

    @property
    def end(self) -> int:
        """The row after its last."""
        return self.start + self.head + self.lines


class Part(NamedTuple):
    """What of one placement lies in a range of rows."""

    place: Placement
    first: int  # index of the first row of its lines that is drawn
    last: int  # index after the last one
    file_head: bool
    hunk_head: bool


class Sheet:
    """The rows of a diff in one order and one view."""

    def __init__(
        self, entries: Sequence[Entry], view: View = "unified", folded: Mapping[str, str] | None = None
    ) -> None:
        """`folded` maps hunks to what is proven of them: each takes one row, that says so."""
        self.view: View = view
        self.folded = folded or {}
        self.places: list[Placement] = []
        row, file = 0, ""
        for entry in entries:
            head = 1 if entry.change.path == file and self.places else 2
            file = entry.change.path
            lines = 1 if entry.hunk.id in self.folded else row_count(entry.hunk, view)
            place = Placement(entry, row, head, lines)
            self.places.append(place)
            row = place.end
        self.rows = row
        self._starts = [place.start for place in self.places]
        self._by_hunk = {place.entry.hunk.id: place for place in self.places}

    def place_of(self, hunk: str) -> Placement | None:
        """Where a hunk stands."""
        return self._by_hunk.get(hunk)

    def parts(self, start: int, end: int) -> Iterator[Part]:
        """What lies in the rows from `start` up to `end`."""
        at = max(0, bisect_right(self._starts, start) - 1)
        for place in self.places[at:]:
            if place.start >= end:
                return
            body = place.start + place.head
            first, last = max(0, start - body), min(place.lines, end - body)
            file_head = place.head == 2 and start <= place.start
            hunk_head = start <= body - 1 < end
            if file_head or hunk_head or first < last:
                yield Part(place, first, max(first, last), file_head, hunk_head)


def row_count(hunk: Hunk, view: View) -> int:
    """How many rows the lines of a hunk take; a hunk without lines takes one, for the note that says why."""
    if not hunk.lines:
        return 1
    return len(hunk.lines) if view == "unified" else sum(1 for _ in pairs(hunk.lines))


def pairs(lines: Sequence[DiffLine]) -> Iterator[Pair]:
    """The lines side by side: what was removed beside what was added in its stead."""
    at = 0
    for removed, added, context in blocks(lines):
        for row in range(max(len(removed), len(added))):
            left = at + row if row < len(removed) else -1
            right = at + len(removed) + row if row < len(added) else -1
            yield left, right
        at += len(removed) + len(added)
        for row in range(len(context)):
            yield at + row, at + row
        at += len(context)
