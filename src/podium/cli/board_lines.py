"""The board in words: every task with its state, the agent at work on it, and what a person may do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from podium.cli.output import Output
from podium.landing.model import AtWork, InReview
from podium.render.round_words import round_words
from podium.render.state_words import words
from podium.render.table import Cell, Column, table
from podium.runs.model import (
    Run,
    Working,
)

if TYPE_CHECKING:
    from podium.conductor.board import Row
    from podium.conductor.state import State


_COLUMNS = (
    Column("task", gives=1, least=6),
    Column("state", gives=1, least=9),
    Column("agent", gives=2, whole=True),
    Column("what", gives=4, least=12),
    Column("do", gives=3, whole=True),  # half a command is none
)


def board_lines(output: Output, state: State, rows: Sequence[Row], now: datetime, news: dict[str, str]) -> list[str]:
    """The rows as lines for a terminal. `news` may hold, for each run, what its agent is doing."""
    dot = f" {output.ink.glyph('dot')} "
    cells = [line for row in rows for line in _cells(state, row, now, news, dot)]
    return table(_COLUMNS, cells, width=output.width, paint=output.ink)


def board_data(state: State, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as plain data for --json."""
    return [_data(state, row) for row in rows]


def _cells(state: State, row: Row, now: datetime, news: dict[str, str], dot: str) -> list[list[Cell | str]]:
    said = words(row.state, row.name)
    head: list[Cell | str] = [Cell(row.name, "name"), Cell(said.word, said.tone)]
    runs = _runs(state, row)
    if not runs:
        return [[*head, "", _joined(dot, row.task.title, said.detail), Cell(said.do, "strong")]]
    lines: list[list[Cell | str]] = []
    for number, run in enumerate(runs):
        lead = head if number == 0 else ["", ""]
        busy = isinstance(run.rounds[-1].state, Working)
        doing = _joined(dot, *round_words(run.rounds[-1], now), news.get(run.id, "") if busy else "")
        lines.append([*lead, f"{run.agent} #{run.rounds[-1].number}", doing, Cell("" if number else said.do, "strong")])
    return lines


def _joined(dot: str, *parts: str) -> str:
    return dot.join(part for part in parts if part)


def _runs(state: State, row: Row) -> list[Run]:
    match row.state:
        case AtWork(runs=runs) | InReview(runs=runs):
            return [state.runs.by_id[run] for run in runs]
        case _:
            return []


def _data(state: State, row: Row) -> dict[str, Any]:
    said = words(row.state, row.name)
    return {
        "task": row.name,
        "title": row.task.title,
        "state": said.word,
        "detail": said.detail,
        "do": said.do,
        "runs": [
            {
                "id": run.id,
                "agent": run.agent,
                "round": run.rounds[-1].number,
                "state": run.rounds[-1].state,
                "tripwires": run.rounds[-1].trips,
            }
            for run in _runs(state, row)
        ],
    }
