"""What stop, pause, resume and say have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from podium.cli.background import ensure_conductor
from podium.cli.context import Context
from podium.conductor.tasks import find_run, find_task
from podium.kernel.errors import NotFoundError

if TYPE_CHECKING:
    from podium.runs.model import Run

_DONE = {"stop": "stopping", "pause": "pausing", "resume": "resuming", "say": "telling"}


def steer_task(
    context: Context, name: str, agent: str, what: Literal["stop", "pause", "resume", "say"], text: str = ""
) -> None:
    """Tell every agent at work on a task (or one of them), and print to whom it went."""
    from podium.conductor.steer import steer

    project = context.project.id
    state = context.desk.look(project)
    spec, task = find_task(state, name)
    runs = _at_work(context, project, f"{spec}/{task.id}", agent)
    for run in runs:
        steer(context.desk, project, run.id, what, text=text, actor=context.actor)
    ensure_conductor(context)
    output = context.output
    output.document({"task": f"{spec}/{task.id}", "did": what, "agents": [run.agent for run in runs]})
    for run in runs:
        output.line(f"{output.paint(_DONE[what], 'warn')}  {spec}/{task.id} ({output.safe(run.agent)})")


def _at_work(context: Context, project: str, full: str, agent: str) -> list[Run]:
    from podium.runs.store import is_active

    state = context.desk.look(project)
    if agent:
        return [find_run(state, full, agent)]
    spec, _, task = full.rpartition("/")
    found = [run for run in state.runs.of_task(spec, task) if run.rounds and is_active(run.rounds[-1].state)]
    if not found:
        raise NotFoundError("no agent is at work on it", where=full, do="podium status shows who is.")
    return found
