"""`podium compare`: racing candidates side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium.cli.case import open_own_mirror, read_case
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import TaskName
from podium.conductor.tasks import find_task
from podium.kernel.errors import NotFoundError

if TYPE_CHECKING:
    from podium.review.compare import Row
    from podium.runs.model import Run


@click.command(cls=Verb, examples=("podium compare T2", "podium compare T2 --json"))
@click.argument("task", type=TaskName())
@click.pass_obj
def command(context: Context, task: str) -> None:
    """Show the candidates of agents that race on a task side by side.

    Then review one of them (podium review T2 --agent NAME) and accept it: the others are archived.
    """
    state = context.desk.look(context.project.id)
    spec, found = find_task(state, task)
    name = f"{spec}/{found.id}"
    racing = [run for run in state.runs.of_task(spec, found.id) if not run.archived and run.rounds]
    if not racing:
        raise NotFoundError("no agent has a candidate for it", where=name, do=f"podium status {name}")
    rows = _rows(context, racing)
    context.output.document({"task": name, "runs": rows})
    _print(context, name, rows)


def _rows(context: Context, racing: list[Run]) -> tuple[Row, ...]:
    from podium.review.compare import Entrant, compare

    with open_own_mirror(context) as mirror:
        cases = [read_case(context, mirror, run) for run in racing]
    entrants = [Entrant(run=each.run, changes=each.changes, items=each.items) for each in cases]
    return compare(entrants, cases[0].review, cases[0].own_marks)


def _print(context: Context, name: str, rows: tuple[Row, ...]) -> None:
    from podium.render.race import race_lines

    output = context.output
    for line in race_lines(rows, width=output.width, paint=output.ink):
        output.line(line)
    output.line(f"  Next: podium review {name} --agent {output.safe(rows[0].agent)}")
