"""The Python modules that a candidate changes, with what each offers before and after."""

from __future__ import annotations

import ast
import posixpath
from dataclasses import dataclass

from podium.checks.ports import Source, UnreadableError
from podium.checks.python_api import Offer, offer
from podium.checks.python_claims import parse
from podium.checks.reading import reading
from podium.evidence.test_code import belongs_to_tests
from podium.runs.model import FileChange


@dataclass(frozen=True)
class ModuleChange:
    """One module; a side that does not exist offers nothing."""

    change: FileChange
    old: Offer
    new: Offer


def python_modules(changes: tuple[FileChange, ...]) -> tuple[FileChange, ...]:
    """The changes of Python files on either side that belong to no tests."""
    return tuple(
        change
        for change in changes
        if (change.path.endswith(".py") or change.old_path.endswith(".py"))
        and not (belongs_to_tests(change.path) and belongs_to_tests(change.old_path))
        and (change.added or change.removed or change.path != change.old_path)
        and {change.old_mode[:3], change.new_mode[:3]} <= {"100", "000"}
    )


def module_changes(changes: tuple[FileChange, ...], source: Source) -> tuple[tuple[ModuleChange, ...], tuple[str, ...]]:
    """Every changed module that can be read, and why the others cannot."""
    found: list[ModuleChange] = []
    blind: list[str] = []
    for change, old, new in reading(source, python_modules(changes), blind):
        try:
            found.append(ModuleChange(change, offer(old), offer(new)))
        except UnreadableError as error:
            blind.append(f"{change.path}: {error}")
    return tuple(found), tuple(blind)


def for_others(path: str, source: Source) -> frozenset[str] | None:
    """The names of a module that others are meant to import from its package; None = those of a public module: all.

    A module whose path has a part with a leading underscore is private, but its package may pass names on.
    """
    parts = path.removesuffix(".py").split("/")
    if not any(part.startswith("_") and part not in ("__init__", "__main__") for part in parts):
        return None
    package = posixpath.dirname(path)
    try:
        tree = parse(source.read("base", f"{package}/__init__.py") or b"")
    except UnreadableError:
        return frozenset()
    own = parts[-1]
    return frozenset(
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").rpartition(".")[2] == own
        for alias in node.names
    )
