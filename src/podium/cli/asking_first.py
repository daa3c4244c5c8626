"""Asking agents for their questions before `podium run` gives them their tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podium.cli.context import Context
from podium.kernel.errors import PodiumError, UsageError

if TYPE_CHECKING:
    from podium.plan.model import Task


def ask_before_start(
    context: Context, spec: str, tasks: tuple[str, ...], agents: tuple[str, ...], *, wish: bool | None
) -> None:
    """Ask about each task that has not begun; nothing where that is not wanted, or an agent was asked already.

    `wish` is what the person said, else the settings decide. Raises UsageError when questions wait for an answer.
    """
    from podium.conductor.before_start import is_to_ask, unasked

    if wish is False:
        return
    state = context.desk.look(context.project.id)
    if wish or is_to_ask(state, spec, context.settings.ask_first):
        for task in unasked(state, spec, tasks):
            _ask(context, spec, task, agents, required=bool(wish))
    _refuse_open(context, spec, tasks)


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
    from podium.conductor.before_start import how_many, unanswered

    waiting = unanswered(context.desk.look(context.project.id), spec, tasks)
    if waiting:
        raise UsageError(
            how_many(waiting),
            where=spec,
            do="\n".join(
                [
                    *(f"{each.id} ({each.clause}): {context.output.safe(each.text)}" for each in waiting),
                    f'podium answer {spec} {waiting[0].id} -m "what is decided"   (--aside where nothing has to be)',
                    f"podium run {spec} --no-ask-first   starts without the answers",
                ]
            ),
        )
