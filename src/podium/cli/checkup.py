"""What `podium doctor` reports: one line for each thing it looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from podium.kernel.errors import PodiumError

Verdict = Literal["ok", "note", "missing"]
"""`note`: it works, but less well than it could. `missing`: something required is not there."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `do` is what to do about it; empty for what is well."""

    name: str
    verdict: Verdict
    what: str
    do: str = ""
    more: tuple[str, ...] = ()


def guarded(name: str, look: Callable[[], list[Check]]) -> list[Check]:
    """What `look` finds; an error that it foresaw becomes a line of its own."""
    try:
        return look()
    except PodiumError as error:
        where = f"{error.where}: " if error.where else ""
        return [Check(name, "missing", where + error.what, error.do)]
