"""The last lines of following: what is done, and what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from podium.cli.output import Output
from podium.landing.model import AtWork, Blocked, InReview, Landing, Lost, OnTarget
from podium.render.state_words import words

if TYPE_CHECKING:
    from podium.conductor.board import Row


def close_lines(output: Output, rows: Sequence[Row]) -> list[str]:
    """What waits for a person, each with the command that deals with it; or that all has landed."""
    lines: list[str] = []
    for row in rows:
        said = words(row.state, row.name)
        match row.state:
            case InReview():
                lines.append(f"{output.paint(row.name, 'name')} is ready for review: {said.do}")
            case AtWork():
                lines.append(f"{output.paint(row.name, 'name')} waits for your answer: podium attention")
            case Blocked(why=why, do=do):
                lines.append(f"{output.paint(row.name, 'name')} is blocked: {output.safe(why)} {output.safe(do)}")
            case Landing(held=held) if held:
                lines.append(f"{output.paint(row.name, 'name')} is held: {output.safe(held)}")
            case Lost(reason=reason):
                lines.append(f"{output.paint(row.name, 'name')} failed: {output.safe(reason)}. {said.do}")
            case _:
                continue
    if rows and all(isinstance(row.state, OnTarget) for row in rows):
        lines.append(output.paint("All tasks have landed.", "good"))
    return lines
