"""What allow and deny have in common."""

from __future__ import annotations

from podium.cli.background import ensure_conductor
from podium.cli.context import Context
from podium.conductor.tasks import find_task


def answer_request(context: Context, name: str, request: str, agent: str, *, allow: bool) -> None:
    """Answer the permission request that is meant, and print which one it was."""
    from podium.conductor.steer import answer, one_request

    project = context.project.id
    state = context.desk.look(project)
    spec, task = find_task(state, name)
    runs = [run.id for run in state.runs.of_task(spec, task.id) if agent in ("", run.agent)]
    run, _, asked = one_request(state, runs, request)
    answer(context.desk, project, run.id, asked.id, allow=allow, actor=context.actor)
    ensure_conductor(context)
    output = context.output
    did = "allowed" if allow else "denied"
    output.document({"task": f"{spec}/{task.id}", "request": asked.id, "title": asked.title, "answer": did})
    tone = "good" if allow else "warn"
    output.line(f"{output.paint(did, tone)}  {spec}/{task.id} ({output.safe(run.agent)}): {output.safe(asked.title)}")
