"""`podium spec list`: the specs of this repository."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.intent import plan_file, read_spec
from podium.cli.names import spec_names
from podium.kernel.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from podium.conductor.state import State


@dataclass(frozen=True)
class _Row:
    spec: str
    title: str
    clauses: int
    plan: str


@click.command(cls=Verb, examples=("podium spec list", "podium spec list --json"))
@click.pass_obj
def command(context: Context) -> None:
    """List the specs of this repository, and how far each has come."""
    state = _state(context)
    rows = [_row(context, state, name) for name in spec_names(context)]
    output = context.output
    output.document({"specs": [asdict(row) for row in rows]})
    if not rows:
        output.line(f"No spec in {context.settings.specs}/ yet. Begin one: podium spec new NAME")
    name_width = max((len(row.spec) for row in rows), default=0)
    plan_width = max((len(row.plan) for row in rows), default=0)
    for row in rows:
        name = output.paint(row.spec.ljust(name_width), "name")
        plan = output.paint(row.plan.ljust(plan_width), "good" if row.plan == "approved" else "quiet")
        output.line(f"{name}  {plan}  {row.clauses:3} clauses  {output.safe(row.title)}")


def _row(context: Context, state: State | None, name: str) -> _Row:
    try:
        spec = read_spec(context, name)
    except UsageError as error:
        return _Row(name, f"cannot be read: {error.what}", 0, "-")
    drafted = "drafted" if (context.root / plan_file(context, name)).is_file() else "no plan"
    plan = "approved" if state and state.plans.approved(name) else drafted
    return _Row(name, spec.title, len(spec.clauses), plan)


def _state(context: Context) -> State | None:
    """The project's state; None before it is registered."""
    try:
        return context.desk.look(context.project.id)
    except NotFoundError:
        return None
