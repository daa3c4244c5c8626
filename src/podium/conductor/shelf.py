"""Items of evidence that later gatherings may take over, one small file each, and what they were gathered among.

Why an answer may be taken over is in `podium.checks.earlier`. Here is what can be told of the machine: nobody can list
all that a command meets in a sandbox, so what commands showed is only good for a day.
"""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from podium.conductor.ground import Ground
from podium.conductor.shop import Shop
from podium.evidence.model import Item
from podium.evidence.redaction import SHAPES, Redactor, clean_item
from podium.kernel.clock import Clock, moment, stamp
from podium.kernel.ids import digest, system_entropy
from podium.kernel.value import canonical
from podium.runs.model import Run
from podium.workspaces.space import remove

DAYS = 14
"""How long an item is kept that nobody takes over."""

FRESH = timedelta(days=1)
"""How long what commands showed may be taken over."""

_TOOLCHAIN = (
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local/bin",
    "/usr/local/lib",
    "/var/lib/dpkg/status",
    "/var/lib/rpm",
)
_PACKAGES = ("bin", "lib", "lib/*/site-packages", "lib/*/dist-packages", "lib/node_modules")


def shelf_for(shop: Shop, ground: Ground, run: Run | None, redactor: Redactor = SHAPES) -> FileShelf:
    """The shelf of one project, as it may be used by one task, on this machine."""
    env_files = ground.env_layer()
    around = [
        shop.worker,
        platform.node(),
        platform.release(),
        ground.bwrap,
        env_files.name if env_files else "",
        *(_seen(Path(path)) for path in _TOOLCHAIN),
        *(_seen(place) for path in ground.settings.environment.mounts for place in _places(Path(path))),
    ]
    shelf = FileShelf(
        directory=shop.home.project(ground.project.id) / "evidence-items",
        clock=shop.clock,
        surroundings=digest(canonical([run.spec if run else "", run.task if run else "", around])),
        redactor=redactor,
    )
    shelf.tidy()
    return shelf


def _places(mounted: Path) -> list[Path]:
    """A mounted directory, and those in it that change when something is installed there."""
    return [mounted, *(place for pattern in _PACKAGES for place in sorted(mounted.glob(pattern)))]


def _seen(place: Path) -> str:
    try:
        real = place.resolve()
        known = real.stat()
    except (OSError, RuntimeError):
        return f"{place}: none"
    return f"{place} {real} {known.st_dev} {known.st_ino} {known.st_mtime_ns}"


@dataclass(frozen=True)
class FileShelf:
    """Items in a directory. Implements `podium.checks.earlier.Shelf`."""

    directory: Path
    clock: Clock
    surroundings: str
    redactor: Redactor = SHAPES

    def get(self, key: str) -> Item | None:
        """What was put under `key`; a damaged file counts as none."""
        try:
            return msgspec.json.decode(self._file(key).read_bytes(), type=Item)
        except (OSError, msgspec.MsgspecError):
            return None

    def put(self, key: str, item: Item) -> None:
        """Keep an item, with the present moment in its `earlier`."""
        assert item.earlier is not None, "a kept item says where it comes from"
        dated = msgspec.structs.replace(item.earlier, at=stamp(self.clock.now()))
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.directory / f".{system_entropy(8).hex()}"
        kept = clean_item(msgspec.structs.replace(item, earlier=dated), self.redactor)
        fresh.write_bytes(canonical(kept))
        fresh.replace(self._file(key))

    def is_fresh(self, item: Item) -> bool:
        """Whether it was put here within the last day, by the clock: a date would end all items at midnight."""
        try:
            age = self.clock.now() - moment(item.earlier.at) if item.earlier else None
        except (ValueError, TypeError):
            return False  # a damaged file
        return age is not None and timedelta() <= age <= FRESH

    def tidy(self) -> None:
        """Forget what is old."""
        try:
            with os.scandir(self.directory) as entries:
                old = [each.path for each in entries if time.time() - each.stat().st_mtime > DAYS * 86_400]
        except FileNotFoundError:
            return
        for path in old:
            remove(Path(path), within=self.directory)

    def _file(self, key: str) -> Path:
        return self.directory / f"{key.rpartition(':')[2]}.json"
