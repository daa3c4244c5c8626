"""`podium conductor`: the process that does the work of this state directory. Other commands start it."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.working import work_until_stopped


@click.command(cls=Verb, hidden=True, examples=("podium conductor --idle 300",))
@click.option(
    "--idle",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="End after SECONDS without work; 0 = never.",
)
@click.pass_obj
def command(context: Context, idle: float) -> None:
    """Do the work of this state directory until stopped.

    Other commands start it when it is needed. A second one on the same state directory ends at once.
    """
    work_until_stopped(context, idle_seconds=idle)
    context.output.document({"worked": False})
