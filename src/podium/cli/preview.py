"""`podium preview`: what an agent's program shows, in a browser."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from podium.cli.case import open_own_mirror
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.cli.working import make_shop
from podium.kernel.errors import NotFoundError, PodiumError
from podium.runs.model import AwaitingPermission, Working

if TYPE_CHECKING:
    from podium.runs.model import Run


@click.command(cls=Verb, examples=("podium preview T2", "podium preview T2 --agent codex --port 5173"))
@click.argument("task", type=TaskName())
@click.option("--agent", type=AgentName(), default="", help="Whose, when several agents race.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port inside. [preview_port of podium.toml]")
@click.pass_obj
def command(context: Context, task: str, agent: str, port: int | None) -> None:
    """Show in a browser what an agent's program serves, until you end it.

    While an agent is at work: the port of its sandbox, if something listens there. Otherwise its candidate, in a
    sandbox of its own, served by the command `preview` of podium.toml. Only this machine reaches it. The page is an
    agent's work that nobody has reviewed: type nothing into it that it must not know.
    """
    from podium.conductor.own_keys import redactor_of
    from podium.conductor.prepare import ground_of
    from podium.conductor.preview import candidate_at_work, process_of_round, serve
    from podium.conductor.tasks import find_run
    from podium.runs.store import candidate_of

    project = context.project.id
    run = find_run(context.desk.look(project), task, agent)
    inside = port or context.settings.environment.preview_port
    with ExitStack() as stack:
        if isinstance(run.rounds[-1].state, Working | AwaitingPermission):
            pid, log = process_of_round(context.desk, project, run), None
        else:
            candidate = candidate_of(run.rounds[-1])
            if candidate is None:
                raise NotFoundError("there is no candidate to show", where=f"{run.spec}/{run.task}")
            place = context.home.checks(project)
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            log = place / f"preview-{run.id}.log"
            mirror = stack.enter_context(open_own_mirror(context))
            ground = ground_of(make_shop(context), project, mirror)
            stack.callback(lambda: log.unlink(missing_ok=True) if log else None)
            pid = stack.enter_context(candidate_at_work(ground, candidate, place, log))
        try:
            serve(pid, inside, ready=lambda url: _tell(context, run, url))
        except PodiumError as error:
            said = log.read_text(errors="replace") if log and log.exists() else ""
            end = redactor_of(context.settings, context.environ).text(said)[-1000:]
            raise PodiumError(
                error.what, where=f"{run.spec}/{run.task}", do=context.output.safe(end) or error.do
            ) from error


def _tell(context: Context, run: Run, url: str) -> None:
    output = context.output
    output.document({"task": f"{run.spec}/{run.task}", "agent": run.agent, "url": url})
    output.line(f"{output.paint(url, 'strong')}  {run.spec}/{run.task} by {output.safe(run.agent)}")
    output.line(f"  {output.paint('Nobody has reviewed it.', 'warn')} Only this machine reaches it. Ctrl-C ends it.")
