"""Rounds at work, as lines for a terminal: one row each, and below it what went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from podium.kernel.value import Value
from podium.render.ages import span
from podium.render.paint import Paint, Tone
from podium.render.safe_text import safe_line
from podium.render.table import Cell, Column, table
from podium.runs.model import Trip, Usage

_QUIET_AFTER = 60.0  # seconds without an event from which on it is marked

_COLUMNS = (
    Column("task", gives=1, least=12),
    Column("agent", gives=2, least=9),
    Column("for", right=True, may_go=True, gives=9, least=8),
    Column("state", gives=1, least=8),
    Column("step", gives=5, least=10, may_go=True),
    Column("doing", gives=6, least=16, may_go=True),
    Column("files", right=True, may_go=True, gives=8, least=5),
    Column("tokens", right=True, may_go=True, gives=7, least=6),
    Column("cost", right=True, may_go=True, gives=4, least=6),
    Column("quiet for", right=True, may_go=True, gives=3, least=9),
)


class LiveRow(Value, frozen=True, kw_only=True):
    """One round at work. `seconds` since it was ordered; `silent` since its newest event."""

    task: str
    agent: str
    round: int
    state: str
    seconds: float
    step: str
    doing: str
    files: tuple[str, ...]
    usage: Usage
    silent: float | None
    trips: tuple[Trip, ...]


def live_lines(rows: Sequence[LiveRow], *, width: int, paint: Paint) -> list[str]:
    """The rows as a table, then their tripwires; one line when nobody is at work."""
    if not rows:
        return [paint("No agent is at work.", "quiet")]
    lines = table(_COLUMNS, [_cells(row) for row in rows], width=width, paint=paint)
    for row in rows:
        for trip in row.trips:
            told = safe_line(f"{trip.name}: {trip.detail}")
            lines.append(f"  {paint(safe_line(row.task), 'name')} {paint('tripwire', 'bad')}  {told}"[: width + 40])
    return lines


def tokens(usage: Usage) -> str:
    """In and out together, rounded: `12k`; empty where nobody told."""
    known = [each for each in (usage.input_tokens, usage.output_tokens) if each is not None]
    if not known:
        return ""
    total = sum(known)
    return str(total) if total < 1000 else f"{total / 1000:.0f}k" if total < 1_000_000 else f"{total / 1e6:.1f}M"


def cost(usage: Usage) -> str:
    """In dollars; a question mark where tokens are known and their price is not."""
    if usage.cost_usd is None:
        return "?" if usage.input_tokens or usage.output_tokens else ""
    return f"${usage.cost_usd:.2f}"


def _cells(row: LiveRow) -> list[Cell | str]:
    quiet: Tone = "warn" if row.silent is not None and row.silent >= _QUIET_AFTER else "quiet"
    tone: Tone = "bad" if row.trips else "warn" if row.state in ("asks you", "paused") else "good"
    return [
        Cell(row.task, "name"),
        f"{row.agent} #{row.round}",
        span(row.seconds),
        Cell(row.state, tone),
        row.step,
        row.doing,
        str(len(row.files) or ""),
        tokens(row.usage),
        cost(row.usage),
        Cell("" if row.silent is None else span(row.silent), quiet),
    ]
