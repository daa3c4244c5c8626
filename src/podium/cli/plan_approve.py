"""`podium plan approve`: a person says that exactly this may be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium.cli.context import Context
from podium.cli.findings import count_words, has_errors, print_findings
from podium.cli.group import Verb
from podium.cli.intent import read_plan, read_spec
from podium.cli.names import SpecName
from podium.cli.plan_findings import plan_findings, spec_findings
from podium.cli.task_table import serialised_lines, task_lines

if TYPE_CHECKING:
    from podium.plan.model import ApprovedPlan


@click.command(cls=Verb, examples=("podium plan approve rate-limit", "podium plan approve rate-limit --yes"))
@click.argument("name", type=SpecName())
@click.option("-y", "--yes", is_flag=True, help="Approve in spite of warnings, without a question.")
@click.pass_obj
def command(context: Context, name: str, yes: bool) -> int:
    """Approve exactly this plan for exactly this spec.

    The approval names the contents of both files: when one of them is changed it no longer counts. Errors block it;
    warnings are shown, and recorded with it.
    """
    from podium.conductor.approve_plan import approve_plan

    output = context.output
    project, actor = context.project.id, context.actor
    spec, plan = read_spec(context, name), read_plan(context, name)
    findings = (*spec_findings(context, spec), *plan_findings(context, plan, spec))
    for line in task_lines(output, plan.tasks):
        output.line(line)
    print_findings(context, findings)
    if has_errors(findings):
        output.document({"spec": name, "approved": False, "findings": findings})
        output.line(f"{output.paint('not approved', 'bad')}  {count_words(findings)}: mend the errors first")
        return 1
    if findings and output.interactive and not yes:
        click.confirm(f"Approve it with {count_words(findings)}?", abort=True)
    approved = approve_plan(
        context.desk,
        project,
        spec,
        plan,
        findings,
        settings_text=context.settings_text,
        tracked_files=context.repository.tracked_files(),
        actor=actor,
    )
    output.document({"spec": name, "approved": True, "plan": approved, "findings": findings})
    _print(context, name, approved)
    return 0


def _print(context: Context, name: str, approved: ApprovedPlan) -> None:
    output = context.output
    for line in serialised_lines(output, approved.serialised):
        output.line(line)
    output.line(f"{output.paint('approved', 'good')}  {name} by {output.safe(approved.approved_by)}")
    output.line(f"  Next: podium run {name}")
