"""Tables for a terminal: they fit the width, give way in a stated order, and cut what does not fit visibly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from podium.render.paint import Paint, Tone
from podium.render.safe_text import columns, safe_line

_GAP = 2


class Column(NamedTuple):
    """A column. Where room is short, those with the highest `gives` shrink to `least`, then vanish if they `may_go`.

    One that is of use only `whole` vanishes when it is its turn to shrink.
    """

    title: str
    right: bool = False
    gives: int = 0  # 0 = never shrinks
    least: int = 4
    may_go: bool = False
    whole: bool = False


class Cell(NamedTuple):
    """A text in a tone. The text may come from an agent: it is made safe here."""

    text: str
    tone: Tone = "plain"


def table(
    titles: Sequence[Column], rows: Sequence[Sequence[Cell | str]], *, width: int, paint: Paint, indent: int = 0
) -> list[str]:
    """The lines of a table of at most `width` columns, its head first. An empty table has no lines.

    Columns that are empty in every row are left out.
    """
    if not rows:
        return []
    cells = [[_safe(cell) for cell in row] for row in rows]
    shown = [at for at in range(len(titles)) if any(row[at].text for row in cells)]
    sizes = _fit(titles, cells, shown, width - indent)
    heads = [Cell(titles[at].title) for at in sizes]
    lines = [paint(_join(titles, sizes, heads, paint._replace(color=False), indent), "quiet")]
    lines += [_join(titles, sizes, [row[at] for at in sizes], paint, indent) for row in cells]
    return [line.rstrip() if not paint.color else line for line in lines]


def _safe(cell: Cell | str) -> Cell:
    return Cell(safe_line(cell)) if isinstance(cell, str) else Cell(safe_line(cell.text), cell.tone)


def _fit(titles: Sequence[Column], cells: Sequence[Sequence[Cell]], shown: list[int], width: int) -> dict[int, int]:
    sizes = {at: max(columns(titles[at].title), *(columns(row[at].text) for row in cells)) for at in shown}
    while (over := sum(sizes.values()) + _GAP * (len(sizes) - 1) - width) > 0:
        giving = [at for at in sizes if titles[at].gives and (sizes[at] > titles[at].least or titles[at].whole)]
        going = giving or [at for at in sizes if titles[at].may_go]
        if not going:
            break
        at = max(going, key=lambda each: (titles[each].gives, sizes[each]))
        if not giving or titles[at].whole:
            return _fit(titles, cells, [each for each in shown if each != at], width)  # the others have its room
        sizes[at] = max(titles[at].least, sizes[at] - over)
    return sizes


def _join(titles: Sequence[Column], sizes: dict[int, int], row: Sequence[Cell], paint: Paint, indent: int) -> str:
    last = len(sizes) - 1
    parts: list[str] = []
    for place, (at, cell) in enumerate(zip(sizes, row, strict=True)):
        text = paint.pad(cell.text, sizes[at], right=titles[at].right)
        if place == last and not titles[at].right:
            text = text.rstrip()
        parts.append(paint(text, cell.tone))
    return " " * indent + (" " * _GAP).join(parts)
