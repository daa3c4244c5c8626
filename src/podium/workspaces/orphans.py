"""Ending what is left of a sandbox whose starter was killed in the very moment of starting it.

bwrap ties itself to its parent's life, but only once it runs: killed within its first milliseconds, a starter can leave
the half of bwrap behind that waits for the other half, for ever and without any program of the agent in it. It holds
nothing but a process table entry; whoever starts next clears it away.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

from podium.workspaces.bubble import INIT

LEAST_AGE_SECONDS: Final = 2.0
_PARENTS: Final = ("init", "systemd")


def end_orphans(least_age: float = LEAST_AGE_SECONDS) -> list[int]:
    """Kill every bwrap of Podium's that has lost its parent; return their process ids. Nothing on other systems."""
    proc = Path("/proc")
    if not (proc / "self" / "stat").exists():
        return []
    ended: list[int] = []
    for entry in proc.iterdir():
        if entry.name.isdigit() and _is_orphan(entry, proc, least_age):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(entry.name), signal.SIGKILL)
                ended.append(int(entry.name))
    return ended


def _is_orphan(entry: Path, proc: Path, least_age: float) -> bool:
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
        if not words[0].endswith(b"bwrap") or INIT.encode() not in words:
            return False
        fields = (entry / "stat").read_text(encoding="latin-1").rpartition(")")[2].split()
        parent = int(fields[1])
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        if time.clock_gettime(time.CLOCK_BOOTTIME) - started < least_age:
            return False
        return parent == 1 or (proc / str(parent) / "comm").read_text().strip() in _PARENTS
    except (OSError, IndexError, ValueError):
        return False
