"""Partial acceptance at the command line: some hunks are taken, the rest goes back."""

from __future__ import annotations

from podium.cli.background import ensure_conductor
from podium.cli.context import Context
from podium.cli.verdict import Seat


def take_some(
    context: Context, seat: Seat, hunks: tuple[str, ...], excepted: tuple[str, ...], texts: tuple[str, ...]
) -> int:
    """Take some hunks of the candidate before the judge. It is no accept: that follows on the evidence."""
    from podium.conductor.take_part import take_part

    part = take_part(seat.judge, seat.run.id, take=hunks, leave=excepted, texts=texts)
    ensure_conductor(context)
    output = context.output
    output.document({"task": seat.name, "accepted": False, "part": part})
    every = len(part.hunks) + len(part.left_out)
    output.line(
        f"{output.paint('taken', 'good')}  {seat.name}: {len(part.hunks)} of {every} hunks, as round {part.number}"
    )
    output.line(f"  tree {part.tree[:12]}; its evidence is being gathered now")
    output.line(f"  then: podium accept {seat.name}   accepts exactly that tree")
    output.line("  when it has landed, the rest goes back, to meet:")
    for point in part.points:
        output.line(f"    {output.safe(point.text)}")
    return 0
