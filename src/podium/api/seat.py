"""The seat: what a request handler knows of the place it works for. Made once, by the edge that starts the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request

from podium.api.errands import Errands
from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.conductor.sources import Sources
from podium.review.ports import Signer

if TYPE_CHECKING:
    from podium.conductor.shop import Shop


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
    environ: Mapping[str, str] = field(default_factory=dict[str, str])  # of the server: where keys are looked for
    errands: Errands = field(default_factory=Errands)

    @property
    def home(self) -> Home:
        """The layout of the state directory."""
        return self.desk.home

    @property
    def root(self) -> Path:
        """The root of the user's repository."""
        return self.sources.root

    def open_shop(self) -> Shop:
        """What asking an agent, or showing what it made, needs; finds out by trying what isolation works here."""
        from podium.conductor.open_shop import open_shop

        return open_shop(self.desk, self.path, self.environ)


def seat_of(request: Request) -> Seat:
    """The seat that the application was built with."""
    seat: Seat = request.app.state.seat
    return seat
