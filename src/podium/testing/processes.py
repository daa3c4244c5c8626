"""Finding processes by a marker, so that a test can say: nothing is left.

A marker is any text that the test put into a process's environment or command line and that occurs nowhere else, for
example its temporary directory. A sandbox clears the environment, and then only the command line carries it.
"""

from __future__ import annotations

import psutil

from podium.kernel.value import Value
from podium.testing.waiting import eventually


class Found(Value, frozen=True, kw_only=True):
    """A living process that carries the marker."""

    pid: int
    parent: int
    command: str


def marked(marker: str, *, but: tuple[int, ...] = ()) -> tuple[Found, ...]:
    """The living processes whose environment or command line holds `marker`; zombies and the caller are left out."""
    found: list[Found] = []
    leave_out = {psutil.Process().pid, *but}
    for process in psutil.process_iter():
        if process.pid in leave_out:
            continue
        command, environment = _texts(process)
        if marker in command or marker in environment:
            try:
                if process.status() != psutil.STATUS_ZOMBIE:
                    found.append(Found(pid=process.pid, parent=process.ppid(), command=command))
            except psutil.Error:
                continue
    return tuple(sorted(found, key=lambda each: each.pid))


def _texts(process: psutil.Process) -> tuple[str, str]:
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return "", ""
    try:
        environment = "\n".join(f"{name}={value}" for name, value in process.environ().items())
    except (psutil.Error, OSError):
        environment = ""
    return command, environment


def descendants(pid: int) -> tuple[Found, ...]:
    """All living processes below `pid`, itself left out; none when it does not exist."""
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return ()
    return tuple(
        Found(pid=each.pid, parent=each.ppid(), command=_texts(each)[0])
        for each in below
        if each.is_running() and each.status() != psutil.STATUS_ZOMBIE
    )


def alive(pid: int) -> bool:
    """Whether the process lives; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_none(marker: str, seconds: float = 10.0, *, but: tuple[int, ...] = ()) -> None:
    """Returns once no process carries the marker. Raises AssertionError with those that are left after `seconds`."""

    def none_left() -> bool:
        left = marked(marker, but=but)
        assert not left, "\n".join(f"{each.pid} (parent {each.parent}): {each.command}" for each in left)
        return True

    eventually(none_left, seconds, what="no process with the marker is left", every=0.05)
