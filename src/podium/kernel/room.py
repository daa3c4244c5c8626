"""Room on the disk: which errors mean that there is none."""

from __future__ import annotations

import errno
from typing import Final

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


def is_no_room(error: OSError) -> bool:
    """Whether the disk, or the user's share of it, is full: what failed will work when it is not."""
    return error.errno in _FULL
