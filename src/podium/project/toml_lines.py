"""Where each key of a TOML document stands.

The standard library's parser gives values without places, so a second, much simpler pass finds the line of every table
header, key and array element. It runs only on text that the real parser accepted, and therefore needs to know just
enough TOML to skip over values: strings, comments and brackets.
"""

from __future__ import annotations

import re
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the root: ("task", 0, "scope", 2)."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(["\\bfnrt]))')
_NAMED = {'"': '"', "\\": "\\", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_PLAIN_VALUE = re.compile(r"[^\s,\[\]{}#\"']+")


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of each table, key and array element of a valid TOML document."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.lines: dict[KeyPath, int] = {}
        self.counts: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._blank():
            line = self.line
            if self.text.startswith("[", self.at):
                table = self._header(line)
            else:
                path = self._note((*table, *self._key()), line)
                self._value(path)
        return self.lines

    def _note(self, path: KeyPath, line: int) -> KeyPath:
        for end in range(1, len(path) + 1):
            self.lines.setdefault(path[:end], line)
        return path

    def _forward(self, to: int) -> None:
        self.line += self.text.count("\n", self.at, to)
        self.at = to

    def _blank(self) -> bool:
        """Skip white space and comments; False at the end of the text."""
        while self.at < len(self.text):
            here = self.text[self.at]
            if here == "#":
                end = self.text.find("\n", self.at)
                self._forward(len(self.text) if end < 0 else end)
            elif here in " \t\r\n":
                self._forward(self.at + 1)
            else:
                return True
        return False

    def _header(self, line: int) -> KeyPath:
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        path: KeyPath = ()
        keys = self._key()
        for number, key in enumerate(keys):
            path = _extended(path, key)
            if many and number == len(keys) - 1:
                self.lines.setdefault(path, line)
                self.counts[path] = self.counts.get(path, -1) + 1
            count = self.counts.get(path)
            path = path if count is None else _extended(path, count)
        self._blank()
        self.at += 2 if many else 1
        self.lines.setdefault(path, line)
        return path

    def _key(self) -> tuple[str, ...]:
        """A dotted key; stops before the `=` or `]` that follows it."""
        parts: list[str] = []
        while True:
            self._blank()
            if self.text[self.at] in "\"'":
                parts.append(self._string())
            else:
                bare = _BARE.match(self.text, self.at)
                if bare is None:  # cannot happen in a valid document; never loop on one that is not
                    raise ValueError(f"no TOML key on line {self.line}")
                parts.append(bare.group())
                self.at = bare.end()
            self._blank()
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def _value(self, path: KeyPath) -> None:
        self._blank()
        if self.text.startswith("=", self.at):
            self.at += 1
            self._blank()
        here = self.text[self.at]
        if here == "[":
            self._array(path)
        elif here == "{":
            self._inline(path)
        elif here in "\"'":
            self._string()
        else:
            plain = _PLAIN_VALUE.match(self.text, self.at)
            self._forward(plain.end() if plain else self.at + 1)
            # A date and a time may be parted by one space; what follows a value otherwise is no digit.
            if self.text.startswith(" ", self.at) and self.text[self.at + 1 : self.at + 2].isdigit():
                self.at += 1
                self._value(path)

    def _array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        while self._blank() and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
                index += 1
                continue
            self._value(self._note((*path, index), self.line))
        self.at += 1

    def _inline(self, path: KeyPath) -> None:
        self.at += 1
        while self._blank() and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            line = self.line
            self._value(self._note((*path, *self._key()), line))
        self.at += 1

    def _string(self) -> str:
        mark = self.text[self.at]
        fence = mark * 3 if self.text.startswith(mark * 3, self.at) else mark
        begin = self.at + len(fence)
        end = begin
        while not self.text.startswith(fence, end):
            end += 2 if mark == '"' and self.text[end] == "\\" else 1
        while len(fence) == 3 and self.text.startswith(fence, end + 1):
            end += 1  # up to two quotes may stand before the closing three
        raw = self.text[begin:end]
        self._forward(end + len(fence))
        return raw if mark == "'" else _ESCAPE.sub(_unescape, raw)


def _extended(path: KeyPath, part: str | int) -> KeyPath:
    return (*path, part)


def _unescape(found: re.Match[str]) -> str:
    code = found.group(1) or found.group(2)
    return chr(int(code, 16)) if code else _NAMED[found.group(3)]
