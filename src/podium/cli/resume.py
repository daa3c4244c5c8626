"""`podium resume`: let paused agents go on."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.cli.steering import steer_task


@click.command(cls=Verb, examples=("podium resume T2",))
@click.argument("task", type=TaskName())
@click.option("--agent", type=AgentName(), default="", help="Only this one, when several agents race.")
@click.pass_obj
def command(context: Context, task: str, agent: str) -> None:
    """Let paused agents go on.

    They go on exactly where they were.
    """
    steer_task(context, task, agent, "resume")
