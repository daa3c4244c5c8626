"""Asking agents for their questions before `podium run` gives them their tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podium.cli.context import Context
from podium.kernel.errors import PodiumError, UsageError

if TYPE_CHECKING:
    from podium.conductor.state import State
    from podium.plan.model import Question, Task


def ask_before_start(
    context: Context, spec: str, tasks: tuple[str, ...], agents: tuple[str, ...], *, wish: bool | None
) -> None:
    """Ask about each task that has not begun; nothing where that is not wanted, or an agent was asked already.

    `wish` is what the person said, else the settings decide. Raises UsageError when questions wait for an answer.
    """
    from podium.conductor.track_record import risk_of

    project = context.project.id
    state = context.desk.look(project)
    if wish is False:
        return
    setting = context.settings.ask_first
    if wish or setting == "always" or (setting == "high-risk" and risk_of(state, spec) == "high"):
        for task in _to_ask(state, spec, tasks):
            _ask(context, spec, task, agents, required=bool(wish))
    _refuse_open(context, spec, tasks)


def _to_ask(state: State, spec: str, tasks: tuple[str, ...]) -> list[Task]:
    plan = state.plans.approved(spec)
    if plan is None:
        return []
    wanted = [task for task in plan.tasks if not tasks or task.id in tasks]
    return [
        task for task in wanted if not state.plans.was_asked(spec, task.id) and not state.runs.of_task(spec, task.id)
    ]


def _ask(context: Context, spec: str, task: Task, agents: tuple[str, ...], *, required: bool) -> None:
    from podium.cli.working import make_shop
    from podium.conductor.ask_first import ask_first

    agent = _one_agent(context, task, agents)
    output = context.output
    output.note(f"{agent} reads {spec}/{task.id} and asks what it does not know; this may take some minutes")
    try:
        found = ask_first(make_shop(context), context.project.id, spec, task.id, agent)
    except PodiumError as error:
        if required:
            raise
        output.note(f"{agent} could not be asked first: {error.what}")
        return
    if not found:
        output.note(f"{agent} has no question about {spec}/{task.id}")


def _one_agent(context: Context, task: Task, agents: tuple[str, ...]) -> str:
    from podium.project.agents import AUTO
    from podium.project.settings import require_agent

    named = [each for each in (*agents, *task.agents) if each != AUTO]
    return named[0] if named else require_agent(context.settings, tuple(a.name for a in context.settings.agents))


def _refuse_open(context: Context, spec: str, tasks: tuple[str, ...]) -> None:
    known = context.desk.look(context.project.id).plans.questions(spec)
    waiting = [each for each in known if each.open and (not tasks or each.task in tasks)]
    if waiting:
        raise UsageError(
            _count(waiting),
            where=spec,
            do="\n".join(
                [
                    *(f"{each.id} ({each.clause}): {context.output.safe(each.text)}" for each in waiting),
                    f'podium answer {spec} {waiting[0].id} -m "what is decided"   (--aside where nothing has to be)',
                    f"podium run {spec} --no-ask-first   starts without the answers",
                ]
            ),
        )


def _count(waiting: list[Question]) -> str:
    return "a question waits for your answer" if len(waiting) == 1 else f"{len(waiting)} questions wait for your answer"
