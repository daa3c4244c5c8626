"""`podium land`: try held landings again, and follow the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium.cli.background import ensure_conductor
from podium.cli.board_lines import board_data
from podium.cli.closing import close_lines
from podium.cli.context import Context
from podium.cli.follow import Follower
from podium.cli.group import Verb
from podium.landing.model import Landing

if TYPE_CHECKING:
    from podium.conductor.board import Row
    from podium.conductor.state import State


@click.command(cls=Verb, examples=("podium land", "podium land --no-follow"))
@click.option("--no-follow", is_flag=True, help="Come back at once.")
@click.pass_obj
def command(context: Context, no_follow: bool) -> None:
    """Try held landings again, and follow the queue until it is empty.

    Accepted work enters the queue by itself: it is merged, verified on exactly the merged tree, and then moves the
    target branch. This is for what was held, after you have mended the reason.
    """
    from podium.conductor.revert import resume_landings

    project = context.project.id
    before = context.desk.look(project).seq
    resumed = resume_landings(context.desk, project, actor=context.actor)
    state = context.desk.look(project)
    landing = _landing(state)
    output = context.output
    if landing:
        ensure_conductor(context)
    else:
        output.line("Nothing waits to land.")
        _deliver(context)
    rows = landing
    if landing and not no_follow:
        rows = Follower(context, project, frozenset(row.spec for row in landing), before).follow()
        for line in close_lines(output, rows):
            output.line(line)
        _deliver(context)
    output.document({"resumed": resumed, "tasks": board_data(context.desk.look(project), rows)})


def _deliver(context: Context) -> None:
    """Bring what has landed to the user's branch, and say what is in the way."""
    from podium.conductor.deliver import advice, deliver

    found = deliver(context.desk, context.project.id, context.path)
    told = advice(found, context.project.target) if found is not None else ""
    if told:
        context.output.note(context.output.safe(told))


def _landing(state: State) -> list[Row]:
    from podium.conductor.board import board

    waiting = {(entry.spec, entry.task) for entry in state.landings.waiting()}
    return [row for row in board(state) if isinstance(row.state, Landing) or (row.spec, row.task.id) in waiting]
