"""Small real git repositories, for tests, benchmarks and the demo.

They are written through `git fast-import`, which takes any bytes as names, costs one process for any number of files,
and with its fixed dates makes the same commits each time.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from podium.kernel.value import Value

AUTHOR = "Ada Example"
EMAIL = "ada@example.org"
FIRST_COMMIT_AT = 1_767_225_600  # 2026-01-01 00:00 UTC; each commit is a minute later than the one before

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": AUTHOR,
    "GIT_AUTHOR_EMAIL": EMAIL,
    "GIT_COMMITTER_NAME": AUTHOR,
    "GIT_COMMITTER_EMAIL": EMAIL,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "PATH": os.defpath + ":/usr/local/bin:/opt/homebrew/bin",
}

# Tests and benchmarks build many repositories and keep none: time matters, not size.
_IMPORT = ("-c", "core.compression=0", "-c", "core.fsync=none", "fast-import", "--quiet")


class Link(Value, frozen=True, kw_only=True):
    """A symbolic link."""

    to: str


class Program(Value, frozen=True, kw_only=True):
    """A file with its executable bit set."""

    text: str


class Submodule(Value, frozen=True, kw_only=True):
    """A gitlink to this commit of another repository."""

    commit: str


Content: TypeAlias = str | bytes | Link | Program | Submodule | None
"""What a path holds; None deletes it."""

Files: TypeAlias = Mapping[str, Content] | Mapping[bytes, Content]


class Repository:
    """A repository on disk, and what a test does to it."""

    def __init__(self, path: Path, branch: str = "main") -> None:
        self.path = path
        self.branch = branch

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Runs git in it, with a fixed identity and without the caller's configuration; gives what it printed.

        Raises AssertionError with git's own words when it fails.
        """
        return self.git_bytes(*arguments, stdin=stdin).decode().strip()

    def git_bytes(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        """As `git`, but the exact bytes."""
        result = subprocess.run(
            ["git", *arguments], cwd=self.path, env=_ENVIRONMENT, input=stdin, capture_output=True, check=False
        )
        assert result.returncode == 0, f"git {' '.join(arguments)}: {result.stderr.decode(errors='replace')}"
        return result.stdout

    def commit(self, files: Files, message: str = "Change", *, branch: str = "") -> str:
        """Commits these changes on the branch (default: its own), checks them out, and gives the commit's id."""
        target = branch or self.branch
        tip = self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{target}")
        number = int(self.git("rev-list", "--count", tip)) if tip else 0
        stream = _commit_stream(files, message, target, parent=tip, at=FIRST_COMMIT_AT + 60 * number)
        self.git_bytes(*_IMPORT, "--force", stdin=stream)
        if not self.is_bare and self.checked_out == target:
            self.git("reset", "-q", "--hard")
        return self.git("rev-parse", f"refs/heads/{target}")

    @property
    def head(self) -> str:
        """The commit that HEAD names."""
        return self.git("rev-parse", "HEAD")

    @property
    def is_bare(self) -> bool:
        return self.git("rev-parse", "--is-bare-repository") == "true"

    @property
    def checked_out(self) -> str:
        """The branch that is checked out; `HEAD` when it is detached."""
        ref = self.git_bytes("rev-parse", "--symbolic-full-name", "HEAD").decode().strip()
        return ref.removeprefix("refs/heads/")

    def write(self, files: Mapping[str, str]) -> None:
        """Writes files into the checkout without committing them."""
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)


def build_repository(
    path: Path, files: Files | None = None, *, commits: Iterable[Files] = (), branch: str = "main", bare: bool = False
) -> Repository:
    """A repository at `path` (made, if need be) with `files` as its first commit, and one commit for each of `commits`.

    Without both, it has no commit.
    """
    path.mkdir(parents=True, exist_ok=True)
    repository = Repository(path, branch)
    repository.git("init", "-q", f"--initial-branch={branch}", *(["--bare"] if bare else []), ".")
    everything = ([files] if files is not None else []) + list(commits)
    parent = ""
    stream = b""
    for number, change in enumerate(everything):
        at = FIRST_COMMIT_AT + 60 * number
        stream += _commit_stream(change, f"Commit {number + 1}", branch, parent=parent, at=at)
        parent = f"refs/heads/{branch}"
    if everything:
        repository.git_bytes(*_IMPORT, stdin=stream)
    if everything and not bare:
        repository.git("reset", "-q", "--hard")
    return repository


def _commit_stream(files: Files, message: str, branch: str, *, parent: str, at: int) -> bytes:
    who = f"{AUTHOR} <{EMAIL}> {at} +0000"
    head = f"commit refs/heads/{branch}\nauthor {who}\ncommitter {who}\n".encode() + _data(message.encode())
    if parent and not parent.startswith("refs/"):
        head += f"from {parent}\n".encode()
    return head + b"".join(_change(_raw(name), content) for name, content in files.items()) + b"\n"


def _raw(name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else os.fsencode(name)


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _quote(byte: int) -> bytes:
    plain = 32 < byte < 127 and byte not in b'"\\'
    return bytes([byte]) if plain else b"\\%03o" % byte


def _change(name: bytes, content: Content) -> bytes:
    quoted = b'"' + b"".join(_quote(each) for each in name) + b'"'
    match content:
        case None:
            return b"D " + quoted + b"\n"
        case Submodule(commit=commit):
            return b"M 160000 " + commit.encode() + b" " + quoted + b"\n"
        case Link(to=to):
            return b"M 120000 inline " + quoted + b"\n" + _data(os.fsencode(to))
        case Program(text=text):
            return b"M 100755 inline " + quoted + b"\n" + _data(text.encode())
        case str():
            return b"M 100644 inline " + quoted + b"\n" + _data(content.encode())
        case bytes():
            return b"M 100644 inline " + quoted + b"\n" + _data(content)
