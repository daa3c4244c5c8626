"""A clock that moves only when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """A `podium.kernel.clock.Clock` for tests; it may be set back as well."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs a time zone")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float = 0.0, *, minutes: float = 0.0, hours: float = 0.0) -> datetime:
        """Moves the clock on (or back, by a negative figure) and returns the new present."""
        self._now += timedelta(seconds=seconds, minutes=minutes, hours=hours)
        return self._now

    def jump_to(self, moment: datetime) -> None:
        """Sets the clock, as a person or a time server does."""
        self._now = moment.astimezone(UTC)
