"""`podium plan show`: a plan, and whether its approval counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.intent import documents, read_plan
from podium.cli.names import SpecName
from podium.cli.task_table import serialised_lines, task_lines
from podium.kernel.clock import moment
from podium.kernel.errors import NotFoundError
from podium.render.ages import span

if TYPE_CHECKING:
    from podium.plan.model import ApprovedPlan


@click.command(cls=Verb, examples=("podium plan show rate-limit", "podium plan show rate-limit --json"))
@click.argument("name", type=SpecName())
@click.pass_obj
def command(context: Context, name: str) -> None:
    """Show a plan, and whether its approval counts."""
    from podium.plan.rules import approval_counts

    plan, approved = read_plan(context, name), _approved(context, name)
    now = documents(context, name)
    void = approval_counts(approved, now.spec_blob, now.plan_blob) if approved else ""
    output = context.output
    output.document({"spec": name, "tasks": plan.tasks, "approval": approved, "void": void})
    for line in task_lines(output, plan.tasks):
        output.line(line)
    if approved is None:
        output.line(f"{output.paint('not approved', 'warn')}  podium plan approve {name}")
        return
    age = span((context.desk.clock.now() - moment(approved.approved_at)).total_seconds())
    if void:
        output.line(f"{output.paint('approval no longer counts', 'bad')}  {output.safe(void)}")
        output.line(f"  Approve it again: podium plan approve {name}")
        return
    output.line(f"{output.paint('approved', 'good')}  by {output.safe(approved.approved_by)}, {age} ago")
    for line in serialised_lines(output, approved.serialised):
        output.line(line)


def _approved(context: Context, name: str) -> ApprovedPlan | None:
    try:
        return context.desk.look(context.project.id).plans.approved(name)
    except NotFoundError:
        return None
