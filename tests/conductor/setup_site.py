"""A project whose dependencies are set up in a real sandbox, and the person whose indexes that may reach."""

from __future__ import annotations

import os
from pathlib import Path
from pwd import getpwuid

from podium.conductor.ground import Ground
from podium.conductor.home import Home
from podium.git.bring import bring
from podium.git.mirror import Mirror
from podium.git.sync import sync_from
from podium.project.model import Environment, Project, Settings
from podium.testing.repositories import Files, build_repository
from podium.workspaces.run import Completed, run
from podium.workspaces.tiers import bundled_bwrap

INSTALLED = Path(os.environ.get("TEST_AGENTS") or Path(getpwuid(os.getuid()).pw_dir, ".cache/podium/test-agents"))
"""Where `scripts/agents` puts pnpm, and a node that is new enough for it."""


class Site:
    """One repository with a mirror; `ground` is what its workspaces stand on."""

    def __init__(self, top: Path, files: Files, path: str) -> None:
        self.top = top
        self.home = Home(top / "state")
        self.repository = build_repository(top / "repository", files)
        self.mirror = Mirror.create(self.home.mirror("p"), {"PATH": path})
        self.variables = {"HOME": str(top / "person"), "PATH": path}
        (top / "person").mkdir()
        self.settings = Settings(project="p", environment=Environment(setup="auto", setup_network=True))
        self.land()
        self._count = 0

    def land(self) -> str:
        """Take in what is on main now."""
        sync_from(self.mirror, self.repository.path, "main")
        return self.repository.git("rev-parse", "refs/heads/main")

    def candidate(self, files: Files) -> str:
        """A commit on top of main that has not landed."""
        self._count += 1
        branch = f"work-{self._count}"
        self.repository.git("branch", branch, "main")
        commit = self.repository.commit(files, branch=branch)
        bring(self.mirror, self.repository.path, commit)
        return commit

    @property
    def ground(self) -> Ground:
        """As a worker of this person would make it now."""
        bwrap = bundled_bwrap()
        assert bwrap
        project = Project(id="p", name="p", root=str(self.repository.path), mirror=str(self.mirror.path), target="main")
        return Ground(self.home, project, self.settings, self.mirror, "overlay", bwrap, self.variables)

    def layer(self, commit: str = "") -> Path:
        """The layer of a commit, built if need be."""
        found = self.ground.layer(commit or self.land())
        assert found is not None
        return found

    def inside(self, command: str) -> Completed:
        """Run a command in a fresh workspace over main and its dependencies, with no network."""
        self._count += 1
        ground = self.ground
        plan = ground.plan(self.land(), self.top / f"space-{self._count}")
        return run(plan, command, bwrap=ground.bwrap, timeout_seconds=60)
