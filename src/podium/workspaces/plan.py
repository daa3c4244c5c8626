"""A sandbox plan: all that one sandbox is, as plain data, before anything is started.

The plan travels as JSON in the supervisor's order file; `podium.workspaces.boundary` describes it to a person and
`podium.workspaces.sandbox` turns it into a command. What is not in the plan is not in the sandbox.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

import msgspec

from podium.kernel.errors import UsageError
from podium.kernel.value import Value
from podium.project.model import Companion, Limits
from podium.runs.model import Tier

WORKSPACE: Final = "/workspace"
HOME: Final = "/home/agent"
OBJECTS: Final = "/podium/objects"
"""Where the conductor mounts the mirror's object directory, read-only."""

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,62})")
_OURS = ("/", "/proc", "/dev", "/sys", "/tmp", WORKSPACE, HOME)  # noqa: S108 - a path inside the sandbox


class Mount(Value, frozen=True, kw_only=True):
    """One host path that is visible inside, at `target`."""

    source: str
    target: str
    writable: bool = False


class SandboxPlan(Value, frozen=True, kw_only=True):
    """One sandbox. All paths are absolute; `check` says whether they are usable together."""

    tier: Tier
    lowers: tuple[str, ...]  # bottom first: the template of the base commit, then dependency layers
    upper: str  # what was written to /workspace; in the tiers without overlay, the whole copy
    work: str  # overlayfs's own directory, on the same file system as `upper`
    home: str  # becomes /home/agent, which is HOME; empty = a small one that is gone when the sandbox ends
    mounts: tuple[Mount, ...] = ()
    env: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    limits: Limits = Limits()
    network: tuple[str, ...] = ()  # host:port; empty = nothing
    workdir: str = WORKSPACE
    hostname: str = "podium"
    tmp_mb: int = 1024  # size of /tmp, which lives in memory
    services: tuple[Companion, ...] = ()  # started before the command, and waited for
    unix_sockets: bool = True  # may create AF_UNIX sockets; none of the host's is in reach either way


def seen_workspace(plan: SandboxPlan) -> str:
    """The path of the workspace as programs in the sandbox see it: fixed, except where there is no mount namespace."""
    return WORKSPACE if plan.tier in ("overlay", "clone") else plan.upper


def seen_home(plan: SandboxPlan) -> str:
    """The value of HOME inside."""
    return HOME if plan.tier in ("overlay", "clone") else plan.home


def seen_workdir(plan: SandboxPlan) -> str:
    """The directory in which the command starts, as seen inside."""
    return seen_workspace(plan) + plan.workdir.removeprefix(WORKSPACE)


def check(plan: SandboxPlan) -> None:
    """Raise UsageError when no sandbox can be made of this plan."""
    for path in (*plan.lowers, plan.upper, plan.work, plan.home, *(m.source for m in plan.mounts)):
        if path and not path.startswith("/"):
            raise UsageError(f"the sandbox needs absolute paths, and {path!r} is not", where="sandbox plan")
    if not plan.lowers:
        raise UsageError("a sandbox needs at least one lower directory, the template", where="sandbox plan")
    if not _HOSTNAME.fullmatch(plan.hostname):
        raise UsageError(f"{plan.hostname!r} is no host name", where="sandbox plan")
    if plan.workdir != WORKSPACE and not plan.workdir.startswith(WORKSPACE + "/"):
        raise UsageError(f"the working directory must lie in {WORKSPACE}", where=plan.workdir)
    for mount in plan.mounts:
        _check_target(mount)
    for name, value in plan.env.items():
        if not _ENV_NAME.fullmatch(name) or "\0" in value:
            raise UsageError(f"{name!r} cannot be an environment variable", where="sandbox plan")


def _check_target(mount: Mount) -> None:
    path = PurePosixPath(mount.target)
    if not path.is_absolute() or ".." in path.parts or "\0" in mount.target:
        raise UsageError("a mount needs an absolute target without '..'", where=mount.target)
    if str(path) in _OURS or str(path).startswith(("/proc/", "/dev/", "/sys/")):
        raise UsageError("this path belongs to the sandbox itself", where=mount.target, do="Choose another target.")
