"""Points: numbered review comments that know what they are about and stay open until they are closed or met."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec

from podium.evidence.model import Fails, Holds, Item
from podium.kernel.errors import NotFoundError, UsageError
from podium.kernel.value import Value
from podium.review.anchors import anchor_at
from podium.review.drafts import Draft
from podium.review.events import PointClosed
from podium.review.model import Point, TaskReview
from podium.review.person import require_person
from podium.review.replies import Reply
from podium.runs.model import FileChange

_CLAUSE = re.compile(r"(?<![A-Za-z0-9_])([BED][1-9][0-9]{0,3})(?![A-Za-z0-9_])")
_PLACE = re.compile(r"(?<!\S)[`'\"(]?([^\s`'\":()]{1,400}):([1-9][0-9]{0,7})(?![0-9])")
_NUMBER = re.compile(r"^P([1-9][0-9]*)$")


class Open(Value, frozen=True, kw_only=True, tag="open"):
    """Nobody has closed it, and no evidence meets it."""


class Met(Value, frozen=True, kw_only=True, tag="met"):
    """The checks that failed when it was raised hold now."""

    checks: tuple[str, ...]


class Closed(Value, frozen=True, kw_only=True, tag="closed"):
    """A person closed it."""

    why: str
    by: str


class Answered(Value, frozen=True, kw_only=True, tag="answered"):
    """Nobody has closed it and no evidence meets it, but the agent says what it did: a claim. It counts as open."""

    claim: str
    round: int


PointState: TypeAlias = Open | Answered | Met | Closed


def state(point: Point, items: Iterable[Item], replies: Mapping[str, Reply] | None = None) -> PointState:
    """How a point stands, given the evidence of the candidate that is being judged.

    `replies` are what agents say of points (podium.review.replies): they make a point `Answered`, never more.
    """
    if point.closed:
        return Closed(why=point.closed, by=point.closed_by)
    holding = {item.name for item in items if isinstance(item.outcome, Holds)}
    if point.failing and holding.issuperset(point.failing):
        return Met(checks=point.failing)
    reply = (replies or {}).get(point.id)
    return Answered(claim=reply.text, round=reply.round) if reply else Open()


def still_open(points: Iterable[Point], items: Iterable[Item]) -> tuple[Point, ...]:
    """The points that are neither closed nor met."""
    known = tuple(items)
    return tuple(point for point in points if isinstance(state(point, known), Open))


def write(
    texts: Iterable[str | Draft],
    *,
    review: TaskReview,
    by: str,
    round_number: int,
    clauses: Iterable[str],
    changes: tuple[FileChange, ...] = (),
    items: Iterable[Item] = (),
) -> tuple[Point, ...]:
    """Numbered points from what a person wrote; blank texts, and drafts that were sent already, are left out.

    A clause (`B2`) and a place (`src/x.py:41`) are taken from the text; a place must be a file that the candidate
    changes, and it is tied to the hunk that shows the line, where one does.
    """
    written: list[Point] = []
    known, evidence = frozenset(clauses), tuple(items)
    first = 1 + max((_number(point.id) for point in review.points), default=0)
    sent = {point.draft for point in review.points if point.draft}
    drafts = ((each.said, each.id) if isinstance(each, Draft) else (each, "") for each in texts)
    fresh = ((text.strip(), draft) for text, draft in drafts if text.strip() and draft not in sent)
    for offset, (text, draft) in enumerate(fresh):
        clause = next((name for name in _CLAUSE.findall(text) if name in known), "")
        path, line = _place(text, changes)
        failing = tuple(i.name for i in evidence if clause and i.clause == clause and isinstance(i.outcome, Fails))
        written.append(
            Point(
                id=f"P{first + offset}",
                text=text,
                round=round_number,
                by=by,
                clause=clause,
                path=path,
                line=line,
                hunk=_hunk_at(path, line, changes),
                failing=failing,
                anchor=anchor_at(path, line, changes),
                draft=draft,
            )
        )
    return tuple(written)


def renumbered(written: Iterable[Point], review: TaskReview) -> tuple[Point, ...]:
    """Points that were written earlier, with the numbers that are free in the review now."""
    first = 1 + max((_number(point.id) for point in review.points), default=0)
    return tuple(msgspec.structs.replace(point, id=f"P{first + offset}") for offset, point in enumerate(written))


def close(review: TaskReview, *, actor: str, point: str, why: str) -> PointClosed:
    """The event that closes a point. Only a person closes one, with a reason.

    Raises NotFoundError for an unknown or closed point, UsageError without a reason.
    """
    by = require_person(actor, "close a point of")
    open_ids = [each.id for each in review.points if not each.closed]
    if point not in open_ids:
        raise NotFoundError(
            f"there is no open point {point}",
            where=f"{review.spec}/{review.task}",
            do=f"Open points: {', '.join(open_ids)}" if open_ids else "This task has no open points.",
        )
    if not why.strip():
        raise UsageError("a point is closed with a reason", where=point, do="Say why it is met, or why it is dropped.")
    return PointClosed(spec=review.spec, task=review.task, point=point, why=why.strip(), by=by)


def _number(name: str) -> int:
    found = _NUMBER.match(name)
    return int(found[1]) if found else 0


def _place(text: str, changes: tuple[FileChange, ...]) -> tuple[str, int]:
    paths = {change.path for change in changes}
    for path, line in _PLACE.findall(text):
        if path in paths:
            return path, int(line)
    return "", 0


def _hunk_at(path: str, line: int, changes: tuple[FileChange, ...]) -> str:
    hunks = (hunk for change in changes if path and change.path == path for hunk in change.hunks)
    return next((hunk.id for hunk in hunks if any(row.new == line for row in hunk.lines)), "")
