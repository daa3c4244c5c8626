"""What every sandbox of a project stands on: a tier, the files of a commit, its dependencies, the toolchain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

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
from podium.workspaces.env_files import env_layer
from podium.workspaces.layers import build_layer
from podium.workspaces.plan import OBJECTS, Mount, SandboxPlan
from podium.workspaces.recipes import AUTO, HATCH, Recipe, recipe


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
        layers = [layer for layer in (self.layer(commit), self.env_layer()) if layer is not None]
        lowers = (*(str(layer) for layer in layers), str(self.template(commit)))
        own = (
            Mount(source=str(visible_objects(self.mirror, commit)), target=OBJECTS),
            *(Mount(source=path, target=path) for path in self.settings.environment.mounts),
        )
        plan = self._plan(lowers, place, {**self.settings.environment.env, **(env or {})}, (*own, *mounts))
        return msgspec.structs.replace(plan, services=self.settings.environment.services)

    def bare_plan(
        self, commit: str, place: Path, *, env: dict[str, str] | None = None, mounts: tuple[Mount, ...] = ()
    ) -> SandboxPlan:
        """A sandbox over the files of `commit` alone: no dependencies, nothing of the project's environment."""
        return self._plan((str(self.template(commit)),), place, env or {}, mounts)

    def layer(self, commit: str) -> Path | None:
        """The dependency layer for a commit, built in a sandbox if it is not there yet; None without a set-up.

        Raises PodiumError with the end of the set-up's output when that fails.
        """
        environment, how = self.settings.environment, self._recipe(commit)
        if how is None:
            return None
        mounts = tuple(Mount(source=path, target=path) for path in environment.mounts)
        return build_layer(
            self.home.layers(self.project.id),
            self.layer_key(commit),
            lambda place: self.bare_plan(commit, place, env=environment.env, mounts=mounts),
            how.command,
            bwrap=self.bwrap,
        )

    def env_layer(self) -> Path | None:
        """The env files of the user's checkout with their secrets replaced; None where there are none."""
        environment = self.settings.environment
        if not environment.env_files:
            return None
        store = self.home.layers(self.project.id)
        return env_layer(Path(self.project.root), store, environment.env_files, environment.env_keep)

    def layer_key(self, commit: str) -> str:
        """The digest of the set-up, its environment, and the lockfiles at `commit`; empty without a set-up."""
        environment, how = self.settings.environment, self._recipe(commit)
        if how is None:
            return ""
        locked = matcher(how.lockfiles)
        files = [(entry.path, entry.blob) for entry in list_tree(self.mirror, commit) if locked(entry.path)]
        body = [how.command, sorted(environment.env.items()), list(environment.mounts), files]
        return digest(canonical(body))[7:39]

    def _recipe(self, commit: str) -> Recipe | None:
        environment = self.settings.environment
        if environment.setup not in ("", AUTO):
            return recipe(environment.setup, environment.lockfiles, ())
        if not environment.setup and self.mirror.resolve(f"{commit}:{HATCH}") is None:
            return None
        files = {entry.path for entry in list_tree(self.mirror, commit)}
        return recipe(environment.setup, environment.lockfiles, files)

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
