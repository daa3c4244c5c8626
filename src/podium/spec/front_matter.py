"""The front matter of a spec: the few settings between two lines `---` at its top.

It is the part of YAML that people write there: `key: value`, a list in brackets or on lines that begin with `-`, quotes
and comments. It is read here rather than with a YAML library for three reasons: globs such as `**/*.py` need no quotes
(YAML takes `*` for an alias), a title may hold a colon and an owner may be called No, and every value keeps its place.
What goes beyond that is a located error, never a guess.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from podium.kernel.errors import UsageError

_FENCE = re.compile(r"(?:---|\.\.\.)[ \t]*")
_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)[ \t]*:(?=[ \t]|$)[ \t]*")
_ITEM = re.compile(r"([ \t]*)-(?:[ \t]+|$)")
_MOST_ITEMS = 500
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "/": "/"}


class Word(NamedTuple):
    """One value, and where it stands, both counted from 1."""

    text: str
    line: int
    column: int


class Entry(NamedTuple):
    """One key with its values: one for `key: value`, any number for a list."""

    key: Word
    values: tuple[Word, ...]
    is_list: bool


class FrontMatter(NamedTuple):
    """All entries, and the number of the line after which the document's body begins (0 without front matter)."""

    entries: dict[str, Entry]
    end: int

    def text(self, key: str) -> Word | None:
        """The single value of a key; None when it is absent or empty."""
        entry = self.entries.get(key)
        return entry.values[0] if entry and entry.values and entry.values[0].text else None

    def words(self, key: str) -> tuple[Word, ...]:
        """The values of a key, a single one counting as a list of one."""
        entry = self.entries.get(key)
        return tuple(word for word in entry.values if word.text) if entry else ()


def read_front_matter(text: str, path: str) -> FrontMatter:
    """The front matter at the top of a document.

    Raises UsageError, with line and column, for what is not of the form above.
    """
    lines = text.split("\n")
    if not re.fullmatch(r"---[ \t]*", lines[0]):
        return FrontMatter({}, 0)
    end = next((number for number, line in enumerate(lines[1:], 1) if _FENCE.fullmatch(line)), None)
    if end is None:
        raise UsageError(
            "the front matter never ends", where=f"{path}:1:1", do='Close it with a line "---" below its last setting.'
        )
    entries: dict[str, Entry] = {}
    key: Word | None = None
    for number, line in enumerate(lines[1:end], 2):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        item = _ITEM.match(line)
        if item is not None:
            if key is None or not entries[key.text].is_list:
                raise _error(path, number, item.end(1) + 1, "a list item without a key", 'Write a line "scope:" first.')
            _add_item(entries, key, _value(line, item.end(), number, path))
            continue
        key = _entry(entries, line, number, path)
    return FrontMatter(entries, end + 1)


def _add_item(entries: dict[str, Entry], key: Word, item: Word) -> None:
    entry = entries[key.text]
    if len(entry.values) >= _MOST_ITEMS:
        raise UsageError(f"{key.text!r} lists more than {_MOST_ITEMS} items", do="Use wider globs.")
    entries[key.text] = entry._replace(values=(*entry.values, item))


def _entry(entries: dict[str, Entry], line: str, number: int, path: str) -> Word:
    found = _KEY.match(line)
    if found is None:
        column = len(line) - len(line.lstrip()) + 1
        raise _error(path, number, column, f"{line.strip()[:40]!r} is no setting", "Write it as `key: value`.")
    key = Word(found.group(1).lower(), number, 1)
    if key.text in entries:
        raise _error(path, number, 1, f"{key.text!r} is given twice", "Keep one of the two lines.")
    begin = found.end()
    rest = _uncommented(line[begin:])
    if not rest:
        entries[key.text] = Entry(key, (), True)
    elif rest.startswith("["):
        entries[key.text] = Entry(key, _list(line, begin, number, path), True)
    elif rest[0] in "{|>&!" or rest.startswith("* "):
        raise _error(path, number, begin + 1, f"{rest[:20]!r} is more YAML than a spec takes", "Write one plain value.")
    else:
        entries[key.text] = Entry(key, (_value(line, begin, number, path),), False)
    return key


def _uncommented(text: str) -> str:
    """A value without its comment: a `#` begins one after white space."""
    found = re.search(r"(?:^|[ \t])#", text)
    return (text[: found.start()] if found else text).strip()


def _value(line: str, begin: int, number: int, path: str) -> Word:
    """One value up to the end of its line."""
    rest = line[begin:]
    if rest[:1] in ("'", '"'):
        text, end = _quoted(line, begin, number, path)
        if _uncommented(line[end:]):
            raise _error(path, number, end + 1, "text after the closing quote", "Quote the whole value, or none of it.")
        return Word(text, number, begin + 1)
    return Word(_uncommented(rest), number, begin + 1)


def _quoted(line: str, begin: int, number: int, path: str) -> tuple[str, int]:
    mark = line[begin]
    at = begin + 1
    parts: list[str] = []
    while at < len(line):
        char = line[at]
        if char == mark == "'" and line.startswith("''", at):
            parts.append("'")
            at += 2
        elif char == mark:
            return "".join(parts), at + 1
        elif char == "\\" and mark == '"':
            parts.append(_ESCAPES.get(line[at + 1 : at + 2], line[at : at + 2]))
            at += 2
        else:
            parts.append(char)
            at += 1
    raise _error(path, number, begin + 1, "a quote is not closed", "Close it on the same line.")


def _list(line: str, begin: int, number: int, path: str) -> tuple[Word, ...]:
    """A list in brackets on one line. Brackets of a glob's set may stand within a value."""
    at = begin + 1
    found: list[Word] = []
    while at < len(line):
        char = line[at]
        if char in " \t,":
            at += 1
        elif char == "]":
            if _uncommented(line[at + 1 :]):
                break
            return tuple(found)
        elif char in "'\"":
            text, end = _quoted(line, at, number, path)
            found.append(Word(text, number, at + 1))
            at = end
        else:
            end = at
            depth = 0
            while end < len(line) and (depth or line[end] not in ",]"):
                depth += (line[end] == "[") - (line[end] == "]")
                end += 1
            found.append(Word(line[at:end].strip(), number, at + 1))
            at = end
    raise _error(path, number, begin + 1, "a list in brackets is not closed on its line", 'Write it as ["a", "b"].')


def _error(path: str, line: int, column: int, what: str, do: str) -> UsageError:
    return UsageError(what, where=f"{path}:{line}:{column}", do=do)
