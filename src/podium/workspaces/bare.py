"""The command of a plan where there is no bwrap: the tiers `landlock` and `none`.

Both work on a copy of the repository at a path of its own, with a cleared environment, and end every process at the
end. `landlock` adds a Landlock domain and a filter that refuses all sockets; `WEAKER` says what remains open.
"""

from __future__ import annotations

import base64
import json
import os
import resource
from pathlib import Path
from typing import Final

from podium.workspaces import seccomp
from podium.workspaces.bubble import ETC, OPEN_FILES, base_env
from podium.workspaces.plan import OBJECTS, SandboxPlan, seen_home, seen_workdir

LEAST_LANDLOCK: Final = 3
"""Older versions cannot keep a program from truncating files that it must not write."""

_INIT: Final = Path(__file__).with_name("bare_init.py")
_SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc")
_ETC_MORE: Final = ("passwd", "group", "hosts", "nsswitch.conf")
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def command(*, python: str, order_fd: int) -> list[str]:
    """The init with its order; the command itself is in the order."""
    return [python, "-I", "-S", str(_INIT), str(order_fd)]


def order(plan: SandboxPlan, argv: list[str], *, status_fd: int) -> bytes:
    """What the init is to do, as JSON. Raises KeyError where no system call filter exists for this machine."""
    locked = plan.tier == "landlock"
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    filter_text = base64.b64encode(seccomp.program(sockets="none")).decode() if locked else ""
    value = {
        "argv": argv,
        "cwd": seen_workdir(plan),
        "env": _env(plan),
        "landlock": _rules(plan) if locked else None,
        "limits": {"files": files, "bytes": plan.limits.disk_mb * 1024 * 1024},
        "parent": os.getpid(),
        "seccomp": filter_text,
        "status": status_fd,
    }
    return json.dumps(value).encode()


def _env(plan: SandboxPlan) -> dict[str, str]:
    env = base_env(seen_home(plan)) | {"TMPDIR": plan.work, "GIT_CONFIG_NOSYSTEM": "1"}
    for mount in plan.mounts:
        if mount.target == OBJECTS:
            env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = mount.source
    return env | plan.env


def _rules(plan: SandboxPlan) -> dict[str, list[str]]:
    read = [*_SYSTEM, *(f"/etc/{name}" for name in (*ETC, *_ETC_MORE))]
    read += [mount.source for mount in plan.mounts if not mount.writable]
    write = [*_DEVICES, plan.upper, plan.work, *([plan.home] if plan.home else [])]
    write += [mount.source for mount in plan.mounts if mount.writable]
    return {"read": read, "write": write}
