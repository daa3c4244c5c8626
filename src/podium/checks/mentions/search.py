"""Looks for texts that a change made untrue, in the whole candidate."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from podium.checks.mentions.untrue import Untrue, Where
from podium.evidence.change_rules import changed_lines
from podium.evidence.fingerprint import Findings
from podium.evidence.test_code import belongs_to_tests, is_code
from podium.runs.model import FileChange

MOST = 80
"""Things that are looked for in the texts of a tree: each costs a look at all of them."""
_PAST = re.compile(rb"\s*\.\. (?:version\w{1,20}|deprecated)::")
_SPAN = re.compile(r"`{1,2}([^`]{1,200})`")
_EACH = 5  # places shown of one thing
_LINE_LIMIT = 2000
_LOOKS = 500  # lines of all files that are looked at for one thing
_HITS = 200  # lines of one file that are looked at for one thing
_BACK = 2000  # bytes above a line
_DOCUMENT = re.compile(r"\.(?:md|mdx|markdown|rst|txt|adoc|texi|org|1|[1-8]\.in)$|(?:^|/)README\w*$")
_HISTORY = re.compile(r"chang|histor|news|release|upgrad|migrat|licen[cs]e|notice|authors", re.IGNORECASE)
_LEFT_OUT = re.compile(
    r"(?:^|/)(?:node_modules|vendor|third_party|dist|build|\.git)/|\.(?:lock|min\.js|map|svg|csv|ipynb)$|lock\.(?:json|ya?ml)$"
)
_COMMENT = re.compile(
    r"\s*(?:#|//|/?\*|--|;|<!--|\"\"\"|''')|.{0,200}?(?:\s#\s|\s//\s|\bhelp\s*=|description\s*=|\.help\()"
)


def is_document(path: str) -> bool:
    """Whether a file is written for people."""
    return _DOCUMENT.search(path) is not None


def wanted_text(path: str) -> bool:
    """Whether a file is read at all: history says what was, and what others wrote is theirs."""
    return not _LEFT_OUT.search(path) and not _HISTORY.search(path.rpartition("/")[2])


def texts_left(
    untrue: Sequence[Untrue], files: Iterable[tuple[str, bytes]], changes: tuple[FileChange, ...], found: Findings
) -> None:
    """Note each line that is out of date and that the change did not write."""
    wanted = [(each, *map(_whole, (each.needle, each.beside, each.unless))) for each in untrue]
    written = {
        change.path: {line.new for line in changed_lines(change) if line.kind == "+"}
        for change in changes
        if change.status != "deleted"
    }
    shown: dict[str, int] = {}
    keys = [(each.needle.encode(), each.near.encode(), each.where, number) for number, each in enumerate(untrue)]
    room = [_LOOKS] * len(untrue)
    for path, data in files:
        places = _places(path)
        for number in [at for key, near, where, at in keys if key in data and near in data and where in places]:
            each, needle, beside, unless = wanted[number]
            if room[number] <= 0:
                continue
            if each.quoted and path in written and not is_code(path):
                continue  # a document that the change edited says of names what it wants to
            for at, line in _lines(each, path, data):
                room[number] -= 1
                if at in written.get(path, ()) or not needle(line) or not beside(line):
                    continue
                if (each.unless and unless(line)) or (each.quoted and not _as_code(each.needle, line)):
                    continue
                shown[each.message] = shown.get(each.message, 0) + 1
                if shown[each.message] <= _EACH:
                    found.add(each.rule, each.level, each.message, path=path, line=at, side="not changed")
    for message, count in shown.items():
        if count > _EACH:
            found.add("text-left", "note", f"{count - _EACH} more places: {message}")


def _places(path: str) -> frozenset[Where]:
    """What a file may be looked at for."""
    document, tests = is_document(path), belongs_to_tests(path)
    found: set[Where] = {"anywhere"}
    if document or (is_code(path) and not tests):
        found.add("prose")
    if document or tests:
        found.add("expected")
    return frozenset(found)


def _lines(each: Untrue, path: str, data: bytes) -> Iterator[tuple[int, str]]:
    """The lines that count: of code, where prose is looked for, comments and docstrings; none that tell history."""
    prose = each.where == "prose" and not is_document(path)
    for number, start, end in islice(_hits(each.needle.encode(), data), _HITS):
        if _tells_history(data, start):
            continue
        line = data[start : min(end, start + _LINE_LIMIT)].decode("utf-8", "replace")
        if not prose or _COMMENT.match(line) or (path.endswith(".py") and _in_docstring(data, start, end)):
            yield number, line


def _hits(needle: bytes, data: bytes) -> Iterator[tuple[int, int, int]]:
    """The lines with a text: each with its number, where it begins and where it ends."""
    number, counted, at = 1, 0, data.find(needle)
    while at >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        number += data.count(b"\n", counted, start)
        counted = start
        yield number, start, end
        at = data.find(needle, end)


def _in_docstring(data: bytes, start: int, end: int) -> bool:
    """Whether a line of Python stands within triple quotes, as far as counting them tells."""
    return any(data.count(quotes, 0, start) % 2 or quotes in data[start:end] for quotes in (b'"""', b"'''"))


def _tells_history(data: bytes, start: int) -> bool:
    """Whether a line belongs to a `versionchanged` or the like: the next line above that is indented less."""
    above = data[max(0, start - _BACK) : start].split(b"\n")[:-1]
    own = _indent(data[start : start + _LINE_LIMIT])
    less = next((line for line in reversed(above) if line.strip() and _indent(line) < own), b"")
    return _PAST.match(less) is not None


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip())


def _whole(text: str) -> Callable[[str], bool]:
    """Whether a line has a text that is not a part of a longer word, or of a longer path."""
    if not text:
        return lambda _: True
    joins = r"[\w/-]" if text.startswith("/") else r"[\w-]"
    before = f"(?<!{joins})" if text[:1].isalnum() or text[:1] in "_-/" else ""
    ending = r"\w" if "/" in text else r"\d"  # another file may be called the same and more
    after = f"(?!{joins})(?!\\.{ending})" if text[-1:].isalnum() or text[-1:] == "_" else ""
    pattern = re.compile(before + re.escape(text) + after)
    return lambda line: pattern.search(line) is not None


def _as_code(name: str, line: str) -> bool:
    """Whether a name stands in backticks, or is called."""
    return f"{name}(" in line or any(_whole(name)(span) for span in _SPAN.findall(line))
