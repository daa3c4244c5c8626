"""A person in a sandbox that is at work: a shell in it, and which files were changed meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from podium.kernel.errors import PodiumError
from podium.workspaces import seccomp
from podium.workspaces.bubble import base_env
from podium.workspaces.plan import HOME, SandboxPlan, seen_workdir
from podium.workspaces.processes import descendants

_JOIN: Final = Path(__file__).with_name("join.py")
_MOST_FILES: Final = 200_000

Snapshot: TypeAlias = dict[str, tuple[int, int, int]]
"""For each path below a directory: inode, size, time of its last change in ns."""


def process_inside(outer: int) -> int:
    """A process in the sandbox whose outermost process is `outer`. Raises PodiumError when there is none (any more)."""
    own = _space("self")
    for pid in descendants(outer):
        found = _space(str(pid))
        if found and found != own and Path(f"/proc/{pid}/root/workspace").exists():
            return pid
    raise PodiumError("its sandbox is not there any more", do="podium status shows what became of it.")


def _space(pid: str) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/mnt").readlink())
    except OSError:
        return ""


def run_inside(
    plan: SandboxPlan,
    pid: int,
    argv: Sequence[str],
    *,
    terminal: bool,
    term: str = "dumb",
    python: str = sys.executable,
) -> int:
    """Run a command (absolute path first) in the sandbox of the process `pid`, on this process's own streams.

    Returns its exit code. It has the sandbox's environment, user, limits of the kernel and system call filter.
    """
    order = {
        "argv": list(argv),
        "env": base_env(HOME) | plan.env | {"TERM": term, "PODIUM_TAKEN_OVER": "1"},
        "directory": seen_workdir(plan),
        "seccomp": seccomp.program(sockets="all" if plan.unix_sockets else "no-unix").hex()
        if seccomp.supported()
        else "",
        "terminal": terminal,
    }
    with tempfile.TemporaryFile() as file:
        file.write(msgspec.json.encode(order))
        file.seek(0)
        words = [python, "-I", "-S", str(_JOIN), str(pid), str(file.fileno())]
        return subprocess.run(words, pass_fds=(file.fileno(),), env={}, check=False).returncode


def snapshot(directory: Path) -> Snapshot:
    """What lies below a directory, by name and state; no link is followed and nothing is read."""
    found: Snapshot = {}
    for folder, folders, files, fd in os.fwalk(directory, follow_symlinks=False):
        prefix = os.path.relpath(folder, directory)
        if prefix.split("/")[0] == ".git":
            folders.clear()
            continue
        for name in files:
            try:
                state = os.stat(name, dir_fd=fd, follow_symlinks=False)
            except OSError:
                continue
            path = name if prefix == "." else f"{prefix}/{name}"
            found[path] = (state.st_ino, state.st_size, state.st_mtime_ns)
            if len(found) >= _MOST_FILES:
                return found
    return found


def changed(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """The paths that differ."""
    return tuple(sorted(path for path in {**before, **after} if before.get(path) != after.get(path)))
