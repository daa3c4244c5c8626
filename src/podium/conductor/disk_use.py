"""How much of the disk a project's state takes, found within a fraction of a second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from podium.conductor.room import LITTLE_BYTES, free_bytes

BUDGET_SECONDS = 0.15


@dataclass(frozen=True)
class DiskUse:
    """Bytes below a place (None when there was no time to see everything), and bytes that are free there."""

    used: int | None
    free: int


def disk_use(place: Path, budget: float = BUDGET_SECONDS) -> DiskUse:
    """What lies below `place`, links not followed, and what is free there."""
    from podium.workspaces.space import DiskWalk

    walk = DiskWalk((str(place),))
    try:
        found = walk.step(budget)
    finally:
        walk.close()
    return DiskUse(found.bytes if found else None, free_bytes(place))


def little_room(place: Path) -> tuple[str, str]:
    """That all work on this disk waits, or soon will, and what to do; empty when there is room."""
    free = free_bytes(place)
    if free >= LITTLE_BYTES:
        return "", ""
    what = f"the disk of {place} is full ({in_words(free)} free): agents and landings wait until there is room"
    return what, "free some, and all goes on by itself; podium gc   shows what can go"


def in_words(count: int) -> str:
    """`820 kB`, `12 MB`, `1.4 GB`."""
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            return f"{count / size:.1f} {unit}" if count < 10 * size else f"{count / size:.0f} {unit}"
    return f"{count / 1000:.0f} kB"
