"""A person in a sandbox that is at work: a shell in it, and which files were changed meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, TypeAlias

import msgspec

from podium.kernel.errors import PodiumError
from podium.kernel.readable import is_readable
from podium.workspaces import seccomp
from podium.workspaces.bubble import base_env
from podium.workspaces.plan import HOME, SandboxPlan, seen_workdir
from podium.workspaces.processes import descendants

_JOIN: Final = Path(__file__).with_name("join.py")
_MOST_FILES: Final = 200_000
_TICK: Final = 0.1
_BLOCK: Final = 65536
_MOST_DRAINED: Final = 64  # blocks, after its end

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
    with _order(plan, argv, terminal=terminal, term=term) as file:
        words = [python, "-I", "-S", str(_JOIN), str(pid), str(file.fileno())]
        return subprocess.run(words, pass_fds=(file.fileno(),), env={}, check=False).returncode


@dataclass(frozen=True)
class Said:
    """What a command said in a sandbox, as far as it is kept, and how it ended: a number, or why it was cut off."""

    output: bytes
    code: int
    cut: str = ""
    dropped: int = 0  # bytes before `output`


def run_captured(
    plan: SandboxPlan,
    pid: int,
    command: str,
    *,
    seconds: float,
    most: int = 20_000,
    goes_on: Callable[[], bool] = lambda: True,
    python: str = sys.executable,
) -> Said:
    """Run a shell command in the sandbox of the process `pid`, without input, and keep the last `most` bytes it says.

    It is killed when time is up or when it is no longer to go on. What it left running in the background stays in the
    sandbox.
    """
    with _order(plan, ("/bin/sh", "-c", command), terminal=False, term="dumb") as file:
        words = [python, "-I", "-S", str(_JOIN), str(pid), str(file.fileno())]
        process = subprocess.Popen(
            words, pass_fds=(file.fileno(),), env={}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    with process:
        try:
            return _heard(process, time.monotonic() + seconds, most, goes_on)
        finally:
            process.kill()


def _heard(process: subprocess.Popen[bytes], deadline: float, most: int, goes_on: Callable[[], bool]) -> Said:
    assert process.stdout is not None
    descriptor, output, dropped, silent, drained = process.stdout.fileno(), b"", 0, False, 0
    while True:
        cut = "its time was up" if time.monotonic() > deadline else "" if goes_on() else "it was ended"
        if cut:
            return Said(output, -1, cut, dropped)
        over = process.poll()  # looked at first: what it said before it ended is there to be read
        block = b""
        if silent:
            time.sleep(_TICK if over is None else 0)
        elif is_readable(descriptor, _TICK if over is None else 0):
            block = os.read(descriptor, _BLOCK)
            silent = not block
            dropped += max(0, len(output) + len(block) - most)
            output = (output + block)[-most:]
        drained += over is not None
        if over is not None and (not block or drained > _MOST_DRAINED):  # what it left behind may speak for ever
            return Said(output, over, dropped=dropped)


def _order(plan: SandboxPlan, argv: Sequence[str], *, terminal: bool, term: str) -> IO[bytes]:
    """What `join.py` is told, in a file."""
    order = {
        "argv": list(argv),
        "env": base_env(HOME) | plan.env | {"TERM": term, "PODIUM_TAKEN_OVER": "1"},
        "directory": seen_workdir(plan),
        "seccomp": seccomp.program(sockets="all" if plan.unix_sockets else "no-unix").hex()
        if seccomp.supported()
        else "",
        "terminal": terminal,
    }
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(msgspec.json.encode(order))
    file.seek(0)
    return file


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
