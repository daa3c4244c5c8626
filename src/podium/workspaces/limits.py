"""Which limits of a plan are enforced, and by what: told as it is, never as it is wished."""

from __future__ import annotations

from podium.project.model import Limits
from podium.runs.model import EnforcedLimit, Tier
from podium.workspaces.bubble import THREADS_PER_PROCESS


def enforced(limits: Limits, tier: Tier, *, root: bool, tmp_mb: int) -> tuple[EnforcedLimit, ...]:
    """The limits as they hold in a sandbox of this tier. `root`: whether the host's user is root.

    The watchdog samples, so its limits can be passed by what a program gets within a quarter of a second.
    """
    bubble = tier in ("overlay", "clone")
    watched = [
        ("memory", limits.memory_mb, f"{limits.memory_mb} MB"),
        ("processes", limits.processes, str(limits.processes)),
        ("disk", limits.disk_mb, f"{limits.disk_mb} MB"),
        ("wall clock", limits.wall_minutes, f"{limits.wall_minutes:g} min"),
    ]
    found = [_limit(name, text if asked else "", "watchdog") for name, asked, text in watched]
    # The kernel never counts the processes of the host's root, in whatever user namespace they live.
    counted = bubble and not root and limits.processes
    threads = f"{limits.processes * THREADS_PER_PROCESS}" if counted else ""
    found.append(_limit("threads", threads, "rlimit"))
    found.append(_limit("one file", f"{limits.disk_mb} MB" if limits.disk_mb else "", "rlimit"))
    found.append(_limit("files in memory (TMPDIR)", f"{tmp_mb} MB each" if bubble else "", "kernel"))
    found.append(EnforcedLimit(name="CPU time", value="unlimited", by="none"))
    return tuple(found)


def _limit(name: str, value: str, by: str) -> EnforcedLimit:
    return EnforcedLimit(name=name, value=value or "unlimited", by=by if value else "none")
