"""`podium worker`: one more machine that does the work of a shared PostgreSQL database."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.working import work_until_stopped
from podium.kernel.errors import PodiumError


@click.command(
    cls=Verb,
    examples=("podium worker", "podium --db postgresql://podium@db/podium --state /var/lib/podium worker"),
)
@click.option(
    "--idle",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="End after SECONDS without work; 0 = never.",
)
@click.option(
    "--dead-after",
    type=click.FloatRange(min=1),
    default=15.0,
    metavar="SECONDS",
    help="Take over the work of a worker that was silent for so long. [15]",
)
@click.option(
    "--slots", type=click.IntRange(min=0), default=0, metavar="N", help="Rounds at work here at once; 0 = any number."
)
@click.pass_obj
def command(context: Context, idle: float, dead_after: float, slots: int) -> None:
    """Do work in the foreground: run agents, gather evidence, land.

    With a PostgreSQL database any number of workers share the work, each with its own state directory; what one of
    them leaves unfinished is taken over by the others. Ctrl-C ends it; agents at work go on.
    """
    context.output.note(f"working on {context.shown_database}; Ctrl-C ends this worker, agents go on")
    work_until_stopped(context, idle_seconds=idle, dead_seconds=dead_after, slots=slots)
    raise PodiumError(
        "another conductor is at work on this state directory",
        where=str(context.state),
        do="Let it do the work, or give this worker a state directory of its own: --state DIR",
    )
