"""`podium ledger export`: every record as one line of JSON."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from podium.cli.chain import read_chain
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.ledger.event import Record


@click.command(cls=Verb, examples=("podium ledger export > ledger.jsonl", "podium ledger export --after 120"))
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="SEQ", help="Only the records after this one.")
@click.pass_obj
def command(context: Context, after: int) -> None:
    """Print every record as JSON lines.

    With --json all records come in one document instead of one a line.
    """
    project, records = read_chain(context, after)
    context.output.document({"project": project, "records": [_data(record) for record in records]})
    for record in records:
        context.output.line(context.output.escaped(msgspec.json.encode(_data(record)).decode()))


def _data(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Record.__struct_fields__} | {"data": msgspec.Raw(record.data)}
