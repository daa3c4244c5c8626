"""Keeping a point at the code that it is about while rounds and rebases move the lines.

A point remembers the text of its line and of up to three lines on either side (`Anchor`). It is found again where that
text is, nearest to where it was; a line that was changed is looked for by its neighbours. What cannot be found is said
to be gone, and is never put beside other code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from podium.kernel.value import Value
from podium.review.model import Anchor, Point
from podium.runs.model import DiffLine, FileChange, Hunk

_AROUND = 3
_LONGEST = 500  # characters of a line that are kept; longer ones are compared by their beginning
_NEIGHBOURS = 2  # equal neighbours that are enough to find the place of a line that was changed


class Place(Value, frozen=True, kw_only=True):
    """Where a point is now.

    `same`: the line is as it was, perhaps elsewhere; `changed`: its neighbours are there, the line is not what it was;
    `gone`: neither was found, and `line` is 0.
    """

    how: Literal["same", "changed", "gone"]
    path: str
    line: int  # in the newer file, or in the older one for an anchor of side "old"


def anchor_at(path: str, line: int, changes: Iterable[FileChange]) -> Anchor | None:
    """The anchor of a line of the newer file that a diff shows; None for a line that it does not show."""
    for change in changes:
        if path and change.path == path:
            for hunk in change.hunks:
                found = _in_hunk(hunk, line)
                if found is not None:
                    return found
    return None


def find(point: Point, text: Sequence[str] | None, path: str = "") -> Place | None:
    """Where a point is in the lines of its file as it is now (None = there is no such file any more).

    `path` is the file's name now, if it was renamed. None for a point that is about no line.
    """
    anchor, now = point.anchor, path or point.path
    if anchor is None or not point.path:
        return None
    if text is None:
        return Place(how="gone", path=now, line=0)
    lines = [line[:_LONGEST] for line in text]
    best = max(_places(anchor, lines), key=lambda at: _rank(anchor, lines, at, point.line), default=None)
    if best is not None and (_alike(anchor, lines, best) or _is_rare(anchor.text)):
        return Place(how="same", path=now, line=best + 1)
    return _by_neighbours(anchor, lines, now, point.line)


def _in_hunk(hunk: Hunk, line: int) -> Anchor | None:
    rows = [row for row in hunk.lines if row.kind != "-" and row.new]
    for at, row in enumerate(rows):
        if row.new == line:
            return Anchor(
                text=row.text[:_LONGEST],
                before=_cut(rows[max(0, at - _AROUND) : at]),
                after=_cut(rows[at + 1 : at + 1 + _AROUND]),
            )
    return None


def _cut(rows: Iterable[DiffLine]) -> tuple[str, ...]:
    return tuple(row.text[:_LONGEST] for row in rows)


def _places(anchor: Anchor, lines: Sequence[str]) -> list[int]:
    return [at for at, text in enumerate(lines) if text == anchor.text]


def _rank(anchor: Anchor, lines: Sequence[str], at: int, near: int) -> tuple[int, int]:
    return _alike(anchor, lines, at), -abs(at + 1 - near)


def _alike(anchor: Anchor, lines: Sequence[str], at: int) -> int:
    """How many of the neighbours of a place are those that the anchor remembers; blank ones tell nothing."""
    above = zip(reversed(anchor.before), reversed(lines[max(0, at - _AROUND) : at]), strict=False)
    below = zip(anchor.after, lines[at + 1 : at + 1 + _AROUND], strict=False)
    return sum(one == other and bool(one.strip()) for one, other in (*above, *below))


def _is_rare(text: str) -> bool:
    """Whether a line says enough to be known without its neighbours: `}` and `else:` do not."""
    return sum(char.isalnum() for char in text) >= 12


def _by_neighbours(anchor: Anchor, lines: Sequence[str], path: str, near: int) -> Place:
    ranked = [(_alike(anchor, lines, at), -abs(at + 1 - near), at) for at in range(len(lines))]
    best = max(ranked, default=(0, 0, 0))
    wanted = min(_NEIGHBOURS, sum(bool(text.strip()) for text in (*anchor.before, *anchor.after)))
    if wanted and best[0] >= wanted:
        return Place(how="changed", path=path, line=best[2] + 1)
    return Place(how="gone", path=path, line=0)
