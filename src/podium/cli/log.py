"""`podium log`: what happened, in words."""

from __future__ import annotations

from datetime import datetime

import click

from podium.cli.chain import read_chain
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AnyName
from podium.kernel.clock import moment
from podium.ledger.event import Record
from podium.render.telling import Teller, Told


@click.command(
    cls=Verb, examples=("podium log", "podium log rate-limit/T2 -n 0", "podium log --json | jq '.records[0]'")
)
@click.argument("name", type=AnyName(), required=False, default="")
@click.option(
    "-n", "count", type=click.IntRange(min=0), default=30, metavar="N", help="How many of the newest; 0 = all. [30]"
)
@click.pass_obj
def command(context: Context, name: str, count: int) -> None:
    """Tell what happened, newest last.

    NAME limits it to one spec or one task.
    """
    told = told_records(read_chain(context)[1], name)
    shown = told[-count:] if count else told
    context.output.document(
        {
            "records": [
                {
                    "seq": record.seq,
                    "at": record.at,
                    "actor": record.actor,
                    "kind": record.kind,
                    "about": each.about,
                    "text": each.text,
                }
                for record, each in shown
            ]
        }
    )
    width = max((len(each.about) for _, each in shown), default=0)
    for record, each in shown:
        context.output.line(_line(context, record, each, width))
    if not shown:
        about = f" about {context.output.safe(name)}. podium status --all shows the tasks." if name else " yet."
        context.output.line(f"Nothing{about}")


def told_records(records: list[Record], name: str) -> list[tuple[Record, Told]]:
    """The records in words, limited to one spec or task where a name is given."""
    teller = Teller()
    told = [(record, teller.tell(record)) for record in records]
    if not name:
        return told
    return [pair for pair in told if _is_about(pair[1].about, name)]


def _is_about(about: str, name: str) -> bool:
    return about == name or about.startswith(f"{name}/") or about.endswith(f"/{name}")


def _line(context: Context, record: Record, told: Told, width: int) -> str:
    output = context.output
    when = _local(record.at).strftime("%m-%d %H:%M:%S")
    text = output.safe(told.text)
    who = record.actor.partition(":")[2].partition(" <")[0] if record.actor.startswith("person:") else ""
    tail = output.paint(f"  ({output.safe(who)})", "quiet") if who else ""
    about = output.paint(output.safe(told.about).ljust(width), "name")
    return f"{output.paint(when, 'quiet')}  {about}  {output.paint(text, told.tone)}{tail}"


def _local(text: str) -> datetime:
    return moment(text).astimezone()
