"""What moved: one look at the ledger and the live transcripts, shared by every stream of events.

The ledger is polled (one SELECT on the head of the chain): decisions come from other processes, and from other machines
with PostgreSQL. Nothing is looked at while nobody listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

from podium.api.seat import Seat
from podium.conductor.attention import attention
from podium.conductor.background import conductor_pid
from podium.conductor.motion import in_motion
from podium.conductor.state import State
from podium.kernel.errors import PodiumError
from podium.supervisor.order import EVENTS

EVERY_SECONDS = 0.2
WATCH_SECONDS = 2.0  # between two looks at the conductor
PATIENCE_SECONDS = 15.0  # without one, before another one is started
_LOG = logging.getLogger("podium.web")


@dataclass(frozen=True)
class Beat:
    """One look: how far the ledger is, how many things need a person, how long the live transcripts are."""

    seq: int = 0
    needs: int = 0
    first: str = ""  # the most urgent need, in a few words
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])  # "run.round" -> bytes
    errands: int = 0  # another number whenever what is done in the background is further


class Pulse:
    """The newest beat, and whoever waits for the next one. Use from one event loop."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._beat = Beat()
        self._number = 0
        self._changed = asyncio.Condition()
        self._listeners = 0
        self._closed = False
        self._fault = ""
        self._next_watch = 0.0
        self._seen_conductor = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    async def beats(self) -> AsyncIterator[Beat | None]:
        """Every beat that differs from the one before, the current one first; None after a while without news."""
        seen = -1
        self._listeners += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            while not self._closed:
                try:
                    async with asyncio.timeout(15), self._changed:
                        while not self._closed and self._number in (0, seen):
                            await self._changed.wait()
                except TimeoutError:
                    yield None
                    continue
                if not self._closed:
                    seen = self._number
                    yield self._beat
        finally:
            self._listeners -= 1

    async def close(self) -> None:
        """Let every stream come to its end."""
        self._closed = True
        async with self._changed:
            self._changed.notify_all()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while self._listeners:
            try:
                beat = await run_in_threadpool(self._look)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not silence the streams for ever
                self._complain(error)
            else:
                self._fault = ""
                if beat != self._beat or not self._number:
                    self._beat = beat
                    async with self._changed:
                        self._number += 1
                        self._changed.notify_all()
            await asyncio.sleep(EVERY_SECONDS)

    def _complain(self, error: Exception) -> None:
        """Log what keeps the ledger from being read, once and not at every look: it may be readable later."""
        text = f"{type(error).__name__}: {error}"
        if text != self._fault:
            self._fault = text
            _LOG.error("the ledger cannot be looked at", exc_info=None if isinstance(error, PodiumError) else error)

    def _look(self) -> Beat:
        seat = self._seat
        with seat.desk.reading(seat.project) as state:
            if state.seq == self._beat.seq:
                needs, first = self._beat.needs, self._beat.first
            else:
                found = attention(state)
                needs, first = len(found), f"{found[0].task}: {found[0].what}" if found else ""
            moves = self._wants_a_conductor(state)
            live = [f"{run.id}.{round_.number}" for run, round_ in state.runs.active()]
            seq = state.seq
        if moves:
            self._seat.ensure_conductor()
        sizes = {name: size for name in live if (size := self._size(name))}
        return Beat(seq, needs, first, sizes, self._seat.errands.version())

    def _wants_a_conductor(self, state: State) -> bool:
        """Whether work lies there that nobody does: the conductor has been gone for a while, by a crash say."""
        now = time.monotonic()
        if now < self._next_watch:
            return False
        self._next_watch = now + WATCH_SECONDS
        if conductor_pid(self._seat.home) is not None:
            self._seen_conductor = now
        if now - self._seen_conductor < PATIENCE_SECONDS:
            return False  # one that was just started takes a while to get to work
        self._seen_conductor = now
        return in_motion(state, frozenset(plan.spec for plan in state.plans.all()))

    def _size(self, name: str) -> int:
        run, _, number = name.rpartition(".")
        try:
            return (self._seat.home.round(self._seat.project, run, int(number)) / EVENTS).stat().st_size
        except OSError:
            return 0
