"""What a change made untrue, and where that would be said. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Where: TypeAlias = Literal["prose", "expected", "anywhere"]
"""Prose: documents, comments, docstrings. Expected: documents and all that belongs to tests. Anywhere: every text."""


@dataclass(frozen=True, kw_only=True)
class Untrue:
    """A text that says `needle` (and `beside`, and not `unless`, in the same line) is out of date."""

    needle: str
    message: str
    where: Where
    beside: str = ""
    unless: str = ""
    near: str = ""  # which has to stand somewhere in the same file
    quoted: bool = False  # only as code: in backticks, or called
    rule: str = "text-left"
    level: Literal["note", "warning"] = "note"
