"""A project with the web app in front of it, served by a thread of the test."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from own_port import own_port
from podium.api.seat import Seat
from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.conductor.register import register
from podium.conductor.sources import Sources
from podium.conductor.ssh_signing import NoSigner
from podium.git.user_repository import UserRepository
from podium.kernel.clock import SystemClock
from podium.ledger.event import Record
from podium.ledger.read import open_reader
from podium.project.model import Project
from podium.testing.repositories import build_repository
from podium.web.server import Site

ADA = "person:Ada Example <ada@example.org>"
SETTINGS = '[project]\nname = "shop"\ntarget = "main"\n\n[agents.scripted]\ncommand = ["true"]\n'


@dataclass
class Shop:
    """A registered project, its desk, and the site that shows it."""

    root: Path
    desk: Desk
    project: Project
    sources: Sources
    site: Site
    thread: threading.Thread
    seat: Seat

    @classmethod
    def build(
        cls, place: Path, files: Mapping[str, Any] | None = None, settings: str = SETTINGS, url: str = ""
    ) -> Shop:
        """A new project in `place`, with the site already serving."""
        root = place / "shop"
        build_repository(
            root, {"podium.toml": settings, "src/shop.py": "def total():\n    return 1\n", **(files or {})}
        )
        home = Home(place / "state")
        desk = Desk(home, url or home.default_database, SystemClock())
        project = register(desk, root, settings, path=os.environ["PATH"], actor=ADA)
        sources = Sources(root, UserRepository.open(root, os.environ))
        seat = Seat(
            desk=desk,
            project=project.id,
            sources=sources,
            path=os.environ["PATH"],
            actor=lambda: ADA,
            signer=NoSigner,
            ensure_conductor=lambda: False,
        )
        site = Site(seat, own_port(), ahead=False)
        return cls(root, desk, project, sources, site, _serve(site), seat)

    @property
    def port(self) -> int:
        """The port of the site."""
        return self.site.port

    def stop_site(self) -> None:
        """End the server, with its streams."""
        self.site.stop()
        self.thread.join(60)
        assert not self.thread.is_alive()

    def restart_site(self) -> Site:
        """Another server on the same state directory."""
        self.site = Site(self.seat, ahead=False)
        self.thread = _serve(self.site)
        return self.site

    def records(self) -> list[Record]:
        """Every record of the project's chain."""
        reader = open_reader(self.desk.url)
        assert reader is not None
        try:
            return reader.records(self.project.id)
        finally:
            reader.close()

    def close(self) -> None:
        """End the site and give everything back."""
        self.stop_site()
        self.desk.close()


def _serve(site: Site) -> threading.Thread:
    thread = threading.Thread(target=site.serve, daemon=True)
    thread.start()
    return thread
