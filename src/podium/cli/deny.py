"""`podium deny`: answer no to what an agent asks."""

from __future__ import annotations

import click

from podium.cli.answering import answer_request
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName


@click.command(cls=Verb, examples=("podium deny T2", "podium deny T2 1.2"))
@click.argument("task", type=TaskName())
@click.argument("request", required=False, default="")
@click.option("--agent", type=AgentName(), default="", help="Whose question, when several agents race.")
@click.pass_obj
def command(context: Context, task: str, request: str, agent: str) -> None:
    """Answer no to what an agent asks.

    REQUEST is the beginning of the question's id, as podium attention shows it; it is needed only where several
    questions wait. The agent is told so and goes on without it.
    """
    answer_request(context, task, request, agent, allow=False)
