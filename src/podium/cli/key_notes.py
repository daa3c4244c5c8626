"""Saying at once that agents will wait for a key, instead of leaving that to be found out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from podium.cli.context import Context
from podium.project.agents import find_agent

if TYPE_CHECKING:
    from podium.conductor.state import State


def tell_missing_keys(context: Context, state: State, specs: Iterable[str], agents: tuple[str, ...]) -> None:
    """Note each agent of these specs' tasks for which there is no key here.

    Says nothing where a conductor is at work already: that one has an environment of its own, and tells by itself.
    """
    from podium.conductor.background import conductor_pid
    from podium.conductor.providers import missing_key
    from podium.kernel.errors import UsageError

    if conductor_pid(context.home) is not None:
        return
    settings = context.settings
    plans = [plan for plan in state.plans.all() if plan.spec in specs]
    named = agents or tuple(name for plan in plans for task in plan.tasks for name in task.agents)
    fallback = (settings.default_agent, *(agent.name for agent in settings.agents[:1]))
    for name in dict.fromkeys(named or tuple(each for each in fallback if each)[:1]):
        agent = find_agent(settings, name)
        try:
            why = missing_key(settings, agent, context.environ) if agent is not None else ""
        except UsageError:
            continue  # the order is refused for it, in better words
        if why:
            context.output.note(f"{name}: {why}\nIts tasks wait, and begin by themselves once it is there.")
