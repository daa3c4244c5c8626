"""One key of a configuration where it stands, and how its value is shown. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
    if _SECRET.search(key) or secret_in(f"{key} = '{flat}'"):
        return ""
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"


def was_and_is(key: str, old: str, new: str) -> str:
    """How a value changed, in words that give no secret away."""
    before, after = shown(key, old), shown(key, new)
    return f"was {before}, and is {after}" if before and after else "is another one"
