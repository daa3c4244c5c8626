"""One key of a configuration where it stands, and how its value is shown. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeAlias

from podium.evidence.secret_texts import secret_in

_SECRET = re.compile(r"(?i)pass(?:wd|word|phrase)?|secret|token|credential|private|api_?key|access_?key|\bdsn\b|salt")
_SHOWN = 60


@dataclass(frozen=True)
class Entry:
    """One key; `value` is its value or its default as it is written, None = none is seen."""

    line: int
    value: str | None = None


Entries: TypeAlias = dict[str, Entry]


def shown(key: str, value: str) -> str:
    """A value in a finding; empty where it may be a secret."""
    flat = " ".join(value.split())
    return "" if _SECRET.search(key) or secret_in(f"{key} = '{flat}'") else _cut(flat, 0)


def was_and_is(key: str, old: str, new: str) -> str:
    """How a value changed, in words that give no secret away. Of long values, the parts in which they differ."""
    if not (shown(key, old) and shown(key, new)):
        return "is another one"
    before, after = " ".join(old.split()), " ".join(new.split())
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    start = max(0, same - _SHOWN // 3) if max(len(before), len(after)) > _SHOWN else 0
    return f"was {_cut(before, start)}, and is {_cut(after, start)}"


def _cut(text: str, start: int) -> str:
    end = start + _SHOWN
    return ("…" if start else "") + (text[start:] if len(text) <= end else f"{text[start : end - 1]}…")
