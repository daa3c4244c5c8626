"""All agents at work at one look, drawn again as they go on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from podium.cli.activity import Activities
from podium.cli.context import Context
from podium.cli.screen import Screen
from podium.render.live_lines import live_lines

if TYPE_CHECKING:
    from podium.render.live_lines import LiveRow

POLL_SECONDS = 0.25


def watch_all(context: Context, *, once: bool) -> None:
    """Show every round at work; on a terminal until interrupted or until nothing is at work any more."""
    project, output = context.project.id, context.output
    activities = Activities(context, project)
    rows = _rows(context, project, activities)
    if output.json or once or not output.live:
        output.document({"runs": [msgspec.to_builtins(row) for row in rows]})
        for line in live_lines(rows, width=output.width, paint=output.ink):
            output.line(line)
        return
    screen = Screen()
    while True:
        screen.draw((), live_lines(rows, width=output.width, paint=output.ink))
        if not rows:
            return
        time.sleep(POLL_SECONDS)
        rows = _rows(context, project, activities)


def _rows(context: Context, project: str, activities: Activities) -> list[LiveRow]:
    state = context.desk.look(project)
    rows = [activities.row(run, round_) for run, round_ in state.runs.active()]
    return sorted(rows, key=lambda row: (not row.trips, row.state != "asks you", row.task, row.agent))
