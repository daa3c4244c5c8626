"""What a person chooses from when agents are given work: which there are, and what each lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from podium.api.agent_verbs import WAITS
from podium.api.seat import Seat
from podium.conductor.before_start import is_to_ask
from podium.conductor.providers import missing_key
from podium.conductor.state import State
from podium.kernel.errors import PodiumError
from podium.project.model import AgentSettings, Settings


@dataclass(frozen=True)
class Choice:
    """An agent, and why its tasks would wait; empty when they would not."""

    name: str
    missing: str


def run_choices(seat: Seat) -> dict[str, Any]:
    """What the templates `run_with` and `draft_with` need; no agents where podium.toml cannot be read."""
    try:
        settings = seat.sources.settings()
    except PodiumError:
        return {"agents": (), "waits": WAITS}
    return {"agents": tuple(_choice(seat, settings, agent) for agent in settings.agents), "waits": WAITS}


def asks_first(seat: Seat, state: State, spec: str) -> bool:
    """Whether podium.toml wants the agents of this spec to be asked before they begin."""
    try:
        return is_to_ask(state, spec, seat.sources.settings().ask_first)
    except PodiumError:
        return False


def _choice(seat: Seat, settings: Settings, agent: AgentSettings) -> Choice:
    try:
        return Choice(agent.name, missing_key(settings, agent, seat.environ))
    except PodiumError as error:
        return Choice(agent.name, error.what)
