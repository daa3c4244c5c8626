"""Finding the conductor at work, and starting one in the background where none is."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from podium.conductor.home import Home
from podium.kernel.errors import PodiumError


@contextmanager
def at_work(home: Home) -> Generator[bool]:
    """Hold the conductor's lock of a state directory for the block; False when another process holds it.

    The lock is the kernel's: it is free again the moment its holder dies, however it dies.
    """
    home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(home.conductor_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield True
    finally:
        os.close(descriptor)


def conductor_pid(home: Home) -> int | None:
    """The process id of the conductor at work here, or None."""
    try:
        descriptor = os.open(home.conductor_lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 32, 0).decode("ascii", "replace")
        return int(text) if text.isdigit() else 0
    finally:
        os.close(descriptor)
    return None


def start_conductor(home: Home, command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Start `command` (this program's own conductor) detached, unless one is at work; True when it was started.

    Two callers at once may both start one: the second finds the lock taken and ends by itself.
    """
    if conductor_pid(home) is not None:
        return False
    home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = _open_log(home.conductor_log)
    try:
        subprocess.Popen(
            list(command),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
            close_fds=True,
        )
    except OSError as error:
        raise PodiumError(f"the conductor could not be started: {error}", where=command[0]) from error
    finally:
        os.close(log)
    return True


def _open_log(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
