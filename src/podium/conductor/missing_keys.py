"""Which of the agents that are about to be given tasks lack the key to their model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from podium.conductor.providers import missing_key
from podium.conductor.state import State
from podium.kernel.errors import UsageError
from podium.project.agents import find_agent
from podium.project.model import Settings


def missing_keys(
    settings: Settings, state: State, specs: Iterable[str], agents: tuple[str, ...], environ: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Each agent of these specs' tasks (or of `agents`, where some are named) with what is missing, and what to do."""
    wanted = frozenset(specs)
    plans = [plan for plan in state.plans.all() if plan.spec in wanted]
    named = agents or tuple(name for plan in plans for task in plan.tasks for name in task.agents)
    fallback = (settings.default_agent, *(agent.name for agent in settings.agents[:1]))
    chosen = dict.fromkeys(named or tuple(each for each in fallback if each)[:1])
    return [(name, why) for name in chosen if (why := _missing(settings, name, environ))]


def _missing(settings: Settings, name: str, environ: Mapping[str, str]) -> str:
    agent = find_agent(settings, name)
    try:
        return missing_key(settings, agent, environ) if agent is not None else ""
    except UsageError:
        return ""  # the order is refused for it, in better words
