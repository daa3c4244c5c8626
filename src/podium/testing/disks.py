"""Small disks, and disks that are full: real file systems in memory, which only root can mount."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PAGE: Final = 4096
_BALLAST: Final = "ballast"


class NoDiskError(Exception):
    """A file system cannot be mounted here."""


@contextmanager
def small_disk(place: Path, megabytes: int) -> Generator[Path]:
    """A file system of that size at `place`, which is made where it is missing. Raises NoDiskError."""
    if os.geteuid() != 0:
        raise NoDiskError("only root can mount a small file system")
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "podium-test", str(place)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise NoDiskError(f"no file system can be mounted here: {made.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def little_room(disk: Path, pages: int = 0) -> Generator[None]:
    """Only so many pages of 4,096 bytes are free on the disk meanwhile."""
    fill(disk, pages)
    try:
        yield
    finally:
        empty(disk)


def fill(disk: Path, pages: int = 0) -> None:
    """Take all the room on the disk but these pages."""
    ballast = disk / _BALLAST
    with ballast.open("wb", buffering=0) as out:
        for size in (1 << 20, PAGE):
            with contextlib.suppress(OSError):
                while out.write(b"\xa5" * size) == size:
                    pass
    os.truncate(ballast, max(0, ballast.stat().st_size - pages * PAGE))


def empty(disk: Path) -> None:
    """Give back what `fill` took."""
    (disk / _BALLAST).unlink(missing_ok=True)
