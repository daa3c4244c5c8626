"""How git is run: with an environment of our own, no hooks, no fsmonitor, and errors that say what to do.

Nothing of the caller's environment reaches git except what is passed here, and no configuration is read except the
repository's own (and the user's, where `UserRepository` asks for it by name).
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from podium.kernel.errors import PodiumError

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin"
"""Where git is looked for when the caller passes no PATH."""

OLDEST_GIT = (2, 39, 0)
TIMEOUT_SECONDS = 600.0

SETTINGS: tuple[str, ...] = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "core.pager=cat",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "diff.external=",
    "gc.auto=0",
    "maintenance.auto=false",
    "log.showSignature=false",
    "commit.gpgSign=false",
    "advice.detachedHead=false",
)

_ROOM = "Free some disk space and try again; nothing was half done."
_HINTS: tuple[tuple[str, str], ...] = (
    (".lock': File exists", "Another git may be at work. If none is, a killed one left the lock file: remove it."),
    (
        "dubious ownership",
        "The repository belongs to another user. If you trust it: git config --global --add safe.directory PATH",
    ),
    ("Permission denied", "Check who owns the files that are named above."),
)

# dash calls every failed write an I/O error; what the kernel calls one is an "Input/output error".
_NO_ROOM = re.compile(r"No space left|quota exceeded|out of diskspace|\bI/O error", re.IGNORECASE)
_NOT_WRITTEN = re.compile(
    r"\b(?:couldn't|could not|cannot|can't|unable to|failed to|failure to) (?:write|close|append)|\bwrite error",
    re.IGNORECASE,
)
_OTHER_REASON = re.compile(
    r"permission|not permitted|read-only|not a directory|is a directory|no such|input/output error|too long|broken pipe"
    r"|exists|too many|invalid",
    re.IGNORECASE,
)


def is_full(said: str) -> bool:
    """Whether what git (or dash) printed means that there is no room on the disk.

    Git says "couldn't write" of some of its files and no more. Where it names no other reason, that is what it was.
    """
    if _NO_ROOM.search(said):
        return True
    return bool(_NOT_WRITTEN.search(said)) and not _OTHER_REASON.search(said)


class GitResult(NamedTuple):
    """What one git command answered."""

    stdout: bytes
    stderr: bytes
    code: int

    def text(self) -> str:
        """Standard output as text, without its last newline."""
        return self.stdout.decode("utf-8", "replace").removesuffix("\n")


class GitError(PodiumError):
    """A git command failed, or git itself cannot be used."""

    def __init__(
        self, what: str, *, command: Sequence[str] = (), code: int = 0, stderr: str = "", do: str = ""
    ) -> None:
        super().__init__(what, where=shlex.join(command), do=do)
        self.command = tuple(command)
        self.code = code
        self.stderr = stderr


def environment(extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The whole environment of a git command: ours, then `extra`, in which None takes a name away."""
    whole: dict[str, str | None] = {
        "PATH": SEARCH_PATH,
        "LC_ALL": "C",
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
        **(extra or {}),
    }
    return {name: value for name, value in whole.items() if value is not None}


@lru_cache(maxsize=8)
def git_program(search_path: str = SEARCH_PATH) -> str:
    """The absolute path of git. Raises GitError when there is none, or when it is older than Podium needs."""
    found = shutil.which("git", path=search_path)
    if found is None:
        raise GitError("git was not found", do="Install git 2.39 or newer and make sure that it is on PATH.")
    answer = subprocess.run([found, "version"], capture_output=True, env=environment(), check=False)
    version = re.search(rb"(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout)
    if version is None:
        raise GitError(f"{found} does not say its version", do="Install git 2.39 or newer.")
    if tuple(int(part or 0) for part in version.groups()) < OLDEST_GIT:
        raise GitError(f"git {version[0].decode()} is too old", do="Install git 2.39 or newer.")
    return found


def command_line(args: Sequence[str | bytes], *, git_dir: Path | None, env: Mapping[str, str]) -> list[str | bytes]:
    """The argv of a git command with our settings."""
    line: list[str | bytes] = [git_program(env.get("PATH", SEARCH_PATH))]
    if git_dir is not None:
        line.append(f"--git-dir={git_dir}")
    for setting in SETTINGS:
        line += ["-c", setting]
    return [*line, *args]


def run_git(
    args: Sequence[str | bytes],
    *,
    git_dir: Path | None = None,
    work_tree: Path | None = None,
    cwd: Path | None = None,
    env_extra: Mapping[str, str | None] | None = None,
    umask: int = -1,
    stdin: bytes | BinaryIO = b"",
    timeout: float = TIMEOUT_SECONDS,
    check: bool = True,
) -> GitResult:
    """Runs one git command to its end.

    `stdin` is what it reads: bytes, or an open unbuffered file from where it stands. Without `cwd` it runs in
    `work_tree`, else in `git_dir`, else in `/`. `umask` is -1 for the caller's own. Raises GitError when it cannot be
    started, when it takes more than `timeout` seconds (its whole process group is then killed), and with `check` when
    it fails.
    """
    source = None if isinstance(stdin, bytes) else stdin
    process = start_git(
        args, git_dir=git_dir, work_tree=work_tree, cwd=cwd, env_extra=env_extra, umask=umask, stdin=source
    )
    try:
        stdout, stderr = process.communicate(stdin if isinstance(stdin, bytes) else None, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise GitError(f"took more than {timeout:g} seconds and was stopped", command=_shown(args)) from None
    finally:
        stop(process)
    result = GitResult(stdout, stderr, process.returncode)
    if check and result.code != 0:
        raise failure(args, result)
    return result


def start_git(
    args: Sequence[str | bytes],
    *,
    git_dir: Path | None = None,
    work_tree: Path | None = None,
    cwd: Path | None = None,
    env_extra: Mapping[str, str | None] | None = None,
    umask: int = -1,
    stdin: BinaryIO | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a git command with pipes (or `stdin`); whoever calls this calls `stop`. See `run_git`."""
    env = environment(env_extra)
    if work_tree is not None:
        env["GIT_WORK_TREE"] = str(work_tree)
    where = cwd or work_tree or git_dir or Path("/")
    line = command_line(args, git_dir=git_dir, env=env)
    try:
        # A session of its own: a Ctrl-C meant for Podium must not end a half-done git.
        return subprocess.Popen(
            line,
            cwd=where,
            env=env,
            stdin=stdin or subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            umask=umask,
        )
    except OSError as error:
        raise GitError(f"could not be run in {where}: {error.strerror}", command=_shown(args)) from error


def stop(process: subprocess.Popen[bytes]) -> None:
    """Kills a command's process group if it still runs, closes its pipes and waits for it."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()


def failure(args: Sequence[str | bytes], result: GitResult) -> GitError:
    """The error that says why a command failed: the end of what it printed, and what can be done."""
    tail = result.stderr.decode("utf-8", "replace").strip()[-2000:]
    do = _ROOM if is_full(tail) else next((hint for sign, hint in _HINTS if sign in tail), "")
    return GitError(
        tail or f"failed with exit code {result.code}", command=_shown(args), code=result.code, stderr=tail, do=do
    )


def _shown(args: Sequence[str | bytes]) -> list[str]:
    """The command as an error shows it, cut where it is long."""
    shown = [arg if isinstance(arg, str) else arg.decode("utf-8", "replace") for arg in args[:12]]
    return [
        "git",
        *(arg if len(arg) <= 200 else arg[:200] + "..." for arg in shown),
        *(["..."] if len(args) > 12 else []),
    ]
