"""`podium revert`: take a landed task back."""

from __future__ import annotations

import click

from podium.cli.background import ensure_conductor
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import TaskName
from podium.conductor.tasks import find_task


@click.command(cls=Verb, examples=('podium revert T1 --reason "slows down the start"',))
@click.argument("task", type=TaskName())
@click.option("--reason", default="", help="Why; it goes into the commit and the ledger.")
@click.pass_obj
def command(context: Context, task: str, reason: str) -> None:
    """Take a landed task back by a revert commit.

    It goes through the landing queue like any change: merged with what landed since, verified, then moved.
    """
    from podium.conductor.revert import revert

    project = context.project.id
    spec, found = find_task(context.desk.look(project), task)
    entry = revert(context.desk, project, spec, found.id, reason=reason, actor=context.actor)
    ensure_conductor(context)
    output = context.output
    output.document({"task": f"{spec}/{found.id}", "entry": entry})
    output.line(f"{output.paint('ordered', 'good')}  the revert of {spec}/{found.id} is in the landing queue")
    output.line("  Look on: podium status")
