"""What every sandbox of a project stands on: a tier, the files of a commit, its dependencies, the toolchain.

Design of the layers' keys. A set-up runs code of the commit that it is built on (build backends, scripts), and the
lockfiles do not tell all of that. So a layer that others will stand on is only ever built on a commit that landed. A
candidate whose lockfiles are those of the commit it came from stands on that one's layer; one that changed them has a
layer of its own, by its whole tree, that nothing else ever stands on.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from podium.conductor.equipment import equipped
from podium.conductor.home import Home
from podium.git.commits import list_tree
from podium.git.history import is_landed, visible_objects
from podium.git.mirror import Mirror
from podium.git.template import export_template
from podium.kernel.ids import digest
from podium.kernel.value import Value, canonical
from podium.project.globs import matcher
from podium.project.model import Project, Settings
from podium.runs.model import Tier
from podium.workspaces.boundary import SetupFacts
from podium.workspaces.env_files import env_layer
from podium.workspaces.layers import build_layer, refused_at
from podium.workspaces.plan import OBJECTS, Mount, SandboxPlan
from podium.workspaces.recipes import AUTO, HATCH, Recipe, recipe
from podium.workspaces.sockets import can_listen

if TYPE_CHECKING:
    from podium.workspaces.egress.sources import Sources


class Standing(Value, frozen=True, kw_only=True):
    """The dependency layer of a commit: its key, the commit that it is built on, and how."""

    key: str
    commit: str
    recipe: Recipe


@dataclass(frozen=True)
class Ground:
    """The ground of one project on this machine. Templates and layers are made when first stood upon."""

    home: Home
    project: Project
    settings: Settings
    mirror: Mirror
    tier: Tier
    bwrap: str
    environ: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)  # the user's: indexes, programs
    trusted: str = ""  # the commit that shared layers are built on; empty = what is of the target's history
    _standing: dict[str, Standing] = field(default_factory=dict[str, "Standing"], repr=False, compare=False)

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
        standing = self._stand(commit)
        if standing is None:
            return None
        return build_layer(
            self.home.layers(self.project.id),
            standing.key,
            lambda place: self._setup_plan(standing, place),
            standing.recipe.command,
            bwrap=self.bwrap,
            sources=self._sources,
        )

    def setup_facts(self, commit: str) -> SetupFacts:
        """What the set-up of this commit's dependencies may reach, and what it was refused when it ran."""
        standing = self._stand(commit)
        if standing is None or self._sources is None:
            return SetupFacts()
        refused = refused_at(self.home.layers(self.project.id) / standing.key)
        return SetupFacts(network=self._sources.reach, refused=refused)

    def sets_up_itself(self, commit: str) -> bool:
        """Whether a set-up that has a network runs on this very commit, and not on one that landed."""
        standing = self._stand(commit)
        return standing is not None and standing.commit == commit and self._sources is not None

    def lockfiles(self, commit: str) -> tuple[str, ...]:
        """The globs of what its dependencies are set up from."""
        standing = self._stand(commit)
        return standing.recipe.lockfiles if standing is not None else ()

    def env_layer(self) -> Path | None:
        """The env files of the user's checkout with their secrets replaced; None where there are none."""
        environment = self.settings.environment
        if not environment.env_files:
            return None
        store = self.home.layers(self.project.id)
        return env_layer(Path(self.project.root), store, environment.env_files, environment.env_keep)

    def layer_key(self, commit: str) -> str:
        """The digest of the set-up, its environment and the lockfiles for `commit`; empty without a set-up."""
        standing = self._stand(commit)
        return standing.key if standing else ""

    def _stand(self, commit: str) -> Standing | None:
        """What the dependencies of `commit` are, and on which commit they are set up; None without a set-up."""
        if commit not in self._standing:
            found = self._stand_anew(commit)
            if found is None:
                return None
            self._standing[commit] = found
        return self._standing[commit]

    def _stand_anew(self, commit: str) -> Standing | None:
        how = self._recipe(commit)
        if how is None:
            return None
        own = Standing(key=self._key(commit, how), commit=commit, recipe=how)
        base = self._landed_below(commit)
        if base == commit:
            return own
        theirs = self._recipe(base) if base else None
        if theirs == how and self._key(base, how) == own.key:
            return msgspec.structs.replace(own, commit=base)
        return msgspec.structs.replace(own, key=digest(canonical([own.key, self.mirror.tree_of(commit)]))[7:39])

    def _landed_below(self, commit: str) -> str:
        """The newest commit below this one whose code people answer for; empty where there is none."""
        if self.trusted:
            return self.trusted
        if is_landed(self.mirror, commit, self.project.target):
            return commit
        target = f"refs/heads/{self.project.target}"
        found = self.mirror.git(["merge-base", commit, target], check=False)
        return found.text() if found.code == 0 else ""

    def _key(self, commit: str, how: Recipe) -> str:
        environment, sources = self.settings.environment, self._sources
        locked = matcher(how.lockfiles)
        files = [(entry.path, entry.blob) for entry in list_tree(self.mirror, commit) if locked(entry.path)]
        body: list[object] = [how.command, sorted(environment.env.items()), list(environment.mounts), files]
        if sources is not None:
            body.append([sorted(sources.env.items()), sources.npmrc, list(sources.reach)])
        return digest(canonical(body))[7:39]

    def _setup_plan(self, standing: Standing, place: Path) -> SandboxPlan:
        """The sandbox of a set-up: with the network's settings and the user's own programs where it has a network."""
        environment, sources = self.settings.environment, self._sources
        mounts = tuple(Mount(source=path, target=path) for path in environment.mounts)
        plan = self.bare_plan(standing.commit, place, env=environment.env, mounts=mounts)
        if sources is None:
            return plan
        return equipped(plan, sources, standing.recipe.programs, self.environ.get("PATH", ""))

    @functools.cached_property
    def _sources(self) -> Sources | None:
        """Where set-ups may fetch packages; None where they may not, or no sandbox has a network of its own."""
        if not self.settings.environment.setup_network or not can_listen(self.tier):
            return None
        from podium.workspaces.egress.sources import sources  # here: most grounds need none

        return sources(self.environ, self.settings.network)

    def _recipe(self, commit: str) -> Recipe | None:
        environment = self.settings.environment
        if environment.setup not in ("", AUTO):
            return recipe(environment.setup, environment.lockfiles, ())
        if not environment.setup and not self.mirror.has_path(commit, HATCH):
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
