"""The configuration keys that code reads by name, with their defaults. By line, so for every language. Pure.

A key is read where a quoted name is looked up in something that is called a configuration: `config["cache.ttl"]`,
`settings.get("retries", 3)`, `viper.GetInt("port")`, a field tag of a Go struct, `settings.DEBUG` as in Django. An
ordinary dictionary is none. Other attributes (`config.strict`) may be anything of an object: they are told as hints, so
that a key which became one is not taken for gone. Variables of the environment are read for their defaults only:
`podium.evidence.interfaces` tells of their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_LINE_LIMIT = 2000
_BEFORE = 80  # characters before a look-up in which the name of what is looked into stands
_QUOTE = r"[\"'`]"
_LOOK_UP = re.compile(
    r"(?:\[|\.(?P<method>[A-Za-z_]{2,24})(?:::<[\w:<>]{1,40}>)?\()\s{0,20}[rb]?"
    + _QUOTE
    + r"(?P<key>[A-Za-z_][\w.:/-]{0,80})"
    + _QUOTE
)
_METHOD = re.compile(
    r"(?i)(?:get|has|is_?set|require|fetch|set_?default|lookup)_?"
    r"(?:or|option|int|integer|float|float64|bool|boolean|str|string|list|string_?slice|duration|array|table|env)?"
)
_PAIR = re.compile(r"(?i)get(?:int|float|boolean)|has_option")  # of configparser: a section, then an option
_RECEIVER = re.compile(r"(?i)(?:config|configuration|cfg|conf|settings|preferences|prefs|viper)(?:\(\))?$")
_SECOND = re.compile(r"\s{0,20},\s{0,20}[\"']([A-Za-z_][\w.-]{0,80})[\"']")
_LITERAL = r"(\"[^\"\\]{0,200}\"|'[^'\\]{0,200}'|-?\d[\w.]{0,30}|True|False|None|true|false|null|nil)"
_DEFAULT = re.compile(
    r"(?:\s{0,20},\s{0,20}(?:default\s{0,5}=\s{0,5}|fallback\s{0,5}=\s{0,5}|fallback:\s{0,5})?"
    + _LITERAL
    + r"\s{0,20}[,)]"
    r"|[\])]{0,2}\s{0,20}(?:\?\?|\|\||\bor\b)\s{0,20}" + _LITERAL + r")"
)
_VARIABLE = re.compile(
    r"(?:environ(?:\.get\(|\[)|getenv\(|\bprocess\.env\[)\s{0,20}[\"'`](?P<quoted>[A-Za-z_]\w{0,80})[\"'`]"
    r"|\b(?:process|import\.meta)\.env\.(?P<plain>[A-Za-z_]\w{0,80})"
)
_ATTRIBUTE = re.compile(r"(config|cfg|conf|settings|preferences|prefs)(?:\(\))?\.([A-Za-z_]\w{0,80})(?![\w(:])")
_TAG = re.compile(r"\b(?:mapstructure|koanf|toml|yaml|ini):\"([A-Za-z_][\w.-]{0,80})")


@dataclass(frozen=True)
class KeyRead:
    """One look-up; `default` is the literal that is taken where the key is not set, None = none is seen."""

    key: str
    line: int
    default: str | None
    sort: Literal["key", "variable", "hint"] = "key"


def key_reads(text: str) -> Iterator[KeyRead]:
    """Every look-up of a configuration key, and of a variable of the environment, in one file."""
    for number, whole in enumerate(text.split("\n"), 1):
        line = whole[:_LINE_LIMIT]
        yield from _look_ups(line, number)
        if "env" in line:
            for found in _VARIABLE.finditer(line):
                name = found["quoted"] or found["plain"]
                yield KeyRead(name, number, _default(line, found.end()), "variable")
        for found in _ATTRIBUTE.finditer(line):
            is_key = found[1] == "settings" and found[2].isupper()
            yield KeyRead(found[2], number, None, "key" if is_key else "hint")
        if "`" in line and ':"' in line:
            for found in _TAG.finditer(line):
                yield KeyRead(found[1], number, None)


def _look_ups(line: str, number: int) -> Iterator[KeyRead]:
    for found in _LOOK_UP.finditer(line):
        method = found["method"] or ""
        if method and not _METHOD.fullmatch(method):
            continue
        if not _RECEIVER.search(line[max(0, found.start() - _BEFORE) : found.start()]):
            continue
        key, end = found["key"], found.end()
        second = _SECOND.match(line, end) if method and _PAIR.fullmatch(method) else None
        if second:
            key, end = f"{key}.{second[1]}", second.end()
        yield KeyRead(key, number, _default(line, end))


def _default(line: str, at: int) -> str | None:
    found = _DEFAULT.match(line, at)
    return None if found is None else found[1] or found[2]
