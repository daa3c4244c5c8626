"""`podium say`: tell an agent something while it works."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.cli.steering import steer_task


@click.command(cls=Verb, examples=('podium say T2 -m "use the parser in src/parse.py"',))
@click.argument("task", type=TaskName())
@click.option("-m", "--message", "text", required=True, help="What to tell.")
@click.option("--agent", type=AgentName(), default="", help="Only this one, when several agents race.")
@click.pass_obj
def command(context: Context, task: str, text: str, agent: str) -> None:
    """Tell an agent something while it works.

    It is kept with the run. To send back what an agent has finished, use podium refine.
    """
    steer_task(context, task, agent, "say", text)
