"""Who waits while an agent answers or shows something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from podium.agents.event import Entry
from podium.kernel.errors import PodiumError


class GivenUpError(PodiumError):
    """The person did not want to wait for the answer any longer."""


@dataclass(frozen=True)
class Onlooker:
    """Who waits for the answer: they hear what the agent does, and may give up."""

    hear: Callable[[Entry], None] = lambda _entry: None
    gives_up: Callable[[], bool] = lambda: False

    def still_waits(self, agent: str) -> None:
        """Raise GivenUpError unless they wait."""
        if self.gives_up():
            raise GivenUpError("you ended it before there was an answer", where=agent)


NOBODY = Onlooker()
