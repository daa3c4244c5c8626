"""`podium preview`: what an agent's program shows, in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.cli.working import make_shop

if TYPE_CHECKING:
    from podium.runs.model import Run


@click.command(cls=Verb, examples=("podium preview T2", "podium preview T2 --agent codex --port 5173"))
@click.argument("task", type=TaskName())
@click.option("--agent", type=AgentName(), default="", help="Whose, when several agents race.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=None,
    metavar="PORT",
    help="Port inside. [preview_port of podium.toml]",
)
@click.pass_obj
def command(context: Context, task: str, agent: str, port: int | None) -> None:
    """Show in a browser what an agent's program serves, until you end it.

    While an agent is at work: the port of its sandbox, if something listens there. Otherwise its candidate, in a
    sandbox of its own, served by the command `preview` of podium.toml. Only this machine reaches it. The page is an
    agent's work that nobody has reviewed: type nothing into it that it must not know.
    """
    from podium.conductor.preview_run import preview_run
    from podium.conductor.tasks import find_run

    project = context.project.id
    run = find_run(context.desk.look(project), task, agent)
    preview_run(
        context.desk,
        lambda: make_shop(context),
        project,
        run,
        settings=context.settings,
        environ=context.environ,
        port=port or 0,
        ready=lambda url: _tell(context, run, url),
    )


def _tell(context: Context, run: Run, url: str) -> None:
    output = context.output
    output.document({"task": f"{run.spec}/{run.task}", "agent": run.agent, "url": url})
    output.line(f"{output.paint(url, 'strong')}  {run.spec}/{run.task} by {output.safe(run.agent)}")
    output.line(f"  {output.paint('Nobody has reviewed it.', 'warn')} Only this machine reaches it. Ctrl-C ends it.")
