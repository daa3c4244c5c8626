"""Which processes belong to a sandbox, and what they use, read from /proc."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def descendants(pid: int) -> list[int]:
    """All living processes below `pid`, without itself.

    In a process namespace of its own, orphans go to its first process, so that nothing gets out of this set.
    """
    found: list[int] = []
    todo = [pid]
    while todo:
        for child in _children(todo.pop()):
            found.append(child)
            todo.append(child)
    return found


def rss(pids: list[int]) -> int:
    """Resident memory in bytes, pages that processes share counted for each: never too little."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, IndexError, ValueError):
            total += int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
    return total


def pss(pids: list[int]) -> int:
    """Resident memory in bytes, shared pages counted once; slow, so ask it only when `rss` is too much."""
    total = 0
    for pid in pids:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines():
                if line.startswith(b"Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:
            total += rss([pid])
    return total


def deleted_but_open(pids: list[int], below: tuple[str, ...]) -> int:
    """Bytes on disk of files that have no name any more but are held open; `below` are prefixes of their old paths."""
    seen: dict[tuple[int, int], int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for entry in os.scandir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    name = str(Path(entry.path).readlink())
                    if name.endswith(" (deleted)") and name.startswith(below):
                        state = Path(entry.path).stat()
                        seen[state.st_dev, state.st_ino] = state.st_blocks * 512
    return sum(seen.values())


def parent_of(pid: int) -> int:
    """The parent's id, 0 when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return 0
    return int(text.rpartition(b")")[2].split()[1])


def kill_child(pid: int, *, parent: int) -> None:
    """Kill process `pid` if it is still a child of `parent`, and `parent` otherwise.

    The number may have been given to another process since it was read: the handle is taken first, then checked.
    """
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        os.kill(parent, signal.SIGKILL)
        return
    try:
        with contextlib.suppress(ProcessLookupError):
            if parent_of(pid) == parent:
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            else:
                os.kill(parent, signal.SIGKILL)
    finally:
        os.close(handle)


def kill_below(pid: int, *, passes: int = 50) -> None:
    """Kill all descendants of `pid`, which adopts orphans: again until a pass finds none alive."""
    for _ in range(passes):
        alive = [child for child in descendants(pid) if not _is_zombie(child)]
        if not alive:
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for child in alive:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(child, number)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return True


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return found
    for thread in threads:
        try:
            found += [int(word) for word in Path(thread, "children").read_bytes().split()]
        except FileNotFoundError:
            if not Path("/proc/self/task", str(os.getpid()), "children").exists():
                return _children_by_parent(pid)
        except OSError:
            continue
    return found


def _children_by_parent(pid: int) -> list[int]:
    """For kernels without the list of children: look at every process."""
    numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [number for number in numbers if parent_of(number) == pid]
