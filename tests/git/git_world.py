"""What the tests of the git room share: a user's repository, its mirror, and trees made of bytes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from podium.git.commits import commit_tree
from podium.git.harvest import harvest_directly, prepare_harvest_dir
from podium.git.mirror import Mirror
from podium.git.model import HarvestReport, Identity
from podium.git.sync import sync_from
from podium.git.template import export_template
from podium.testing.repositories import Files, Repository, build_repository

ADA = Identity(name="Ada Example", email="ada@example.org")
AGENT = Identity(name="Scripted agent", email="agent@podium.invalid")
THEN = "2026-02-03T04:05:06.000Z"


class World:
    """A user's repository and its mirror."""

    def __init__(self, base: Path, user: Repository) -> None:
        self.base = base
        self.user = user
        self.mirror = Mirror.create(base / "state" / "mirror.git")
        self._made = 0

    @classmethod
    def of(cls, base: Path, files: Files) -> World:
        """A world whose user has committed these files, and whose mirror has them."""
        world = cls(base, build_repository(base / "user", files))
        world.sync()
        return world

    def sync(self) -> str:
        return sync_from(self.mirror, self.user.path, "main").tip

    @property
    def tip(self) -> str:
        tip = self.mirror.resolve("refs/heads/main")
        assert tip is not None
        return tip

    def workspace(self) -> Path:
        """A writable copy of the tip's files, as the tiers without an overlay have it."""
        template = export_template(
            self.mirror, self.tip, self.base / "templates" / self.tip, objects=str(self.mirror.objects_directory)
        )
        self._made += 1
        copy = self.base / f"workspace-{self._made}"
        shutil.copytree(template, copy, symlinks=True)
        return copy

    def harvest(self, workspace: Path, *, exclude: tuple[str, ...] = (), timeout: float = 100.0) -> HarvestReport:
        objects = str(self.mirror.objects_directory)
        git_dir = prepare_harvest_dir(workspace.with_suffix(".git"), self.mirror, objects=objects, exclude=exclude)
        return harvest_directly(
            git_dir, workspace, base=self.tip, message="T1\n", author=AGENT, date=THEN, timeout=timeout
        )

    def tree(self, files: Mapping[bytes, tuple[str, bytes]]) -> str:
        """The tree of paths with (mode, content); for mode 160000 the content is the commit's id."""
        env = {"GIT_INDEX_FILE": str(self.base / "scratch-index")}
        self.mirror.git(["read-tree", "--empty"], env_extra=env)
        rows = b""
        for path, (mode, content) in files.items():
            made = content.decode() if mode == "160000" else self.blob(content)
            rows += f"{mode} {made}\t".encode() + path + b"\0"
        self.mirror.git(["update-index", "--add", "-z", "--index-info"], stdin=rows, env_extra=env)
        return self.mirror.git(["write-tree"], env_extra=env).text()

    def blob(self, content: bytes) -> str:
        return self.mirror.git(["hash-object", "-w", "--stdin"], stdin=content).text()

    def commit(self, files: Mapping[bytes, tuple[str, bytes]], *parents: str, message: str = "made\n") -> str:
        """A commit in the mirror, on no branch."""
        return commit_tree(self.mirror, self.tree(files), parents, message, author=ADA, date=THEN)


def text_files(**files: str) -> dict[bytes, tuple[str, bytes]]:
    """Ordinary files, named without their `.txt`."""
    return {f"{name}.txt".encode(): ("100644", text.encode()) for name, text in files.items()}
