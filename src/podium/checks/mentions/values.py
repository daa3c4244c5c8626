"""Defaults and constants that have another value now. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podium.checks.configuration.code import key_reads
from podium.checks.mentions.names import called
from podium.checks.mentions.untrue import Untrue
from podium.checks.module_changes import ModuleChange
from podium.evidence.change_rules import changed_lines
from podium.evidence.test_code import is_program
from podium.runs.model import FileChange

_LINE_LIMIT = 1000
_LITERAL = r"(\"[^\"\\]{0,80}\"|'[^'\\]{0,80}'|-?\d[\w.]{0,30}|True|False|None|true|false|null|nil)"
_CONSTANT = re.compile(
    r"\s{0,40}(?:(?:export|pub|public|static|final|const|let|var)\s+){0,4}([A-Z][A-Z0-9]*_[A-Z0-9_]*|Max[A-Z]\w*|Default[A-Z]\w*)"
    r"\s{0,5}(?::[^=\n]{1,40})?\s{0,5}:?=\s{0,5}" + _LITERAL + r"\s{0,5}[;,]?\s{0,5}(?:#.*|//.*)?$"
)
_FLAG = re.compile(r"[\"'](--[A-Za-z][\w-]{2,60})[\"'].{0,300}\bdefault\s{0,5}[=:]\s{0,5}" + _LITERAL)
_WORDLESS = frozenset(("0", "1", "true", "false", "none", "null", "nil", "", "-1", "2"))


def defaults_of(modules: tuple[ModuleChange, ...]) -> Iterator[Untrue]:
    """Parameters with another default: told where the function's name stands in the same file."""
    for module in modules:
        for name, old in module.old.callees.items():
            now = module.new.callees.get(name)
            if now is None or (name.rpartition(".")[2].startswith("__") and not name.endswith("__init__")):
                continue
            after = {each.name: each.default for each in now.parameters}
            for each in old.parameters:
                was, is_now = each.default, after.get(each.name)
                if was is not None and is_now is not None and was != is_now:
                    yield from _value(each.name, was, is_now, called(name), module.change.path)


def values_of(changes: tuple[FileChange, ...]) -> Iterator[Untrue]:
    """Constants, flags, configuration keys and variables with another value or default, by line."""
    places: dict[str, str] = {}
    gone: dict[str, set[str]] = {}
    come: dict[str, set[str]] = {}
    for change in changes:
        if not is_program(change.path):
            continue
        for line in changed_lines(change):
            side = gone if line.kind == "-" else come
            for name, value in _values(line.text[:_LINE_LIMIT]):
                side.setdefault(name, set()).add(value)
                places[name] = change.path
    for name in sorted(gone.keys() & come.keys()):
        if len(gone[name]) == len(come[name]) == 1 and gone[name] != come[name]:
            yield from _value(name, next(iter(gone[name])), next(iter(come[name])), "", places[name])


def _values(text: str) -> Iterator[tuple[str, str]]:
    constant = _CONSTANT.match(text)
    if constant:
        yield constant[1], constant[2]
    flag = _FLAG.search(text) if "--" in text else None
    if flag:
        yield flag[1], flag[2]
    for each in key_reads(text):
        if each.default is not None:
            yield each.key, each.default


def _value(name: str, old: str, new: str, near: str, place: str) -> Iterator[Untrue]:
    was, now = old.strip("\"'"), new.strip("\"'")
    if len(name) < 2 or name == was or len(was) > 80 or was == now or not re.fullmatch(r"[\w.:/ -]*", was):
        return
    if was.lower() in _WORDLESS and (len(name) < 5 or was.lower() in ("", "none", "null", "nil")):
        return
    message = f"says {was} of {name}, which is {now[:80]} in {place} now"
    yield Untrue(needle=name, beside=was, unless=now, near=near, message=message, where="prose")
