"""A person's place: home, state directory and a directory to work in, with the real `podium` run as that person."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

import pytest

import podium
from podium.cli import main
from podium.cli.context import Context
from podium.testing.repositories import Repository

ORDINARY = 54322
# What must never reach a terminal from a printed line: controls (C0, DEL, C1), directions, line separators.
DANGEROUS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def users() -> list[Any]:
    """Who tests run as: the user that runs them, and for root an ordinary user too."""
    return [0, pytest.param(ORDINARY, marks=pytest.mark.slow)] if os.geteuid() == 0 else [0]


def opened(command: list[str]) -> list[str]:
    """The command, where any user can read the Python that the tests run with, even one in the closed home of root.

    In a mount namespace of its own each closed directory on the way is hidden by an empty one that holds only that
    Python. For root only.
    """
    needed = {os.path.realpath(place) for place in (sys.base_prefix, sys.prefix, Path(podium.__file__).parent)}
    closed = {outer for place in needed if (outer := _closed(Path(place))) is not None}
    pairs = [(str(outer), place) for outer in closed for place in needed if Path(place).is_relative_to(outer)]
    if not pairs:
        return command
    script = ['set -e; kept=$(mktemp -d); mount -t tmpfs -o nosuid,nodev none "$kept"']
    for number, (_, place) in enumerate(pairs):
        script.append(f'mkdir "$kept/{number}"; mount --rbind {quote(place)} "$kept/{number}"')
    script += [f"mount -t tmpfs -o mode=755,nosuid,nodev none {quote(outer)}" for outer in dict(pairs)]
    for number, (_, place) in enumerate(pairs):
        script.append(f'mkdir -p {quote(place)}; mount --rbind "$kept/{number}" {quote(place)}')
    script.append('umount -l "$kept"; rmdir "$kept"; exec "$@"')
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", "; ".join(script), "sh", *command]


def _closed(place: Path) -> Path | None:
    """The outermost directory on the way that only its owner may enter."""
    way = [*reversed(place.parents), place]
    return next((each for each in way if not each.stat().st_mode & 0o001), None)


def user_name(uid: int) -> str:
    """The name of a user in the name of a test."""
    return "ordinary" if uid else "me"


class Trusted(Repository):
    """A repository of another user, which git would not look into for us."""

    def git_bytes(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        return super().git_bytes("-c", "safe.directory=*", *arguments, stdin=stdin)


@dataclass(frozen=True)
class Result:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class Place:
    """A home, a state directory and a directory to work in, of one user."""

    base: Path
    root: Path
    uid: int = 0
    variables: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def state(self) -> Path:
        return self.base / "state"

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self.home),
            "TMPDIR": str(self.base / "tmp"),
            "PODIUM_STATE": str(self.state),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.variables,
        }

    def prepare(self) -> None:
        """Make the directories, with an identity for git, and give all to the user."""
        for directory in (self.base, self.root, self.home, self.base / "tmp"):
            directory.mkdir(parents=True, exist_ok=True)
        (self.home / ".gitconfig").write_text("[user]\n\tname = Ada Example\n\temail = ada@example.org\n")
        self.own()

    def own(self) -> None:
        """Give everything to the user."""
        if self.uid:
            for path in (self.base, *self.base.rglob("*")):
                os.chown(path, self.uid, self.uid, follow_symlinks=False)

    def as_user(self, command: list[str]) -> list[str]:
        """The command that runs this command as the user."""
        if not self.uid:
            return command
        user = ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups", "--no-new-privs"]
        return opened([*user, *command])

    def podium(self, *arguments: str, prefix: tuple[str, ...] = (), code: int | None = None) -> Result:
        """One command to its end: no traceback, and nothing in its lines that acts on a terminal, whatever it is."""
        done = subprocess.run(
            self.as_user([*prefix, sys.executable, "-m", "podium.cli.main", *arguments]),
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=100,
            check=False,
        )
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        return self.checked(arguments, result, code)

    def podium_here(self, *arguments: str) -> Result:
        """As `podium`, in this process: for the many commands that only show something."""
        if self.uid:
            return self.podium(*arguments)
        context, out, err = Context(self.environment), io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main.run(["-C", str(self.root), *arguments], context)
        return self.checked(arguments, Result(code, out.getvalue(), err.getvalue()), None)

    def checked(self, arguments: tuple[str, ...], result: Result, code: int | None) -> Result:
        """The result of a command, if it is fit for a person."""
        assert "Traceback" not in result.text, result.text
        assert "Podium broke" not in result.text, result.text + "".join(
            each.read_text() for each in self.state.glob("crash-*.txt")
        )
        found = DANGEROUS.search(result.text)
        assert found is None, f"podium {' '.join(arguments)} prints {found[0]!r}: {result.text[:2000]!r}"
        if code is not None:
            assert result.code == code, result
        return result

    def refused(self, *arguments: str, because: str, code: int = 2) -> Result:
        """A command that ends with an error of one line and what to do."""
        result = self.podium(*arguments, code=code)
        assert because in result.err, result.err
        assert "error:" in result.err, result.err
        return result
