"""The agents that a name stands for: `claude` as it is set up, `claude:opus` with another model."""

from __future__ import annotations

import re

import msgspec

from podium.project.model import AgentSettings, Settings

AUTO = "auto"
"""As an agent's name in an order: the track record decides."""

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*(?::[A-Za-z0-9][A-Za-z0-9._/@-]*)?"
"""What a plan and an order may write."""

_NAME = re.compile(NAME)


def find_agent(settings: Settings, name: str) -> AgentSettings | None:
    """The settings of an agent, under the name that was asked for; None when `podium.toml` does not know it."""
    known = {agent.name: agent for agent in settings.agents}
    if name in known:
        return known[name]
    agent, colon, model = name.partition(":")
    if agent not in known or not colon or not _NAME.fullmatch(name):
        return None
    return msgspec.structs.replace(known[agent], name=name, model=model)
