"""What a set-up with a network finds in its sandbox: the indexes' addresses, and the user's own uv, npm or pnpm."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from podium.agents.locate import locate
from podium.kernel.errors import UsageError
from podium.workspaces.bubble import PATH
from podium.workspaces.plan import Mount, SandboxPlan, seen_home

if TYPE_CHECKING:
    from podium.workspaces.egress.sources import Sources

_PROGRAMS: Final = ".podium-programs"
_SEEN: Final = ("/usr/", "/bin/", "/etc/ssl/", "/etc/pki/ca-trust/", "/etc/pki/tls/", "/etc/ca-certificates/")


def equipped(plan: SandboxPlan, sources: Sources, programs: Sequence[str], path: str) -> SandboxPlan:
    """The plan with the addresses of the indexes, and with those of these programs that are found by the user's PATH.

    Writes into the plan's HOME. What the project sets in the plan's environment goes before what the user configured.
    """
    home = Path(plan.home)
    if sources.npmrc:
        (home / ".npmrc").write_text(sources.npmrc)
    mounts = [file for file in sources.certificates if not file.startswith(_SEEN)]
    (home / _PROGRAMS).mkdir(exist_ok=True)
    for name in programs:
        mounts += _program(home / _PROGRAMS / name, name, path)
    known = {mount.target for mount in plan.mounts}
    more = tuple(Mount(source=each, target=each) for each in dict.fromkeys(mounts) if each not in known)
    own = plan.env.get("PATH", PATH)
    env = {**sources.env, **plan.env, "PATH": f"{seen_home(plan)}/{_PROGRAMS}:{own}"}
    return msgspec.structs.replace(plan, env=env, mounts=(*plan.mounts, *more))


def _program(place: Path, name: str, path: str) -> tuple[str, ...]:
    """Write a word for a program of the user's, and return what it needs mounted; nothing where it is inside anyway."""
    # A version manager's stand-in (a shim) finds its program by files of the user's that are not inside.
    kept = os.pathsep.join(folder for folder in path.split(os.pathsep) if "shims" not in Path(folder).parts)
    try:
        found = locate((name,), kept, agent=name)
    except (UsageError, OSError):
        return ()
    if not found.mounts and found.program.startswith(_SEEN):
        return ()
    place.write_text(f'#!/bin/sh\nexec {shlex.join(found.argv)} "$@"\n')
    place.chmod(0o755)
    return found.mounts
