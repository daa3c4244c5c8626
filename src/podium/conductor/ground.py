"""What every sandbox of a project stands on: a tier, the files of a commit, its dependencies, the toolchain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from podium.conductor.home import Home
from podium.git.commits import list_tree
from podium.git.history import visible_objects
from podium.git.mirror import Mirror
from podium.git.template import export_template
from podium.kernel.ids import digest
from podium.kernel.value import canonical
from podium.project.globs import matcher
from podium.project.model import Project, Settings
from podium.runs.model import Tier
from podium.workspaces.layers import build_layer
from podium.workspaces.plan import OBJECTS, Mount, SandboxPlan


@dataclass(frozen=True)
class Ground:
    """The ground of one project on this machine. Templates and layers are made when first stood upon."""

    home: Home
    project: Project
    settings: Settings
    mirror: Mirror
    tier: Tier
    bwrap: str

    def template(self, commit: str) -> Path:
        """The immutable files of a commit."""
        if self.tier in ("overlay", "clone"):
            return export_template(self.mirror, commit, self.home.templates(self.project.id) / commit)
        objects = str(visible_objects(self.mirror, commit))  # no mount namespace: seen where it is
        return export_template(
            self.mirror, commit, self.home.templates(self.project.id) / f"{commit}-in-place", objects=objects
        )

    def plan(
        self, commit: str, place: Path, *, env: dict[str, str] | None = None, mounts: tuple[Mount, ...] = ()
    ) -> SandboxPlan:
        """A sandbox over the files of `commit` and its dependencies, whose changes go below `place`."""
        layer = self.layer(commit)
        lowers = (*((str(layer),) if layer else ()), str(self.template(commit)))
        own = (
            Mount(source=str(visible_objects(self.mirror, commit)), target=OBJECTS),
            *(Mount(source=path, target=path) for path in self.settings.environment.mounts),
        )
        return self._plan(lowers, place, {**self.settings.environment.env, **(env or {})}, (*own, *mounts))

    def bare_plan(
        self, commit: str, place: Path, *, env: dict[str, str] | None = None, mounts: tuple[Mount, ...] = ()
    ) -> SandboxPlan:
        """A sandbox over the files of `commit` alone: no dependencies, nothing of the project's environment."""
        return self._plan((str(self.template(commit)),), place, env or {}, mounts)

    def layer(self, commit: str) -> Path | None:
        """The dependency layer for a commit, built in a sandbox if it is not there yet; None without a set-up command.

        Raises PodiumError with the end of the set-up's output when that fails.
        """
        environment = self.settings.environment
        if not environment.setup:
            return None
        mounts = tuple(Mount(source=path, target=path) for path in environment.mounts)
        return build_layer(
            self.home.layers(self.project.id),
            self.layer_key(commit),
            lambda place: self.bare_plan(commit, place, env=environment.env, mounts=mounts),
            environment.setup,
            bwrap=self.bwrap,
        )

    def layer_key(self, commit: str) -> str:
        """The digest of the set-up command, its environment, and the lockfiles at `commit`; empty without a set-up."""
        environment = self.settings.environment
        if not environment.setup:
            return ""
        locked = matcher(environment.lockfiles)
        files = [(entry.path, entry.blob) for entry in list_tree(self.mirror, commit) if locked(entry.path)]
        body = [environment.setup, sorted(environment.env.items()), list(environment.mounts), files]
        return digest(canonical(body))[7:39]

    def environment_key(self, commit: str) -> str:
        """What two executions must share to be comparable: tier, dependency layer, toolchain."""
        mounts = digest(canonical(list(self.settings.environment.mounts)))[7:15]
        return f"{self.tier}, layer {self.layer_key(commit)[:12] or 'none'}, toolchain {mounts}"

    def _plan(
        self, lowers: tuple[str, ...], place: Path, env: dict[str, str], mounts: tuple[Mount, ...]
    ) -> SandboxPlan:
        for name in ("upper", "work", "home"):
            (place / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        return SandboxPlan(
            tier=self.tier,
            lowers=lowers,
            upper=str(place / "upper"),
            work=str(place / "work"),
            home=str(place / "home"),
            mounts=mounts,
            env=env,
            limits=self.settings.limits,
        )
