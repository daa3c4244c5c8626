"""Taking keys out of texts before they are stored or shown: those that are known, and what has the shape of one. Pure.

It works on text and on lines of JSON alike: nothing that it takes out or puts in holds a quote or a backslash.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar, cast
from urllib.parse import quote, quote_plus

import msgspec

from podium.evidence.model import Execution, Item
from podium.kernel.value import Value, canonical
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
_BEGINNINGS: Final = (
    "AKIA", "ASIA", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxa-", "xoxb-", "xoxo-",
    "xoxp-", "xoxr-", "xoxs-", "rk_live_", "sk_live_", "sk-", "pypi-AgEIcHlwaS5vcmc", "npm_", "eyJ", "-----BEGIN",
)  # fmt: skip
_LAST_WORD: Final = re.compile(r"[A-Za-z0-9_.\-]+\Z")
_OPEN_KEY: Final = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----(?!.*-----END ).*\Z", re.DOTALL)
_LONGEST: Final = 8192
"""More than that is held back for no key."""
_SECRET_NAME: Final = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)


class Redactor:
    """Takes out the texts in `known`, and whatever has the shape of a key."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        texts = {text for text in known if len(text) >= LEAST and text != PLACEHOLDER_KEY}
        forms = {form for text in texts for form in _forms(text)}
        self._known = tuple(sorted(forms))
        exact = [re.escape(form) for form in sorted(forms, key=len, reverse=True)]
        self._text = re.compile("|".join((*exact, *_SHAPES)), re.ASCII)
        self._bytes = re.compile("|".join((*exact, *_SHAPES)).encode())

    def text(self, text: str) -> str:
        """The text without keys."""
        return self._text.sub(MARK, text)

    @property
    def knows_any(self) -> bool:
        """Whether any text is known, beside the shapes."""
        return bool(self._known)

    def holds_known(self, data: bytes) -> bool:
        """Whether one of the known texts stands in there, in any of its forms."""
        return any(text.encode("utf-8", "surrogateescape") in data for text in self._known)

    def open_end(self, text: str) -> int:
        """Where in a text that goes on a key may begin which is not whole yet; its length when that is nowhere."""
        starts = [len(text)]
        tail = max(0, len(text) - _LONGEST)
        if found := _OPEN_KEY.search(text, tail):
            starts.append(found.start())
        if found := _LAST_WORD.search(text, tail):
            word = found[0]
            if any(word.startswith(each) or each.startswith(word) for each in _BEGINNINGS):
                starts.append(found.start())
        starts.extend(len(text) - _begun(known, text) for known in self._known)
        return min(starts)

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


SHAPES: Final = Redactor()
"""Takes out what has the shape of a key."""

_V = TypeVar("_V", bound=Value)


def clean(value: _V, redactor: Redactor) -> _V:
    """A value of ours without keys in any of its texts."""
    whole = canonical(value)
    line = redactor.line(whole)
    return value if line == whole else msgspec.json.decode(line, type=type(value))


def clean_item(item: Item, redactor: Redactor) -> Item:
    """An item of evidence without keys in anything that was printed or written on the way to it.

    What identifies it, and the command that reproduces it, stay as they are.
    """
    return msgspec.structs.replace(
        item,
        outcome=clean(item.outcome, redactor),
        findings=tuple(
            msgspec.structs.replace(
                each,
                message=redactor.text(each.message),
                example=clean(each.example, redactor) if each.example is not None else None,
            )
            for each in item.findings
        ),
        base=clean_execution(item.base, redactor) if item.base is not None else None,
        candidate=clean_execution(item.candidate, redactor) if item.candidate is not None else None,
        repeats=tuple(clean_execution(each, redactor) for each in item.repeats),
        mutants=tuple(msgspec.structs.replace(each, ask=redactor.text(each.ask)) for each in item.mutants),
    )


def clean_execution(execution: Execution, redactor: Redactor) -> Execution:
    """A run of a command without keys in its output; the digest stays that of what was printed."""
    return msgspec.structs.replace(
        execution,
        output=redactor.text(execution.output),
        detail=redactor.text(execution.detail),
        failing=tuple(redactor.text(each) for each in execution.failing),
    )


def secret_values(variables: Mapping[str, str]) -> list[str]:
    """The values of variables whose names say that they are secret."""
    return [value for name, value in variables.items() if _SECRET_NAME.search(name)]


def _begun(known: str, text: str) -> int:
    """How many letters of a known text, not all of them, a text ends with."""
    last, longest = text[-1:], min(len(known) - 1, len(text))
    return next((n for n in range(longest, 0, -1) if known[n - 1] == last and text.endswith(known[:n])), 0)


def _forms(text: str) -> set[str]:
    """How a text may be written: as it is, as JSON writes it, in an address, as hexadecimal digits, in base64.

    What base64 makes of it depends on what stands before, by three places; of each, those letters that do not depend on
    the neighbours.
    """
    data = text.encode("utf-8", "surrogateescape")
    forms = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    forms |= {quote(data, safe=""), quote(data, safe="/"), quote_plus(data), data.hex(), data.hex().upper()}
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        spoilt = (len(data) + before) % 3 != 0  # the last letter holds bits of what comes next
        inner = whole[(0, 2, 3)[before] : len(whole) - spoilt]
        forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return {form for form in forms if len(form) >= LEAST}
