"""`podium acknowledge`: a person has seen a tripwire."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.conductor.tasks import find_run


@click.command(cls=Verb, examples=("podium acknowledge T2", "podium acknowledge T2 scope-drift --agent codex"))
@click.argument("task", type=TaskName())
@click.argument("tripwires", nargs=-1, metavar="[TRIPWIRE]...")
@click.option("--agent", type=AgentName(), default="", help="Whose, when several agents race.")
@click.pass_obj
def command(context: Context, task: str, tripwires: tuple[str, ...], agent: str) -> None:
    """Say that you have seen a tripwire, and let the agent go on.

    Without a name, all that waits to be seen. podium attention no longer lists it; it is told again when it trips
    again. Who has seen what stays in the ledger; the agent is told nothing.
    """
    from podium.conductor.steer import acknowledge

    project = context.project.id
    run = find_run(context.desk.look(project), task, agent)
    seen = acknowledge(context.desk, project, run.id, tripwires, actor=context.actor)
    output = context.output
    full = f"{run.spec}/{run.task}"
    output.document({"task": full, "agent": run.agent, "acknowledged": list(seen)})
    output.line(f"{output.paint('seen', 'good')}  {full} ({output.safe(run.agent)}): {', '.join(seen)}")
