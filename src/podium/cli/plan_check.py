"""`podium plan check`: what stands against a plan."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.findings import count_words, has_errors, print_findings
from podium.cli.group import Verb
from podium.cli.intent import read_plan, read_spec
from podium.cli.names import SpecName
from podium.cli.plan_findings import plan_findings
from podium.cli.task_table import serialised_lines


@click.command(cls=Verb, examples=("podium plan check rate-limit", "podium plan check rate-limit --json"))
@click.argument("name", type=SpecName())
@click.pass_obj
def command(context: Context, name: str) -> int:
    """Check a plan against its spec, the repository and the settings.

    Cycles, clauses that no task serves, unknown agents, tasks that may touch the same files, tasks too big to review,
    protected areas. Ends with 1 when something blocks approval.
    """
    from podium.plan.rules import find_cycle, serialise

    spec, plan = read_spec(context, name), read_plan(context, name)
    findings = plan_findings(context, plan, spec)
    pairs = () if find_cycle(plan.tasks) else serialise(plan, context.repository.tracked_files())
    output = context.output
    output.document({"spec": name, "findings": findings, "serialised": pairs})
    print_findings(context, findings)
    for line in serialised_lines(output, pairs):
        output.line(line)
    tone = "bad" if has_errors(findings) else "warn" if findings else "good"
    count = f"{len(plan.tasks)} task{'s' if len(plan.tasks) > 1 else ''}"
    output.line(f"{output.paint(count_words(findings), tone)} in the plan of {name} ({count})")
    if not has_errors(findings):
        output.line(f"  Next: podium plan approve {name}")
    return int(has_errors(findings))
