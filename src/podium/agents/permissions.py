"""Rules for an agent's obvious permission requests. What no rule answers waits for a person: never a yes by default."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal

from podium.kernel.value import Value
from podium.project.model import PermissionRule

_SHELL = frozenset(";&|<>$`(){}\n\r\\!#")
"""With one of these, a command may do more than its beginning says."""


class Asked(Value, frozen=True, kw_only=True):
    """What an agent says that it wants to do; every word of it is only its own."""

    kind: str = ""  # read, edit, delete, move, search, execute, think, fetch, other; empty counts as other
    paths: tuple[str, ...] = ()
    command: str = ""


class Ruled(Value, frozen=True, kw_only=True):
    """The answer of a rule, and which one it was (from 0)."""

    action: Literal["allow", "deny"]
    rule: int


def answer(asked: Asked, rules: Iterable[PermissionRule], workdir: str = "/workspace") -> Ruled | None:
    """What the first rule that matches says, or None: ask a person.

    A pattern is held against each path (relative to the workspace when it is inside) and against the command. To
    deny, one match suffices. To allow, everything must match; then a command with shell characters matches only `*`
    or a pattern that is the very same text, and a request that names neither path nor command matches only `*`.
    """
    for number, rule in enumerate(rules):
        if rule.kind not in ("*", asked.kind or "other"):
            continue
        matched = _denies(rule.match, asked, workdir) if rule.action == "deny" else _allows(rule.match, asked, workdir)
        if matched:
            return Ruled(action=rule.action, rule=number)
    return None


def inside(path: str, workdir: str = "/workspace") -> str:
    """The path relative to the workspace, `..` resolved; one that leads out of it comes as an absolute path."""
    whole = posixpath.normpath(posixpath.join(workdir, path))
    if whole.startswith("//"):
        whole = whole[1:]
    if whole == workdir:
        return "."
    return whole.removeprefix(workdir + "/")


def _denies(pattern: str, asked: Asked, workdir: str) -> bool:
    if pattern == "*":
        return True
    paths = [inside(path, workdir) for path in asked.paths]
    return any(fnmatchcase(text, pattern) for text in (*paths, *asked.paths, asked.command) if text)


def _allows(pattern: str, asked: Asked, workdir: str) -> bool:
    if pattern == "*":
        return True
    if not asked.paths and not asked.command:
        return False
    if asked.command and not _command_allowed(pattern, asked.command):
        return False
    return all(fnmatchcase(inside(path, workdir), pattern) for path in asked.paths)


def _command_allowed(pattern: str, command: str) -> bool:
    if command == pattern:
        return True
    return not _SHELL & set(command) and fnmatchcase(command, pattern)
