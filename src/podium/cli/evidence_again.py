"""`podium evidence reproduce`: one item of evidence again, the old outcome beside the new one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from podium.cli.context import Context
from podium.cli.working import make_shop
from podium.kernel.errors import UsageError

if TYPE_CHECKING:
    from podium.conductor.reproduce import Reproduced
    from podium.evidence.model import Item


def reproduce_item(context: Context, item: str) -> int:
    """Gather the item with this id again, and print what it said and says. Returns 0 when that is the same, else 1."""
    from podium.conductor.reproduce import reproduce

    if not item:
        raise UsageError(
            "which item?", where="podium evidence reproduce", do="podium evidence TASK --json has the ids."
        )
    project = context.project.id
    context.output.note("Running it again ...")
    done = asyncio.run(reproduce(make_shop(context), project, item))
    context.output.document(
        {"same": done.same, "settings_changed": done.settings_changed, "old": done.old, "new": done.new}
    )
    _print(context, done)
    return 0 if done.same else 1


def _print(context: Context, done: Reproduced) -> None:
    from podium.render.terminal_facts import evidence_lines

    output = context.output
    for head, item in (("then", done.old), ("now", done.new)):
        output.line(output.paint(f"{head}, {_where(item)}", "strong"))
        for line in evidence_lines((item,), width=output.width, paint=output.ink):
            output.line(line)
    if done.settings_changed:
        output.line(output.paint("  The settings have changed since: it is not run in quite the same way.", "warn"))
    word, tone = ("the same", "good") if done.same else ("not the same", "bad")
    output.line(f"  {output.paint(word, tone)}")


def _where(item: Item) -> str:
    return f"on tree {item.tree[:12]}, {item.environment}"
