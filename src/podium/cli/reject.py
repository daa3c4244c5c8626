"""`podium reject`: turn a task down for good."""

from __future__ import annotations

import click

from podium.cli.background import ensure_conductor
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.cli.verdict import take_seat


@click.command(cls=Verb, examples=('podium reject T3 --reason "weakened the test"',))
@click.argument("task", type=TaskName())
@click.option("--reason", required=True, help="Why; it goes into the ledger.")
@click.option("--agent", type=AgentName(), default="", hidden=True)
@click.pass_obj
def command(context: Context, task: str, reason: str, agent: str) -> None:
    """Turn a task down for good.

    Its agents are stopped. Its candidates are kept until podium gc has archived them.
    """
    seat = take_seat(context, task, agent)
    seat.judge.reject(seat.run.id, reason)
    ensure_conductor(context)
    output = context.output
    output.document({"task": seat.name, "rejected": True, "reason": reason})
    output.line(f"{output.paint('rejected', 'warn')}  {seat.name}: {output.safe(reason)}")
