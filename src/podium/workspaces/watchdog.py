"""Watch what a running sandbox uses, for the limits that nothing in the kernel enforces here.

Memory is the resident memory of its processes plus what lies in its /tmp and /dev/shm. The sum of resident sizes counts
shared pages again for every process, so the slower, exact figure is taken before anything is called a breach.

Disk is measured by walking the upper directory and HOME a few milliseconds at a time. The walk is hurried when the
file system itself lost so much free space that the sandbox could be the cause. Files that were deleted but are still
open count too, and a directory that the agent closed to us counts as all that the file system lost meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from podium.kernel.value import Value
from podium.workspaces import processes
from podium.workspaces.plan import SandboxPlan, seen_home, seen_workspace
from podium.workspaces.space import DiskWalk, Use

_MB: Final = 1024 * 1024
_WALK_EVERY: Final = 2.0
_STEP: Final = 0.01
_HURRIED_STEP: Final = 0.2


class Breach(Value, frozen=True, kw_only=True):
    """A sandbox used more than its plan allows."""

    name: Literal["memory", "processes", "disk", "wall clock"]
    used: float  # MB, processes or minutes
    limit: float
    text: str  # in words, for a person


class Watchdog:
    """Samples one sandbox from now on. Cheap enough to be asked four times a second."""

    def __init__(self, plan: SandboxPlan, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._plan = plan
        self._now = monotonic
        self._started = monotonic()
        paths = (plan.upper, plan.home) if plan.tier in ("overlay", "clone") else (plan.upper, plan.home, plan.work)
        self._roots = tuple(path for path in paths if path)
        self._walk: DiskWalk | None = None
        self._next_walk = self._started
        self._walked = 0  # bytes at the end of the last walk
        self._free = self._free_bytes()
        self._least = self._writable_bytes()
        self._free_then = self._free

    def forgive(self, seconds: float) -> None:
        """Do not count that much of the time that has gone by: the sandbox stood still, for no fault of its own."""
        self._started += seconds

    def sample(self, pid: int | None) -> Breach | None:
        """The first limit that is broken now. `pid` is the sandbox's first process (`Launch.child_pid`)."""
        self._least = self.least_free()
        limits = self._plan.limits
        minutes = (self._now() - self._started) / 60
        if limits.wall_minutes and minutes > limits.wall_minutes:
            return _breach("wall clock", minutes, limits.wall_minutes, "minutes")
        if pid is None:
            return None
        pids = processes.descendants(pid)
        if limits.processes and len(pids) > limits.processes:
            return _breach("processes", len(pids), limits.processes, "processes")
        return self._memory(pid, pids) or self._disk(pids)

    def least_free(self) -> int:
        """Bytes that were free where the sandbox writes: the least of what was seen until now."""
        return min(self._least, self._writable_bytes())

    def close(self) -> None:
        """Release what is open."""
        if self._walk is not None:
            self._walk.close()
            self._walk = None

    def _memory(self, pid: int, pids: list[int]) -> Breach | None:
        limit = self._plan.limits.memory_mb
        if not limit or processes.rss(pids) + self._in_memory_files(pid) <= limit * _MB:
            return None
        used = (processes.pss(pids) + self._in_memory_files(pid)) / _MB
        return _breach("memory", used, limit, "MB of memory") if used > limit else None

    def _in_memory_files(self, pid: int) -> int:
        if self._plan.tier not in ("overlay", "clone"):
            return 0
        total = 0
        root = Path(f"/proc/{pid}/root")
        with contextlib.suppress(OSError):
            if root.stat().st_dev == Path("/").stat().st_dev:
                return 0  # it is still being set up and sees the host's directories
        for name in ("tmp", "dev/shm"):
            with contextlib.suppress(OSError):
                state = os.statvfs(root / name)
                total += (state.f_blocks - state.f_bfree) * state.f_frsize
        return total

    def _disk(self, pids: list[int]) -> Breach | None:
        limit = self._plan.limits.disk_mb
        if not limit or not self._roots:
            return None
        lost = max(0, self._free_then - self._free_bytes())
        hurried = self._walked + lost > limit * _MB
        now = self._now()
        if self._walk is None and (hurried or now >= self._next_walk):
            self._walk = DiskWalk(self._roots)
        use = self._walk.step(_HURRIED_STEP if hurried else _STEP) if self._walk is not None else None
        if use is None:
            return None
        self._walk = None
        used = self._used(use, pids if hurried else [])
        self._next_walk = self._now() + _WALK_EVERY
        self._walked = used
        self._free_then = self._free_bytes()
        return _breach("disk", used / _MB, limit, "MB on disk") if used > limit * _MB else None

    def _used(self, use: Use, pids: list[int]) -> int:
        below = (seen_workspace(self._plan) + "/", seen_home(self._plan) + "/")
        used = use.bytes + (processes.deleted_but_open(pids, below) if pids else 0)
        if use.unreadable:
            used = max(used, self._free - self._free_bytes())
        return used

    def _writable_bytes(self) -> int:
        """What this user may write; where nobody can tell, there is room."""
        try:
            state = os.statvfs(self._plan.upper)
        except OSError:
            return sys.maxsize
        return (state.f_bfree if os.geteuid() == 0 else state.f_bavail) * state.f_frsize

    def _free_bytes(self) -> int:
        try:
            state = os.statvfs(self._plan.upper)
        except OSError:
            return 0
        return state.f_bfree * state.f_frsize


def _breach(name: Literal["memory", "processes", "disk", "wall clock"], used: float, limit: float, unit: str) -> Breach:
    return Breach(
        name=name, used=round(used, 1), limit=limit, text=f"it used {used:,.0f} {unit}, of {limit:,g} that it may use"
    )
