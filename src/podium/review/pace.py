"""How fast a person reads, with the known limits as calm hints.

Reading times are seconds on screen, visible and focused (podium.review.batch). Where the limits come from: detection of
defects falls above 400 lines a sitting, above 500 lines an hour, and after 60 to 90 minutes (Cisco, SmartBear).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from podium.kernel.clock import moment
from podium.kernel.value import Value
from podium.review.model import MarkName, TimeBatch
from podium.runs.model import Hunk

LINES_A_SITTING = 400
LINES_AN_HOUR = 500
MINUTES_TIRED, MINUTES_SPENT = 60.0, 90.0
_BREAK = timedelta(minutes=15)  # without reading: what comes after is another sitting
_SECONDS_A_LINE = 0.4  # below this nobody has read a line of code
_LEAST, _MOST = 0.8, 20.0


class Pace(Value, frozen=True, kw_only=True):
    """One person's pace with one candidate, in the sitting that lasts now, and the hints that it gives reason for."""

    lines: int  # changed lines of the hunks that were read
    minutes: float  # of reading those
    lines_an_hour: float | None  # None = too little was measured to tell
    sitting_minutes: float  # since this sitting began, over all that was read in it
    sitting_lines: int
    hints: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """For the receipt: what was measured, in words; empty when nothing was."""
        if not self.minutes:
            return ""
        speed = "" if self.lines_an_hour is None else f", {self.lines_an_hour:.0f} lines an hour"
        return f"{self.lines} changed lines in {self.minutes:.0f} min{speed}"


def least_seconds(hunk: Hunk) -> float:
    """How long a hunk must be on screen, visible and focused, before it can count as seen."""
    changed = sum(line.kind != " " and bool(line.text.strip()) for line in hunk.lines)
    return round(min(max(changed * _SECONDS_A_LINE, _LEAST), _MOST), 1)


def seconds_by_hunk(batches: Iterable[TimeBatch]) -> dict[str, float]:
    """How long each hunk was read, in all batches together; a batch that is there twice counts once."""
    found: dict[str, float] = {}
    for batch in _once(batches):
        for time in batch.times:
            found[time.hunk] = found.get(time.hunk, 0.0) + time.seconds
    return found


def pace(batches: Iterable[TimeBatch], hunks: Iterable[Hunk], own_marks: Mapping[str, MarkName], now: str) -> Pace:
    """The pace of the person to whom the batches and marks belong. `batches` may hold those of other tasks too."""
    known, everything = tuple(hunks), tuple(_once(batches))
    seconds = seconds_by_hunk(everything)
    read = [hunk for hunk in known if own_marks.get(hunk.id, "unseen") != "unseen" and hunk.id in seconds]
    lines = sum(map(changed_lines, read))
    minutes = sum(seconds[hunk.id] for hunk in read) / 60
    sitting = _sitting(everything, moment(now))
    sat = _minutes(sitting)
    sat_hunks = {time.hunk for batch in sitting for time in batch.times}
    sat_lines = sum(changed_lines(hunk) for hunk in read if hunk.id in sat_hunks)
    speed = lines / minutes * 60 if minutes >= 1 else None
    return Pace(
        lines=lines,
        minutes=round(minutes, 1),
        lines_an_hour=None if speed is None else round(speed),
        sitting_minutes=round(sat, 1),
        sitting_lines=sat_lines,
        hints=tuple(_hints(sat, sat_lines, speed)),
    )


def changed_lines(hunk: Hunk) -> int:
    """How many lines a hunk adds and removes."""
    return sum(line.kind != " " for line in hunk.lines)


def _hints(minutes: float, lines: int, speed: float | None) -> Iterable[str]:
    if minutes >= MINUTES_SPENT:
        yield f"{minutes:.0f} minutes in this sitting: few defects are found after 90; the marks will wait"
    elif minutes >= MINUTES_TIRED:
        yield f"{minutes:.0f} minutes in this sitting: attention falls between 60 and 90"
    if lines > LINES_A_SITTING:
        yield f"{lines} lines in this sitting: beyond 400 fewer defects are found"
    if speed is not None and speed > LINES_AN_HOUR:
        yield f"{speed:.0f} lines an hour: above 500 fewer defects are found"


def _once(batches: Iterable[TimeBatch]) -> Iterable[TimeBatch]:
    return {(batch.by, batch.id): batch for batch in batches}.values()


def _sitting(batches: Iterable[TimeBatch], now: datetime) -> list[TimeBatch]:
    """The batches of the sitting that lasts now: back from now, up to the first break."""
    found: list[TimeBatch] = []
    since = now
    for batch in sorted(batches, key=lambda each: each.ended, reverse=True):
        if since - moment(batch.ended) > _BREAK:
            break
        found.append(batch)
        since = min(since, moment(batch.began))
    return found


def _minutes(batches: Iterable[TimeBatch]) -> float:
    """The time that the batches cover; where two tabs overlap it counts once."""
    covered, until = 0.0, None
    for batch in sorted(batches, key=lambda each: each.began):
        begin, end = moment(batch.began), moment(batch.ended)
        begin = begin if until is None else max(begin, until)
        covered += max((end - begin).total_seconds(), 0.0)
        until = end if until is None else max(until, end)
    return covered / 60
