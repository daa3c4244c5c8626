"""`podium refine`: send a candidate back with points."""

from __future__ import annotations

import re

import click

from podium.cli.background import ensure_conductor
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.cli.verdict import Seat, take_seat
from podium.kernel.errors import UsageError

_FORM = """

# Write the points for {name}, with an empty line between two points.
# Name the clause that is not met (B2) or the place (src/x.py:41) where you can.
# Lines that begin with # are left out. An empty text sends nothing.
"""


@click.command(
    cls=Verb,
    examples=(
        'podium refine T2 -m "B2 fails for an empty list"',
        'podium refine T2 -m "E1: also for zero" -m "src/cart.py:12 swallows the error"',
    ),
)
@click.argument("task", type=TaskName())
@click.option("-m", "--message", "texts", multiple=True, metavar="POINT", help="What is to change; may be repeated.")
@click.option("--agent", type=AgentName(), default="", help="Whose candidate, when several agents race.")
@click.pass_obj
def command(context: Context, task: str, texts: tuple[str, ...], agent: str) -> None:
    """Send a candidate back with numbered points.

    The agent goes on in the same session where it can, in a new round. Without -m the points that you drafted on the
    review page are sent, or your editor opens.
    """
    from podium.conductor.draft_book import open_drafts

    seat = take_seat(context, task, agent)
    book = open_drafts(context.home, context.project.id, context.actor, seat.run.spec, seat.run.task)
    drafts = () if texts else book.read()
    points = seat.judge.refine(seat.run.id, texts or drafts or _written(context, seat))
    book.drop(each.id for each in drafts)
    ensure_conductor(context)
    output = context.output
    output.document({"task": seat.name, "points": points})
    output.line(f"{output.paint('sent back', 'warn')}  {seat.name} to {output.safe(seat.run.agent)}, to meet:")
    for point in points:
        output.line(f"  {output.paint(point.id, 'strong')}  {output.safe(point.text)}")


def _written(context: Context, seat: Seat) -> tuple[str, ...]:
    if not context.output.interactive:
        raise UsageError("there is no point", where=seat.name, do=f'podium refine {seat.name} -m "what is to change"')
    text = click.edit(_FORM.format(name=seat.name), extension=".md") or ""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", kept) if part.strip())
