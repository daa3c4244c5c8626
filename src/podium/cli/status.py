"""`podium status`: where every task stands."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from podium.cli.board_lines import board_data, board_lines
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AnyName
from podium.conductor.disk_use import DiskUse, disk_use, in_words
from podium.kernel.errors import NotFoundError
from podium.render.state_words import words

if TYPE_CHECKING:
    from podium.conductor.board import Row
    from podium.conductor.state import State

_NEEDS_A_PERSON = {"in review", "blocked", "held", "failed"}


@click.command(cls=Verb, examples=("podium status", "podium status rate-limit", "podium status T2 --json"))
@click.argument("name", type=AnyName(), required=False, default="")
@click.option("--all", "everything", is_flag=True, help="Show what is settled (landed, rejected) one by one too.")
@click.pass_obj
def command(context: Context, name: str, everything: bool) -> None:
    """Show where every task stands.

    NAME limits it to one spec or one task. What has landed or was rejected is only counted, unless --all is given.
    """
    from podium.conductor.background import conductor_pid
    from podium.conductor.board import board
    from podium.conductor.deliver import undelivered

    state = context.desk.look(context.project.id)
    rows = [row for row in board(state) if name in ("", row.spec, row.name, row.task.id)]
    if name and not rows:
        raise NotFoundError("no approved plan has such a spec or task", where=name, do="podium spec list")
    working = conductor_pid(context.home) is not None
    counts = Counter(words(row.state, row.name).word for row in rows)
    disk = disk_use(context.home.project(state.project.id))
    delivery = undelivered(context.desk, state.project.id, context.path)
    context.output.document(
        {
            "project": state.project.name,
            "target": state.project.target,
            "conductor": working,
            "undelivered": delivery[0],
            "disk": {"used": disk.used, "free": disk.free},
            "counts": counts,
            "tasks": board_data(state, rows),
        }
    )
    _print(context, state, rows, counts, everything or bool(name))
    if delivery[0]:
        context.output.line(context.output.paint(context.output.safe("; ".join(filter(None, delivery))), "warn"))
    _print_needs(context, counts, disk, working)


def _print(context: Context, state: State, rows: list[Row], counts: Counter[str], everything: bool) -> None:
    output, now = context.output, context.desk.clock.now()
    summary = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    name, target = output.paint(output.safe(state.project.name), "strong"), output.safe(state.project.target)
    output.line(f"{name} {output.ink.glyph('to')} {target}  {summary or 'no task yet'}")
    shown = [row for row in rows if everything or words(row.state, row.name).word not in ("landed", "rejected")]
    for line in board_lines(output, state, shown, now, {}):
        output.line(line)
    if not rows:
        output.line("  Begin: podium spec new NAME, podium plan draft NAME, podium plan approve NAME")


def _print_needs(context: Context, counts: Counter[str], disk: DiskUse, working: bool) -> None:
    output = context.output
    waiting = sum(count for word, count in counts.items() if word in _NEEDS_A_PERSON)
    if waiting:
        output.line(f"{waiting} need{'s' if waiting == 1 else ''} you: podium attention")
    if counts["at work"] + counts["landing"] + counts["waiting"] and not working:
        output.line(output.paint("No conductor is at work here: podium run starts one.", "warn"))
    used = "much" if disk.used is None else in_words(disk.used)
    output.line(output.paint(f"disk: {used} used, {in_words(disk.free)} free", "quiet"))
