"""Room on the disk: which errors mean that there is none, and the one that says so of a piece of work."""

from __future__ import annotations

import errno
from typing import Final

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class NoRoomError(OSError):
    """Work that has to be done later: the disk has no room for it, or what it gave on a full disk says nothing."""

    def __init__(self, place: str) -> None:
        super().__init__(errno.ENOSPC, "the disk is full", place)


def is_no_room(error: OSError) -> bool:
    """Whether the disk, or the user's share of it, is full: what failed will work when it is not."""
    return error.errno in _FULL
