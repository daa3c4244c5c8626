"""`podium plan draft`: a first plan, for a person to edit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from podium.cli.context import Context
from podium.cli.findings import print_findings
from podium.cli.group import Verb
from podium.cli.intent import plan_file, read_spec
from podium.cli.names import AgentName, SpecName
from podium.cli.plan_findings import plan_findings
from podium.cli.task_table import task_lines
from podium.cli.working import make_shop
from podium.cli.writing import write_new
from podium.kernel.errors import UsageError

if TYPE_CHECKING:
    from podium.plan.model import Plan
    from podium.spec.model import Spec


_REPLACE = "Edit it, or replace it with --force."


@click.command(
    cls=Verb,
    examples=(
        "podium plan draft rate-limit",
        "podium plan draft rate-limit --force",
        "podium plan draft rate-limit --with claude",
    ),
)
@click.argument("name", type=SpecName())
@click.option("--force", is_flag=True, help="Replace the plan that is there; it is kept as NAME.plan.toml.old.")
@click.option("--with", "agent", type=AgentName(), default="", help="Ask this agent for a plan instead of the rules.")
@click.pass_obj
def command(context: Context, name: str, force: bool, agent: str) -> None:
    """Draft a plan by rule, for you to edit.

    Clauses are grouped by the files they concern; edge cases stay with the behaviour they belong to. Comments in the
    file say why each task is as it is. With an agent: it looks at the repository in a sandbox, can change nothing, and
    what it proposes is checked like a plan of your own.
    """
    spec = read_spec(context, name)
    if not spec.clauses:
        raise UsageError("the spec has no clause to plan for", where=spec.path, do=f"podium spec lint {name}")
    path = plan_file(context, name)
    if (context.root / path).exists() and not force:  # before an agent is asked for another one
        raise UsageError("it exists already", where=str(path), do=_REPLACE)
    plan = _proposed(context, spec, agent) if agent else _drafted(context, spec)
    _write(context, path, plan, force)
    findings = plan_findings(context, plan, spec)
    context.output.document({"spec": name, "path": str(path), "tasks": plan.tasks, "findings": findings})
    _print(context, name, path, plan)
    print_findings(context, findings)


def _drafted(context: Context, spec: Spec) -> Plan:
    from podium.plan.draft import draft

    return draft(spec, context.repository.tracked_files(), context.settings)


def _proposed(context: Context, spec: Spec, agent: str) -> Plan:
    from podium.conductor.note_settings import note_settings
    from podium.conductor.propose_plan import propose_plan

    note_settings(context.desk, context.project.id, context.settings_text, actor=context.actor)
    context.output.note(f"{agent} reads the repository and the spec; this may take some minutes")
    return propose_plan(make_shop(context), context.project.id, spec, agent)


def _write(context: Context, path: Path, plan: Plan, force: bool) -> None:
    place = context.root / path
    if place.exists() and force:
        place.replace(place.with_name(place.name + ".old"))
    write_new(place, plan.text, shown=str(path), do=_REPLACE)


def _print(context: Context, name: str, path: Path, plan: Plan) -> None:
    output = context.output
    output.line(f"{output.paint('wrote', 'good')}  {path}")
    for line in task_lines(output, plan.tasks):
        output.line(line)
    output.line(f"  Edit it until it is yours, then: podium plan approve {name}")
