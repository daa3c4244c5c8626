"""Names that are gone: of Python's functions and classes, of flags, variables and routes."""

from __future__ import annotations

from collections.abc import Iterator

from podium.checks.mentions.untrue import Untrue
from podium.checks.module_changes import ModuleChange, for_others
from podium.checks.ports import Source
from podium.evidence.interfaces import interfaces_gone
from podium.runs.model import FileChange

_SHORTEST = 4  # letters of a name that is looked for


def names_gone(modules: tuple[ModuleChange, ...], source: Source) -> Iterator[Untrue]:
    """Names that others are meant to use, and that no changed module defines any more.

    A name that is an ordinary word (`total`) is looked for with what it belongs to only (`money.total`, `Cart.total`).
    """
    still = frozenset(
        name.rpartition(".")[2] for module in modules for name in (*module.new.callees, *module.new.names)
    )
    told: set[str] = set()
    for module in modules:
        meant = for_others(module.change.old_path, source)
        for name in (*module.old.callees, *module.old.names):
            outer, _, last = name.rpartition(".")
            private = meant is not None and name.partition(".")[0] not in meant
            if module.new.has(name) or last in still or private or not module.old.public(name) or last in told:
                continue
            told.add(last)
            owner = outer.rpartition(".")[2] or _module(module.change.old_path)
            needle = last if _distinctive(last) else f"{owner}.{last}"
            if len(last) >= _SHORTEST:
                yield Untrue(needle=needle, message=f"mentions {last}, which is gone", where="prose", quoted=True)


def _distinctive(name: str) -> bool:
    return "_" in name.strip("_") or (name != name.lower() and name != name.capitalize() and not name.isupper())


def _module(path: str) -> str:
    folder, _, file = path.removesuffix(".py").rpartition("/")
    return folder.rpartition("/")[2] if file == "__init__" else file


def interfaces_changed(changes: tuple[FileChange, ...]) -> Iterator[Untrue]:
    """Flags, variables and routes that no added line declares again; whatever still uses one is told of."""
    for what, name in interfaces_gone(changes):
        if len(name.strip("-/")) >= _SHORTEST:
            message = f"still has the {what} {name}, which the change took away"
            yield Untrue(needle=name, message=message, where="anywhere", rule="interface-left", level="warning")


def called(name: str) -> str:
    """The name by which a function is called: a class for its constructor."""
    outer, _, last = name.rpartition(".")
    return outer.rpartition(".")[2] if last == "__init__" and outer else last
