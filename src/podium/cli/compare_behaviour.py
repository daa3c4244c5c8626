"""`podium compare --behaviour`: what racing candidates do otherwise, by calling what they changed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from podium.cli.context import Context
from podium.cli.working import make_shop

if TYPE_CHECKING:
    from podium.evidence.model import Item
    from podium.runs.model import Run


def run_behaviour(context: Context, racing: list[Run]) -> dict[str, Item | None]:
    """Each other run's candidate against the first one's, by run; None where there is nothing to compare."""
    from podium.conductor.compare_behaviour import compare_behaviour
    from podium.runs.store import candidate_of

    able = [run for run in racing if candidate_of(run.rounds[-1]) is not None]
    if len(able) < 2:
        return {}
    context.output.note("Calling what they changed ...")
    shop, project = make_shop(context), context.project.id
    return {other.id: asyncio.run(compare_behaviour(shop, project, able[0], other)) for other in able[1:]}


def print_behaviour(context: Context, first: Run, told: dict[str, Item | None], names: dict[str, str]) -> None:
    """Each comparison; `before` is the first candidate, `now` the other one."""
    from podium.render.terminal_facts import evidence_lines

    output = context.output
    for run, item in told.items():
        output.line()
        head = f"Behaviour: before is {names[first.id]}, now is {names[run]}"
        output.line(output.paint(output.safe(head), "strong"))
        if item is None:
            output.line("  Nothing to compare: they differ in no Python that both have, or there is no test command.")
        for line in evidence_lines((item,) if item else (), width=output.width, paint=output.ink):
            output.line(line)
