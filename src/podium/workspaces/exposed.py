"""A mount must not lead to a program of the host that listens: a read-only bind does not keep anyone from connecting.

No namespace confines a socket that has a path. So before a sandbox starts, the kernel's list of bound sockets is
compared with the plan's mounts. What is bound later is not seen: `SandboxPlan.unix_sockets = False` closes that too.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from podium.kernel.errors import UsageError
from podium.workspaces.plan import SandboxPlan


def refuse_sockets(plan: SandboxPlan) -> None:
    """Raise UsageError when a mount of the plan holds a listening socket of the host, and sockets are allowed."""
    if not plan.unix_sockets or not plan.mounts:
        return
    bound = _bound()
    for mount in plan.mounts:
        real = os.path.realpath(mount.source)
        found = next((path for path in bound if path == real or path.startswith(real.rstrip("/") + "/")), "")
        if found or _is_socket(real):
            raise UsageError(
                f"this mount would let the sandbox talk to the host through the socket {found or real}",
                where=mount.source,
                do="Mount a directory below it that holds no socket.",
            )


def _bound() -> list[str]:
    """The paths of all bound sockets of this network namespace."""
    try:
        lines = Path("/proc/net/unix").read_text(errors="surrogateescape").splitlines()[1:]
    except OSError:
        return []
    paths = [words[7] for words in (line.split(maxsplit=7) for line in lines) if len(words) > 7]
    return [os.path.realpath(path) for path in set(paths) if path.startswith("/")]


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)  # noqa: PTH116
    except OSError:
        return False
