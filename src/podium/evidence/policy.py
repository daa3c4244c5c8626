"""How grave a whole body of evidence is, for those who want one word: a CI, a script. Pure.

A person gets the items. The word says at most what they say, and never `clean` where something that had to be looked
at was not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from podium.evidence.model import Blind, BrokenBefore, Fails, Holds, Item, NotRun
from podium.project.model import FailOn

Severity: TypeAlias = Literal["clean", "warning", "error"]

# Who may touch a protected area is a question about who wrote the change, and outside a task nobody knows that.
_DEPENDS_ON_THE_AUTHOR = "protected"


def severity(items: Iterable[Item]) -> Severity:
    """The gravest word that any of these items deserves."""
    words = {_of(item) for item in items}
    return "error" if "error" in words else "warning" if "warning" in words else "clean"


def is_refused(verdict: Severity, fail_on: FailOn) -> bool:
    """Whether somebody who fails on this wants none of that."""
    match fail_on:
        case "error":
            return verdict == "error"
        case "warning":
            return verdict != "clean"
        case "never":
            return False


def _of(item: Item) -> Severity:
    levels = {finding.level for finding in item.findings}
    match item.outcome:
        case Fails():
            grave = item.required or ("error" in levels and item.kind != _DEPENDS_ON_THE_AUTHOR)
            return "error" if grave else "clean" if levels == {"note"} else "warning"
        case NotRun() | Blind():
            return "error" if item.required else "warning" if levels - {"note"} else "clean"
        case BrokenBefore():
            return "warning"
        case Holds():
            return "warning" if levels - {"note"} else "clean"
