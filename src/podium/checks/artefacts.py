"""Reading a file that a sandbox left behind, as what it is: something an agent's code made.

Executors use this for the artefacts of a request. No symbolic link is followed at any place of the path, only a
regular file is read, never more than the limit, and opening never waits (a FIFO would).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def read_artefact(root: Path, relative: str, limit: int) -> bytes | None:
    """The content of the regular file `relative` below `root`, or None.

    None where there is none, it is no regular file or has other names (a hard link could be another file), a link is in
    the way, it is larger than `limit` bytes, or it cannot be read. Raises ValueError for a `relative` that is empty,
    absolute or has `..` in it: that is the caller's mistake.
    """
    parts = relative.split("/")
    if not relative or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"not a plain relative path: {relative!r}")
    opened: list[int] = []
    try:
        opened.append(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        for part in parts[:-1]:
            opened.append(os.open(part, _FOLDER, dir_fd=opened[-1]))
        opened.append(os.open(parts[-1], _FILE, dir_fd=opened[-1]))
        return _regular(opened[-1], limit)
    except OSError:
        return None
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _regular(descriptor: int, limit: int) -> bytes | None:
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1 or facts.st_size > limit:
        return None
    with os.fdopen(os.dup(descriptor), "rb") as file:
        data = file.read(limit + 1)
    return data if len(data) <= limit else None
