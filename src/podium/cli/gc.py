"""`podium gc`: what can be freed, and freeing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.conductor.disk_use import in_words
from podium.render.table import Cell, Column, table

if TYPE_CHECKING:
    from podium.conductor.gc import Item


@click.command(cls=Verb, examples=("podium gc", "podium gc --free"))
@click.option("--free", is_flag=True, help="Free it. Without this, nothing is touched.")
@click.pass_obj
def command(context: Context, free: bool) -> None:
    """Show what disk space can be freed without losing anything, and free it.

    Only what is provably landed, archived, or can be made again: workspaces of finished runs, candidates that a
    verified bundle holds, templates and dependency layers that nothing stands on. Transcripts, receipts and the ledger
    always stay.
    """
    from podium.conductor.gc import collect, survey

    project = context.project.id
    items = collect(context.desk, project, context.path) if free else survey(context.desk, project, context.path)
    total = sum(item.bytes for item in items)
    context.output.document({"freed": free, "bytes": total, "items": [_data(item) for item in items]})
    if not items:
        context.output.line("Nothing to free: all that is there is needed, or not yet landed or archived.")
        return
    columns = (
        Column("what", gives=2, least=12),
        Column("kind"),
        Column("size", right=True),
        Column("why nothing is lost", gives=1, least=20),
    )
    rows = [(Cell(i.what), Cell(i.kind), Cell(in_words(i.bytes)), Cell(i.proof)) for i in items]
    for line in table(columns, rows, width=context.output.width, paint=context.output.ink):
        context.output.line(line)
    context.output.line(f"{in_words(total)} freed." if free else f"{in_words(total)} can be freed: podium gc --free")


def _data(item: Item) -> dict[str, Any]:
    return {"kind": item.kind, "what": item.what, "proof": item.proof, "bytes": item.bytes, "refs": item.refs}
