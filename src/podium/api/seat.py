"""The seat: what a request handler knows of the place it works for. Made once, by the edge that starts the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.conductor.sources import Sources
from podium.kernel.errors import PodiumError
from podium.review.ports import Signer


@dataclass(frozen=True)
class Seat:
    """One person at one project. Safe to use from several threads."""

    desk: Desk
    project: str  # its id
    sources: Sources  # podium.toml, specs and plans as they lie in the repository now
    path: str  # where programs are looked for, as in $PATH
    actor: Callable[[], str]  # "person:Ada <ada@x.org>"; raises UsageError when git does not know them
    signer: Callable[[], Signer]  # what signs this person's receipts
    ensure_conductor: Callable[[], bool]  # see to it that ordered work is done; True when one had to be started

    @property
    def home(self) -> Home:
        """The layout of the state directory."""
        return self.desk.home

    @property
    def root(self) -> Path:
        """The root of the user's repository."""
        return self.sources.root

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents that podium.toml names now; none where it cannot be read."""
        try:
            return tuple(agent.name for agent in self.sources.settings().agents)
        except PodiumError:
            return ()


def seat_of(request: Request) -> Seat:
    """The seat that the application was built with."""
    seat: Seat = request.app.state.seat
    return seat
