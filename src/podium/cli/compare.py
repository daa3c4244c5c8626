"""`podium compare`: racing candidates side by side."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from podium.cli.case import open_own_mirror, read_case
from podium.cli.compare_behaviour import print_behaviour, run_behaviour
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import TaskName
from podium.conductor.tasks import find_task
from podium.kernel.errors import NotFoundError

if TYPE_CHECKING:
    from podium.evidence.agreement import Agreement
    from podium.review.case import Case
    from podium.review.compare import Row
    from podium.runs.model import Run


@click.command(cls=Verb, examples=("podium compare T2", "podium compare T2 --json"))
@click.argument("task", type=TaskName())
@click.option("--behaviour", is_flag=True, help="Also call what they changed, on both: takes a few runs of the tests.")
@click.pass_obj
def command(context: Context, task: str, behaviour: bool) -> None:
    """Show the candidates of agents that race on a task side by side.

    Then review one of them (podium review T2 --agent NAME) and accept it: the others are archived.
    """
    state = context.desk.look(context.project.id)
    spec, found = find_task(state, task)
    name = f"{spec}/{found.id}"
    racing = [run for run in state.runs.of_task(spec, found.id) if not run.archived and run.rounds]
    if not racing:
        raise NotFoundError("no agent has a candidate for it", where=name, do=f"podium status {name}")
    with open_own_mirror(context) as mirror:
        cases = [read_case(context, mirror, run) for run in racing]
    rows, shared = _rows(cases), _agreement(cases)
    told = run_behaviour(context, racing) if behaviour else {}
    context.output.document({"task": name, "runs": rows, "agreement": shared, "behaviour": told})
    _print(context, name, rows, shared, _names(racing))
    if behaviour:
        print_behaviour(context, racing[0], told, _names(racing))


def _rows(cases: list[Case]) -> tuple[Row, ...]:
    from podium.review.compare import Entrant, compare

    entrants = [Entrant(run=each.run, changes=each.changes, items=each.items) for each in cases]
    return compare(entrants, cases[0].review, cases[0].own_marks)


def _agreement(cases: list[Case]) -> Agreement:
    """Of the candidates that stand on the same base: most of them, where the base has moved under a refined one."""
    from podium.evidence.agreement import RunPatch, agreement
    from podium.runs.store import candidate_of

    found = [(each, candidate) for each in cases if (candidate := candidate_of(each.run.rounds[-1])) is not None]
    bases = Counter(candidate.base for _, candidate in found)
    base = bases.most_common(1)[0][0] if bases else ""
    patches = [RunPatch(run=each.run.id, changes=each.changes) for each, candidate in found if candidate.base == base]
    text = "\n".join(clause.text for clause in cases[0].clauses)
    return agreement(patches, text)


def _names(racing: list[Run]) -> dict[str, str]:
    """What the runs are called: their agents, with the end of the run's id where one agent has several."""
    counted = Counter(run.agent for run in racing)
    return {run.id: run.agent if counted[run.agent] == 1 else f"{run.agent} {run.id[-4:]}" for run in racing}


def _print(context: Context, name: str, rows: tuple[Row, ...], shared: Agreement, names: dict[str, str]) -> None:
    from podium.render.agreement_lines import agreement_lines
    from podium.render.race import race_lines

    output = context.output
    for line in race_lines(rows, width=output.width, paint=output.ink):
        output.line(line)
    output.line()
    for line in agreement_lines(shared, names, width=output.width, paint=output.ink):
        output.line(line)
    output.line(f"  Next: podium review {name} --agent {output.safe(rows[0].agent)}")
