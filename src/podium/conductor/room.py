"""Room on the disk for what runs in a sandbox: without it no work begins, and what it said without it is no fact."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from podium.git.run import GitError, is_full
from podium.kernel.room import NoRoomError, is_no_room

LITTLE_BYTES: Final = 16 * 2**20
"""With less than this free, a candidate, a transcript or a test may not find room any more."""

NOTHING_BYTES: Final = 2**20
"""With less than this free at any moment of a command, whatever became of it may be due to that."""


def free_bytes(place: Path) -> int:
    """What an ordinary user may still write at `place`, or at the nearest directory above it that is there."""
    there = next(each for each in (place, *place.parents) if each.exists())
    return shutil.disk_usage(there).free


def require_room(place: Path) -> None:
    """Raises NoRoomError where hardly anything can be written."""
    if free_bytes(place) < LITTLE_BYTES:
        raise NoRoomError(str(place))


def is_for_want_of_disk(error: BaseException) -> bool:
    """Whether a full disk is behind an error of ours or of git's."""
    return any(_is_full(each) for each in behind(error))


def behind(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and all that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_full(error: BaseException) -> bool:
    match error:
        case GitError(stderr=said):
            return is_full(said)
        case OSError():
            return is_no_room(error)
        case _:
            return False
