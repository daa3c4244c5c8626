"""The fields of Python's settings classes and modules, with their defaults. Read, never run. Pure.

A settings class is called so (`AppSettings`, `CacheConfig`, `Options`) or derives from `BaseSettings`; a settings
module is `settings.py`, `config.py`, `defaults.py` and the like; its names in capitals are keys, as Django has them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from podium.checks.configuration.entries import Entries, Entry
from podium.checks.python_claims import parse

_CLASS = re.compile(r"(?:Settings|Config|Configuration|Options|Preferences)$")
_MODULE = re.compile(
    r"(?:^|/)(?:[a-z]+_)?(?:settings|config|conf|configuration|defaults)\.py$|(?:^|/)(?:settings|conf)/\w+\.py$"
)


def settings_fields(path: str, source: bytes) -> Entries:
    """The keys by `Class.field`, or by name at the top of a settings module. Raises UnreadableError."""
    if not source:
        return {}
    tree = parse(source)
    found: Entries = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and _holds_settings(node):
            for name, entry in _fields(node.body):
                found.setdefault(f"{node.name}.{name}", entry)
    if _MODULE.search(path):
        found |= {name: entry for name, entry in _fields(tree.body) if name.isupper()}
    return found


def _holds_settings(node: ast.ClassDef) -> bool:
    bases = (ast.unparse(each).rpartition(".")[2] for each in node.bases)
    return bool(_CLASS.search(node.name)) or any(base == "BaseSettings" for base in bases)


def _fields(body: list[ast.stmt]) -> Iterator[tuple[str, Entry]]:
    for node in body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                text = None if value is None else ast.unparse(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                text = ast.unparse(value)
            case _:
                continue
        if not name.startswith("_"):
            yield name, Entry(node.lineno, text)
