"""Where a project is served: remembered for the next start, and for whoever asks while it is served."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from podium.conductor.home import Home


class _Served(msgspec.Struct):
    port: int


@contextmanager
def serving(home: Home, project: str, port: int) -> Generator[None]:
    """Say for the block that the project is served on this port. The lock is free again however its holder ends."""
    home.web.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(_lock(home, project), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)  # two servers of one project are odd, and harmless
        fresh = home.web / f"{project}-{os.getpid()}.json"
        fresh.write_bytes(msgspec.json.encode(_Served(port)))
        fresh.replace(_file(home, project))
        yield
    finally:
        os.close(descriptor)


def served_port(home: Home, project: str) -> int | None:
    """The port on which the project is served now; None when it is not."""
    try:
        descriptor = os.open(_lock(home, project), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return last_port(home, project)
    finally:
        os.close(descriptor)
    return None


def last_port(home: Home, project: str) -> int | None:
    """The port on which the project was served last; None when it never was."""
    try:
        port = msgspec.json.decode(_file(home, project).read_bytes(), type=_Served).port
    except (OSError, msgspec.MsgspecError):
        return None
    return port if 1024 <= port < 65536 else None


def _file(home: Home, project: str) -> Path:
    return home.web / f"{project}.json"


def _lock(home: Home, project: str) -> Path:
    return home.web / f"{project}.lock"
