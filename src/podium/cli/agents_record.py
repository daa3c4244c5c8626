"""`podium agents record`: what became of each agent's work."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.group import Verb

_FIELDS = ("language", "area", "size", "risk")


@click.command(cls=Verb, examples=("podium agents record", "podium agents record --by language --by risk"))
@click.option("--by", type=click.Choice(_FIELDS), multiple=True, help="Tell kinds of tasks apart, by this.")
@click.pass_obj
def command(context: Context, by: tuple[str, ...]) -> None:
    """Tell what became of each agent's work, with counts and intervals.

    From the ledger: how much was accepted at its first review and in the end, what was taken back, rounds, time, cost.
    Every share comes with what it rests on and with the interval (95 %) in which the true one probably lies. Who lost a
    race is neither praised nor blamed. `podium run --agent auto` chooses by this record.
    """
    from podium.conductor.track_record import attempts, lines
    from podium.render.record_lines import record_lines

    found = lines(attempts(context.desk.look(context.project.id)), by)
    output = context.output
    output.document({"agents": found})
    for line in record_lines(found, width=output.width, paint=output.ink):
        output.line(line)
