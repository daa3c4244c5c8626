"""Where everything lies in a state directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The layout of one state directory. Nothing here is made by asking for its path."""

    root: Path

    @property
    def default_database(self) -> str:
        """The URL of the database that is used unless another one is named."""
        return f"sqlite:///{self.root / 'podium.db'}"

    @property
    def conductor_lock(self) -> Path:
        """Locked (flock) by the one conductor at work on this state directory."""
        return self.root / "conductor.lock"

    @property
    def conductor_log(self) -> Path:
        """What a conductor in the background prints."""
        return self.root / "conductor.log"

    @property
    def spending(self) -> Path:
        """What requests to models have cost on this machine (podium.workspaces.gateway.book)."""
        return self.root / "spending.db"

    @property
    def worker_id(self) -> Path:
        """Holds the id of this directory's worker, made once."""
        return self.root / "worker-id"

    @property
    def web(self) -> Path:
        """What the web app keeps: its secret, links that were not used yet, where it serves."""
        return self.root / "web"

    def project(self, project: str) -> Path:
        """Everything of one project."""
        return self.root / "projects" / project

    def mirror(self, project: str) -> Path:
        """The trusted bare mirror, or this worker's copy of it."""
        return self.project(project) / "mirror.git"

    def templates(self, project: str) -> Path:
        """Immutable trees, one directory per base commit."""
        return self.project(project) / "templates"

    def layers(self, project: str) -> Path:
        """Immutable dependency layers, by key."""
        return self.project(project) / "layers"

    def checks(self, project: str) -> Path:
        """Scratch directories of evidence and landing; empty when nothing is at work."""
        return self.project(project) / "checks"

    def graveyard(self, project: str) -> Path:
        """Bundles of what was archived before its refs were deleted."""
        return self.project(project) / "graveyard"

    def run(self, project: str, run: str) -> Path:
        """One run: its HOME, its overlay and its rounds."""
        return self.project(project) / "runs" / run

    def round(self, project: str, run: str, number: int) -> Path:
        """One round: order, events, inbox, exit record."""
        return self.run(project, run) / f"round-{number}"
