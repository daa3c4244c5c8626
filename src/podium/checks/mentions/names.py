"""Names that are gone: of Python's functions and classes, of flags, variables and routes."""

from __future__ import annotations

from collections.abc import Iterator

from podium.checks.bench import Bench
from podium.checks.languages.changed import foreign_sources
from podium.checks.languages.exports import exports
from podium.checks.mentions.untrue import Untrue
from podium.checks.module_changes import ModuleChange, for_others
from podium.checks.ports import Source, UnreadableError
from podium.checks.reading import reading
from podium.evidence.grammar import family_of
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
                yield Untrue(
                    needle=needle,
                    message=f"mentions {last}, which is gone from {module.change.old_path}",
                    where="prose",
                    quoted=True,
                )


def exports_gone(bench: Bench) -> tuple[list[Untrue], tuple[str, ...]]:
    """What files of JavaScript, TypeScript, Go and Rust no longer offer under a name that is no ordinary word."""
    blind: list[str] = []
    was: dict[str, str] = {}
    now: set[str] = set()
    for change, old, new in reading(bench.source, foreign_sources(bench.order.changes), blind):
        try:
            before = exports(change.old_path, old) if old and family_of(change.old_path) else {}
            now.update(_last(name) for name in (exports(change.path, new) if new and family_of(change.path) else ()))
        except UnreadableError as error:
            blind.append(f"{change.path}: {error}")
            continue
        for name in before:
            was.setdefault(_last(name), change.old_path)
    gone = {name: path for name, path in was.items() if name not in now}
    told = [
        Untrue(needle=name, message=f"mentions {name}, which is gone from {path}", where="prose", quoted=True)
        for name, path in gone.items()
        if len(name) >= _SHORTEST and _distinctive(name)
    ]
    return told, tuple(blind)


def _last(name: str) -> str:
    return name.replace("::", ".").rpartition(".")[2]


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
