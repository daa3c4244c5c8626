"""The comparison of runs that race, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from podium.render.paint import Paint
from podium.render.safe_text import safe_line
from podium.render.table import Cell, Column, table
from podium.review.compare import Row

_COLUMNS = (
    Column("run", gives=7, least=8),
    Column("agent", gives=1, least=8),
    Column("round", right=True, may_go=True, gives=3, whole=True),
    Column("state", gives=1, least=9),
    Column("files", right=True),
    Column("lines", right=True),
    Column("required", gives=2, least=10),
    Column("findings", right=True, may_go=True, gives=4, whole=True),
    Column("unread", right=True),
    Column("time", right=True, may_go=True, gives=5),
    Column("cost", right=True, may_go=True, gives=6),
)


def race_lines(rows: Sequence[Row], *, width: int, paint: Paint) -> list[str]:
    """The runs side by side, then what sets each apart."""
    lines = table(_COLUMNS, [_cells(row) for row in rows], width=width, paint=paint)
    for row in rows:
        apart = _apart(row)
        if apart:
            lines.append("")
            lines.append(paint(safe_line(f"{row.run} ({row.agent})"), "strong"))
            lines.extend(f"  {safe_line(text)}" for text in apart)
    return lines


def _cells(row: Row) -> list[Cell | str]:
    cost = row.usage.cost_usd
    return [
        Cell(row.run, "name"),
        row.agent,
        str(row.round or ""),
        Cell("waits for you" if row.waits else row.state, "warn" if row.waits else "quiet"),
        _figure(row.files),
        "" if row.added is None else f"+{row.added} -{row.removed}",
        _required(row),
        _figure(row.findings),
        _figure(row.unread),
        _time(row.seconds),
        "" if cost is None else f"${cost:.2f}",
    ]


def _required(row: Row) -> Cell:
    if row.holds is None:
        return Cell("no candidate", "quiet")
    if row.fails:
        return Cell(f"{', '.join(row.fails)} not held", "bad")
    return Cell(f"all {row.holds} hold", "good") if row.holds else Cell("none gathered", "warn")


def _apart(row: Row) -> list[str]:
    found: list[str] = []
    if row.same_as:
        found.append(f"exactly the same tree as {', '.join(row.same_as)}")
    if row.alone:
        found.append(f"only this run changed {_some(row.alone)}")
    if row.missing:
        found.append(f"this run left out {_some(row.missing)}, which most others changed")
    return found


def _some(names: tuple[str, ...], most: int = 5) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _figure(number: int | None) -> str:
    return "" if number is None else str(number)


def _time(seconds: float) -> str:
    if not seconds:
        return ""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
