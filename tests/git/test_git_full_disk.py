"""A full disk, write by write: wherever a step of git's work fails, it is known as want of room, and works later."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from podium.conductor.patience import is_for_want_of_room
from podium.git.bring import bring
from podium.git.commits import add_note
from podium.git.harvest import harvest_directly, prepare_harvest_dir
from podium.git.merge import merge
from podium.git.mirror import Mirror
from podium.git.model import NULL_ID, Identity
from podium.git.receipts import keep_accepted
from podium.git.run import is_full
from podium.git.template import export_template
from podium.kernel.errors import PodiumError
from podium.testing.disks import NoDiskError, little_room, small_disk
from podium.testing.repositories import build_repository

ROOM = (*range(15), 20, 40, 80, 160)
"""In pages: so that the room ends at the first write of a step, at the next one, and so on."""

ADA = Identity(name="Ada", email="ada@example.org")
NOW = "2026-03-01T10:00:00.000Z"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with contextlib.ExitStack() as stack:
        try:
            place = stack.enter_context(small_disk(tmp_path / "disk", 8))
        except NoDiskError as error:
            pytest.skip(str(error))
        yield place


class Work:
    """A user's repository with a candidate in it, and what the mirror does with both."""

    def __init__(self, top: Path, disk: Path) -> None:
        self.disk = disk
        self.root = build_repository(top / "r", {f"d{n % 5}/f{n}.py": f"x = {n}\n" * 50 for n in range(60)}).path
        self.base = self._git("rev-parse", "HEAD")
        (self.root / "d1" / "new.py").write_text("y = 1\n" * 3000)
        self._git("add", ".")
        self._git("commit", "-qm", "work")
        self.work = self._git("rev-parse", "HEAD")

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def steps(self, mirror: Mirror) -> dict[str, Callable[[], object]]:
        return {
            "bring": lambda: bring(mirror, self.root, self.base),
            "fetch": lambda: mirror.fetch_from(self.root, [f"+{self.work}:refs/podium/candidates/1"]),
            "ref": lambda: mirror.update_ref("refs/x/1", self.base, NULL_ID),
            "note": lambda: add_note(mirror, "refs/notes/podium", self.base, "t" * 5000, by=ADA, date=NOW),
            "merge": lambda: merge(mirror, self.base, self.work, self.base),
            "template": lambda: export_template(mirror, self.base, self.disk / "template"),
            "harvest": lambda: self._harvest(mirror),
            "accepted": lambda: keep_accepted(mirror, "R1", self.base),
        }

    def _harvest(self, mirror: Mirror) -> None:
        place = prepare_harvest_dir(self.disk / "harvest", mirror, objects=str(mirror.objects_directory))
        harvest_directly(place, self.disk / "workspace", base=self.base, message="m", author=ADA, date=NOW)

    def fresh(self) -> None:
        for path in self.disk.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        shutil.copytree(self.root, self.disk / "workspace", ignore=shutil.ignore_patterns(".git"))


def error_of(step: Callable[[], object]) -> Exception | None:
    try:
        step()
    except (OSError, PodiumError) as error:
        return error
    return None


def test_wherever_the_room_ends_git_is_known_to_have_none_and_the_step_works_afterwards(
    tmp_path: Path, disk: Path
) -> None:
    work = Work(tmp_path, disk)
    failed: set[str] = set()
    for pages in ROOM:
        work.fresh()
        with Mirror.create(disk / "mirror.git") as mirror:
            for name, step in work.steps(mirror).items():
                with little_room(disk, pages):
                    error = error_of(step)
                if error is not None:
                    assert is_for_want_of_room(error), (name, pages, repr(error))
                    failed.add(name)
                    step()
    assert failed == set(work.steps(mirror))


@pytest.mark.parametrize(
    ("said", "full"),
    [
        ("fatal: cannot update ref 'refs/x': couldn't write 'refs/x.lock'", True),
        ("fatal: sha1 file 'x' write error. Out of diskspace", True),
        ("fatal: unable to write new index file", True),
        ("harvest: 12: printf: printf: I/O error", True),
        ("error: file write error: No space left on device", True),
        ("fatal: write error: Disk quota exceeded", True),
        ("fatal: unable to write loose object file: Input/output error", False),
        ("error: couldn't write '/x': Permission denied", False),
        ("fatal: cannot update ref 'refs/x': unable to create 'x.lock': Read-only file system", False),
        ("fatal: write error: Broken pipe", False),
        ("fatal: not a git repository", False),
    ],
)
def test_want_of_room_is_told_from_what_will_not_pass(said: str, full: bool) -> None:
    assert is_full(said) is full
