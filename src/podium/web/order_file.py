"""Reading orders, kept on disk by the ids of their hunks: scoring a large diff is slow, and its order is short."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from podium.review.reading import Placed
from podium.runs.model import FileChange, Hunk
from podium.web.apart import Place

Where: TypeAlias = Mapping[str, tuple[FileChange, Hunk]]
"""Hunks by id."""
_MOST_CACHED = 40


def as_it_is(changes: Sequence[FileChange]) -> tuple[Placed, ...]:
    """The hunks as the diff has them, where no order could be made."""
    return tuple(
        Placed(hunk=hunk, change=change, score=0.0, reasons=(), lines=sum(line.kind != " " for line in hunk.lines))
        for change in changes
        for hunk in change.hunks
    )


def load(file: Path, where: Where) -> tuple[Placed, ...] | None:
    """The order that was kept there, if it is one of exactly these hunks."""
    try:
        places = msgspec.json.decode(file.read_bytes(), type=tuple[Place, ...])
        return placed_by(places, where)
    except (OSError, ValueError):  # absent, damaged, or of another diff
        return None


def placed_by(places: Sequence[Place], where: Where) -> tuple[Placed, ...]:
    """Places with their hunks. Raises ValueError unless each hunk has exactly one: none is ever lost from a page."""
    if len(places) != len(where) or {place.hunk for place in places} != set(where):
        raise ValueError("it is the order of other hunks")
    return tuple(
        Placed(
            hunk=where[place.hunk][1],
            change=where[place.hunk][0],
            score=place.score,
            reasons=place.reasons,
            lines=place.lines,
        )
        for place in places
    )


def save(file: Path, placed: Sequence[Placed]) -> None:
    """Keep an order there, and forget the oldest of many."""
    kept = tuple(Place(hunk=each.hunk.id, score=each.score, reasons=each.reasons, lines=each.lines) for each in placed)
    fresh = file.with_name(f".{file.name}.{threading.get_ident()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh.write_bytes(msgspec.json.encode(kept))
        fresh.replace(file)
        for old in sorted(file.parent.glob("*.json"), key=lambda each: each.stat().st_mtime)[:-_MOST_CACHED]:
            old.unlink(missing_ok=True)
    except OSError:  # a full disk makes the next start slower, nothing else
        fresh.unlink(missing_ok=True)
