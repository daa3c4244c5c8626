"""`podium watch`: what an agent does, as it does it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.cli.transcript_lines import Telling
from podium.cli.watch_all import watch_all
from podium.conductor.tasks import find_run
from podium.kernel.errors import NotFoundError

if TYPE_CHECKING:
    from podium.conductor.read_transcript import Transcript
    from podium.runs.model import Run

POLL_SECONDS = 0.1


@click.command(cls=Verb, examples=("podium watch", "podium watch T2", "podium watch T2 --round 1 --no-follow"))
@click.argument("task", type=TaskName(), default="")
@click.option("--round", "number", type=click.IntRange(min=1), metavar="N", help="An earlier round. [the newest]")
@click.option("--agent", type=AgentName(), default="", help="Which one, when several agents race.")
@click.option("--no-follow", is_flag=True, help="Print what there is, and come back.")
@click.pass_obj
def command(context: Context, task: str, number: int | None, agent: str, no_follow: bool) -> None:
    """Watch what an agent does: its messages, calls and questions, as they come.

    Without a task: all agents at work, each with its step, files, tokens, cost and tripwires. It is what the agents
    say, not what Podium observed. Ctrl-C stops the watching, not the agents.
    """
    if not task:
        watch_all(context, once=no_follow)
        return
    from podium.conductor.read_transcript import Transcript

    project = context.project.id
    run = find_run(context.desk.look(project), task, agent, archived=True)
    chosen = number or run.rounds[-1].number
    if chosen > len(run.rounds):
        raise NotFoundError(
            f"there is no round {chosen}", where=f"{run.spec}/{run.task}", do=f"Its newest is {len(run.rounds)}."
        )
    transcript = Transcript(context.desk, project, run.id, chosen)
    if context.output.json:
        entries = list(transcript.more())
        while more := transcript.more():
            entries.extend(more)
        context.output.document({"task": f"{run.spec}/{run.task}", "round": chosen, "events": entries})
    else:
        _follow(context, project, run, chosen, transcript, once=no_follow)


def _follow(context: Context, project: str, run: Run, number: int, transcript: Transcript, *, once: bool) -> None:
    from podium.runs.store import is_active

    telling = Telling(context.output)
    while True:
        active = is_active(context.desk.look(project).runs.by_id[run.id].rounds[number - 1].state)
        entries = transcript.more()
        for entry in entries:
            for line in telling.lines(entry):
                context.output.line(line)
        if entries:
            continue
        if once or not active:
            return
        time.sleep(POLL_SECONDS)
