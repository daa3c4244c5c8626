"""Taking keys out of texts before they are stored or shown: those that are known, and what has the shape of one. Pure.

It works on text and on lines of JSON alike: nothing that it takes out or puts in holds a quote or a backslash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final, cast

from podium.project.providers import PLACEHOLDER_KEY

MARK: Final = "[redacted]"
LEAST: Final = 8
"""Shorter texts are no keys, and would be found everywhere."""

# A key begins a word; in a line of JSON, or behind a colour, letters may stand before it that are no part of it.
_START: Final = r"(?:(?<=\\[nrtbf])|(?<=\dm)|\b)"
_SHAPES: Final = (
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----[^\"]*?-----END (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    _START + r"(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    _START + r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})\b",
    _START + r"glpat-[\w-]{20,}",
    _START + r"xox[abposr]-[A-Za-z0-9-]{10,}",
    _START + r"AIza[0-9A-Za-z_-]{35}",
    _START + r"[rs]k_live_[0-9A-Za-z]{20,}",
    _START + r"sk-(?!podium-placeholder)(?:ant-|proj-)?[A-Za-z0-9_-]{32,}",
    _START + r"(?:pypi-AgEIcHlwaS5vcmc|npm_)[A-Za-z0-9_-]{30,}",
    _START + r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
)
_SECRET_NAME: Final = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)


class Redactor:
    """Takes out the texts in `known`, and whatever has the shape of a key."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        forms = {form for text in known if len(text) >= LEAST and text != PLACEHOLDER_KEY for form in _forms(text)}
        exact = [re.escape(form) for form in sorted(forms, key=len, reverse=True)]
        self._text = re.compile("|".join((*exact, *_SHAPES)), re.ASCII)
        self._bytes = re.compile("|".join((*exact, *_SHAPES)).encode())

    def text(self, text: str) -> str:
        """The text without keys."""
        return self._text.sub(MARK, text)

    def line(self, line: bytes) -> bytes:
        """A line of JSON (UTF-8) without keys; it stays JSON."""
        changed = self._bytes.sub(MARK.encode(), line)
        if changed == line:
            return line
        try:
            json.loads(changed)
        except ValueError:  # a key that looks like a part of an escape
            return json.dumps(self._value(json.loads(line))).encode() + line[len(line.rstrip(b"\n")) :]
        return changed

    def _value(self, value: object) -> object:
        match value:
            case str():
                return self.text(value)
            case list():
                return [self._value(each) for each in cast("list[object]", value)]
            case dict():
                return {self.text(name): self._value(each) for name, each in cast("dict[str, object]", value).items()}
            case _:
                return value


def secret_values(variables: Mapping[str, str]) -> list[str]:
    """The values of variables whose names say that they are secret."""
    return [value for name, value in variables.items() if _SECRET_NAME.search(name)]


def _forms(text: str) -> set[str]:
    """How a text may be written: as it is, and as JSON writes it."""
    return {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
