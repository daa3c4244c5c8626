"""The lock that says whether a round's supervisor lives.

A POSIX record lock: the kernel drops it when its process ends, however it ends; a child does not inherit it, so a
sandbox cannot keep it alive; and `holder` asks about it without ever taking it, so that looking never disturbs.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import sys
from pathlib import Path

_LINUX = sys.platform.startswith("linux")
# struct flock: type, whence, start, len, pid (Linux); start, len, pid, type, whence (the BSDs and macOS)
_FLOCK = "hhqqi4x" if _LINUX else "qqihh"


def take(path: Path) -> int | None:
    """Take the lock and return its descriptor (keep it open for life), or None when another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return None
        raise
    return descriptor


def holder(path: Path) -> int | None:
    """The pid of the process that has the lock, or None when nobody has it. Asks, and takes nothing."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        answer = fcntl.fcntl(descriptor, fcntl.F_GETLK, _pack(fcntl.F_WRLCK))
    finally:
        os.close(descriptor)
    kind, pid = _unpack(answer)
    return None if kind == fcntl.F_UNLCK else pid


def _pack(kind: int) -> bytes:
    if _LINUX:
        return struct.pack(_FLOCK, kind, os.SEEK_SET, 0, 0, 0)
    return struct.pack(_FLOCK, 0, 0, 0, kind, os.SEEK_SET)


def _unpack(answer: bytes) -> tuple[int, int]:
    fields = struct.unpack(_FLOCK, answer)
    return (fields[0], fields[4]) if _LINUX else (fields[3], fields[2])
