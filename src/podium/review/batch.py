"""What a page sends of a person's reading: marks and times of a stretch of time, in a batch that may come twice.

A page keeps its batches in a queue of its own until each was taken, so that a lost connection, a reload or a restart of
the server loses nothing. A batch has an id that the page made; one that was taken in before is answered as taken and
changes nothing. Hunks that the round does not have are left out and named, they do not stop the queue.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from datetime import datetime

from podium.kernel.clock import moment, stamp
from podium.kernel.errors import UsageError
from podium.kernel.value import Value
from podium.review.events import HunksMarked
from podium.review.model import HunkTime, MarkName, TaskReview, TimeBatch
from podium.review.person import key, require_person

_LONGEST_ID = 64
_LONGEST_HOURS = 24.0


class Marked(Value, frozen=True, kw_only=True):
    """One mark, and when it was given (podium.kernel.clock.stamp)."""

    hunk: str
    mark: MarkName
    at: str


class ReadingBatch(Value, frozen=True, kw_only=True):
    """What one tab saw from `began` to `ended`. `times` hold only seconds on screen, visible and focused."""

    id: str
    run: str
    round: int
    began: str
    ended: str
    marks: tuple[Marked, ...] = ()
    times: tuple[HunkTime, ...] = ()


class Taken(Value, frozen=True, kw_only=True):
    """What became of a batch: events for the ledger (none for one that is repeated), times, hunks that the round lacks.

    Times of a repeated batch are told again: whoever keeps them keeps each batch once.
    """

    events: tuple[HunksMarked, ...]
    times: TimeBatch | None
    unknown: tuple[str, ...]
    repeated: bool = False


def decide_batch(batch: ReadingBatch, *, review: TaskReview, hunks: Collection[str], actor: str, now: str) -> Taken:
    """What a batch changes, given the ids of the hunks of its round.

    Raises PodiumError when the actor is no person, UsageError for a batch that makes no sense.
    """
    by = require_person(actor, "mark hunks of")
    if not batch.id or len(batch.id) > _LONGEST_ID or not batch.id.isascii() or not batch.id.isprintable():
        raise UsageError("a batch needs an id of at most 64 printable characters", where="batch")
    began, ended = _window(batch, now)
    known = frozenset(hunks)
    unknown = tuple(dict.fromkeys(each.hunk for each in (*batch.marks, *batch.times) if each.hunk not in known))
    events = tuple(
        HunksMarked(
            spec=review.spec,
            task=review.task,
            run=batch.run,
            round=batch.round,
            hunks=tuple(group),
            mark=mark,
            by=by,
            batch=batch.id,
            marked_at=at,
        )
        for mark, at, group in _groups(batch.marks, known, now)
    )
    times = _times(batch.times, known, began, ended)
    repeated = batch.id in review.batches.get(key(by), frozenset())
    measured = TimeBatch(id=batch.id, run=batch.run, round=batch.round, by=by, began=began, ended=ended, times=times)
    return Taken(
        events=() if repeated else events, times=measured if times else None, unknown=unknown, repeated=repeated
    )


def _window(batch: ReadingBatch, now: str) -> tuple[str, str]:
    """The stretch of time, put right where the page's clock is ahead of ours."""
    began, ended = _moment(batch.began), _moment(batch.ended)
    if ended < began or (ended - began).total_seconds() > _LONGEST_HOURS * 3600:
        raise UsageError("the batch ends before it begins, or spans more than a day", where=batch.id)
    ahead = ended - moment(now)
    if ahead.total_seconds() > 0:
        began, ended = began - ahead, ended - ahead
    return stamp(began), stamp(ended)


def _groups(marks: Iterable[Marked], known: frozenset[str], now: str) -> Iterable[tuple[MarkName, str, list[str]]]:
    """Neighbouring marks of one kind and moment together, in the order in which they were given."""
    groups: list[tuple[MarkName, str, list[str]]] = []
    for each in marks:
        if each.hunk not in known:
            continue
        at = min(stamp(_moment(each.at)), now)
        if groups and groups[-1][:2] == (each.mark, at):
            groups[-1][2].append(each.hunk)
        else:
            groups.append((each.mark, at, [each.hunk]))
    return groups


def _times(times: Iterable[HunkTime], known: frozenset[str], began: str, ended: str) -> tuple[HunkTime, ...]:
    """Seconds by hunk; together never more than the stretch of time has."""
    seconds: dict[str, float] = {}
    for each in times:
        if each.hunk in known and math.isfinite(each.seconds) and each.seconds > 0:
            seconds[each.hunk] = seconds.get(each.hunk, 0.0) + each.seconds
    room, spent = (_moment(ended) - _moment(began)).total_seconds(), sum(seconds.values())
    share = room / spent if spent > room else 1.0
    return tuple(
        HunkTime(hunk=hunk, seconds=round(spent * share, 1)) for hunk, spent in seconds.items() if spent * share >= 0.1
    )


def _moment(text: str) -> datetime:
    try:
        found = moment(text)
    except ValueError as error:
        raise UsageError(f"{text[:40]!r} is no moment", where="batch") from error
    if found.tzinfo is None:
        raise UsageError(f"{text[:40]!r} has no time zone", where="batch")
    return found
