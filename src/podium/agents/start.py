"""How an agent's own program is started: what a native driver makes of a task, before anything runs."""

from __future__ import annotations

import posixpath
import re

import msgspec

from podium.kernel.value import Value
from podium.project.providers import PLACEHOLDER_KEY

__all__ = ["PLACEHOLDER_KEY", "Start", "spawned"]

_WRITE = (
    "n=$1; shift; "
    'while [ "$n" -gt 0 ]; do mkdir -p "$HOME/$(dirname "$1")"; printf %s "$2" > "$HOME/$1"; shift 2; n=$((n - 1)); '
    'done; exec "$@"'
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Start(Value, frozen=True, kw_only=True):
    """A command with its variables, and files that it finds in its HOME (by relative path)."""

    argv: tuple[str, ...]
    env: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    files: dict[str, str] = msgspec.field(default_factory=dict[str, str])


def spawned(start: Start) -> tuple[str, ...]:
    """The one command that does all of it inside the sandbox: nothing outside writes into a HOME that an agent owns.

    Raises ValueError for a path that leads out of HOME, or a name that no variable can have.
    """
    argv = start.argv
    if start.env:
        if not all(_NAME.fullmatch(name) for name in start.env):
            raise ValueError("an environment variable has an impossible name")
        argv = ("/usr/bin/env", *(f"{name}={value}" for name, value in start.env.items()), *argv)
    if not start.files:
        return argv
    for path in start.files:
        if path.startswith("/") or ".." in path.split("/") or posixpath.normpath(path) != path:
            raise ValueError(f"{path!r} is no path in HOME")
    pairs = [text for pair in start.files.items() for text in pair]
    return ("/bin/sh", "-c", _WRITE, "podium-start", str(len(start.files)), *pairs, *argv)
