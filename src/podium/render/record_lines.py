"""The track record of agents, as a table for a terminal: a share is never told without what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol as Shape

from podium.render.paint import Paint
from podium.render.table import Cell, Column, table

_COLUMNS = (
    Column("agent", gives=1, least=8),
    Column("model", gives=2, least=6),
    Column("kind of task", gives=2, least=10),
    Column("accepted at first review"),
    Column("in the end", may_go=True, gives=6, least=10),
    Column("taken back", may_go=True, gives=5, least=10),
    Column("rounds", right=True, may_go=True, gives=7, least=6),
    Column("minutes", right=True, may_go=True, gives=8, least=7),
    Column("cost", right=True, may_go=True, gives=7, least=5),
    Column("lost races", right=True, may_go=True, gives=9, least=10),
)


class ShareOf(Shape):
    """So many of so many, and the interval; such as podium.conductor.track_record.Share."""

    @property
    def hits(self) -> int: ...
    @property
    def of(self) -> int: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


class RecordLine(Shape):
    """One agent's record, such as podium.conductor.track_record.Line."""

    @property
    def agent(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def first(self) -> ShareOf: ...
    @property
    def accepted(self) -> ShareOf: ...
    @property
    def escaped(self) -> ShareOf: ...
    @property
    def lost_races(self) -> int: ...
    @property
    def rounds(self) -> float | None: ...
    @property
    def minutes(self) -> float | None: ...
    @property
    def cost_usd(self) -> float | None: ...
    @property
    def cost_known(self) -> int: ...


def record_lines(found: Sequence[RecordLine], *, width: int, paint: Paint) -> list[str]:
    """A row for each line; figures are medians. One line when nothing is known."""
    if not found:
        return ["Nothing is known yet: no agent's work has been decided on."]
    rows: list[list[Cell | str]] = [
        [
            Cell(line.agent, "name"),
            line.model,
            line.kind,
            share(line.first),
            share(line.accepted),
            share(line.escaped),
            "" if line.rounds is None else f"{line.rounds:g}",
            "" if line.minutes is None else f"{line.minutes:.1f}",
            "" if line.cost_usd is None else f"${line.cost_usd:.2f}",
            str(line.lost_races or ""),
        ]
        for line in found
    ]
    return table(_COLUMNS, rows, width=width, paint=paint)


def share(one: ShareOf) -> str:
    """`7 of 10 (40-89 %)`; without a case, that nothing is known."""
    if not one.of:
        return "nothing known"
    return f"{one.hits} of {one.of} ({100 * one.low:.0f}-{100 * one.high:.0f} %)"
