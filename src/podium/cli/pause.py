"""`podium pause`: pause the agents at work on a task."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.cli.steering import steer_task


@click.command(cls=Verb, examples=("podium pause T2",))
@click.argument("task", type=TaskName())
@click.option("--agent", type=AgentName(), default="", help="Only this one, when several agents race.")
@click.pass_obj
def command(context: Context, task: str, agent: str) -> None:
    """Pause the agents at work on a task.

    They stop where they are and spend nothing until podium resume. Their work is kept.
    """
    steer_task(context, task, agent, "pause")
