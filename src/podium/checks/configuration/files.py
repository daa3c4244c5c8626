"""The keys that a shipped configuration file sets: TOML, JSON, INI, YAML, `.env` and `.properties`. Pure.

Files that configure tools, tests, builds or machines are none of the program's. YAML is read by its indentation, as far
as block mappings of plain values go, which is how configurations are written; lists and nested flow values count as
the text that they are.
"""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, cast

from podium.checks.configuration.entries import Entries, Entry
from podium.checks.ports import UnreadableError

LARGEST = 256 * 1024
"""Bytes of one file. Nobody sets more by hand; some of the readers take long for odd large ones."""

_NAMED = re.compile(
    r"(?i)(?:^|/)(?:[\w-]*[._-])?(?:config|configuration|settings|defaults?|options|preferences|application|appsettings)"
    r"(?:[._-][\w-]*)*\.(?:toml|ya?ml|json|ini|cfg|conf|properties)$"
    r"|(?i:(?:^|/)(?:\.env|env)(?:\.(?:example|sample|template|dist|defaults?))?$)"
)
_TOOL = re.compile(
    r"(?i)(?:^|/)(?:setup\.cfg|[jt]sconfig[\w.-]*|[\w.-]*(?:rc|lint|jest|vite|vitest|webpack|babel|prettier|karma|cypress|"
    r"playwright|rollup|renovate|mkdocs|docs|sphinx|codecov|pylint|mypy|pytest|tox|nox|logging|build|package|cargo|"
    r"pre-commit|commitlint|release|dependabot|gulp|grunt|ng|nx|lerna|turbo|biome)[._-][\w.-]*)$"
    r"|(?:^|/)\.(?!env)[\w-]+/|(?:^|/)(?:node_modules|vendor|third_party|ci|build|dist|docs?|examples?|benchmarks?)/"
)
_DEEPEST = 40
_PAIR = re.compile(r"\s{0,200}(?:export\s+)?([A-Za-z_][\w.-]{0,100})\s{0,20}[=:]\s{0,20}(.{0,500})")
_YAML = re.compile(
    r"( {0,200})(?![-#&*!|>%@`{\[])([^\s:#'\"][^:#]{0,100}|\"[^\"]{1,100}\"|'[^']{1,100}'):(?:\s+(.*))?$"
)


def is_settings_file(path: str) -> bool:
    """Whether a path looks like a configuration of the project's own program."""
    return bool(_NAMED.search(path)) and not _TOOL.search(path)


def file_keys(path: str, data: bytes) -> Entries:
    """The keys of a file by their dotted name, with the values as text. Raises UnreadableError."""
    if len(data) > LARGEST:
        raise UnreadableError(f"it has more than {LARGEST // 1024} kB, too much for a configuration")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError("it is not UTF-8") from error
    ending = path.rpartition("/")[2].rpartition(".")[2].lower()
    if ending in ("yaml", "yml"):
        return dict(_yaml(text))
    if ending == "properties" or "env" in path.rpartition("/")[2].lower().split("."):
        return dict(_pairs(text))
    try:
        flat = dict(_flat(_tree(ending, text)))
    except (ValueError, configparser.Error, RecursionError) as error:
        raise UnreadableError(f"it is no {ending.upper()} that can be read") from error
    return _placed(flat, text)


def _tree(ending: str, text: str) -> dict[str, Any]:
    if ending == "toml":
        return tomllib.loads(text)
    if ending == "json":
        found: object = json.loads(text)
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    try:
        parser.read_string(text)
    except configparser.MissingSectionHeaderError:
        parser.read_string(f"[{configparser.DEFAULTSECT}]\n{text}")
    sections = {name: dict(parser.items(name)) for name in parser.sections()}
    return {**dict(parser.defaults()), **sections}


def _flat(tree: dict[str, Any], above: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        key = f"{above}{name}"
        if isinstance(value, dict) and value and depth < _DEEPEST:
            yield from _flat(cast("dict[str, Any]", value), f"{key}.", depth + 1)
        else:
            yield key, json.dumps(value, default=str, ensure_ascii=False) if not isinstance(value, str) else value


def _placed(flat: dict[str, str], text: str) -> Entries:
    """Each key at the first line, from the top on, that begins with its last part."""
    lines: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        for found in re.findall(r"([\w.-]{1,100})[\"']?\s{0,20}[=:]", line[:2000]):
            lines.setdefault(found.rpartition(".")[2], []).append(number)
    placed: Entries = {}
    for key, value in flat.items():
        places = lines.get(key.rpartition(".")[2], [])
        placed[key] = Entry(places.pop(0) if len(places) > 1 else (places or [0])[0], value)
    return placed


def _pairs(text: str) -> Iterator[tuple[str, Entry]]:
    for number, line in enumerate(text.split("\n"), 1):
        found = None if line.lstrip().startswith(("#", "!", ";")) else _PAIR.match(line)
        if found:
            yield found[1], Entry(number, found[2].strip())


def _yaml(text: str) -> Iterator[tuple[str, Entry]]:
    above: list[tuple[int, str]] = []  # indentation and dotted name of the mappings that are open
    block = -1  # indentation of the key whose text goes on below it
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        bare = line.strip()
        indent = len(line) - len(line.lstrip(" "))
        if not bare or bare.startswith("#"):
            continue
        if bare.startswith("---"):
            above, block = [], -1
            continue
        if -1 < block < indent or (block == indent and bare.startswith("-")):
            continue
        block = -1
        found = _YAML.match(line.rstrip())
        if not found:
            continue
        while above and above[-1][0] >= indent:
            above.pop()
        key = ".".join([*(name for _, name in above[-1:]), found[2].strip().strip("\"'")])
        value = re.sub(r"(?:^|\s)#.*$", "", found[3] or "").strip()
        if value[:1] in ("|", ">") or _list_follows(lines, number, indent):
            block = indent
        if value and not (value[:1] == "&" and " " not in value):
            yield key, Entry(number, value)
        elif block == indent:
            yield key, Entry(number, "a list")
        elif len(above) < _DEEPEST:
            above.append((indent, key))


def _list_follows(lines: list[str], number: int, indent: int) -> bool:
    for line in lines[number : number + 20]:
        bare = line.strip()
        if bare and not bare.startswith("#"):
            return bare.startswith("- ") and len(line) - len(line.lstrip(" ")) >= indent
    return False
