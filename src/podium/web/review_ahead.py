"""What a first opening takes, made before anybody opens: when a round is delivered, and when the server starts.

It is made where the page reads it: in the server itself. The worker of the round may be another machine's, and is not
kept from the next round by a hostile diff. One thread looks at the ledger, and prepares one candidate at a time that
waits for a review, those that wait longest first, as far as the rooms may remember. Nothing waits for it: a page that
is opened earlier is shown as it would be without it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

from podium.api.seat import Seat
from podium.conductor.board import board
from podium.conductor.state import State
from podium.kernel.errors import PodiumError
from podium.landing.model import InReview
from podium.runs.model import Run
from podium.runs.store import candidate_of
from podium.web.review_room import room_of

EVERY_SECONDS = 1.0
_AWAY_SECONDS = 10.0  # until a database that cannot be read is asked again
_MOST = 4  # candidates, so that those which a person reads now are not forgotten for them
_MOST_LINES = 200_000  # changed ones, of all of these
_COLOURED = 60  # files of each candidate: what a reader sees first
_CLOSE_SECONDS = 15.0
_LOG = logging.getLogger("podium.web")


class Ahead:
    """Prepares what waits for a review. Start it when the server serves, close it before the rooms are closed."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._closed = threading.Event()
        self._seq = 0
        self._done: set[tuple[str, int, int]] = set()
        self._thread = threading.Thread(target=self._work, daemon=True, name="ahead")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End after the step that is being done."""
        self._closed.set()
        self._thread.join(_CLOSE_SECONDS)

    def _work(self) -> None:
        pause = 0.0
        while not self._closed.wait(pause):
            pause = EVERY_SECONDS
            try:
                for run, number, items in self._waiting():
                    if self._closed.is_set():
                        return
                    self._prepare(run, number, items)
            except PodiumError:  # the database is away, and every page that is opened says so
                pause = _AWAY_SECONDS
            except Exception as error:  # noqa: BLE001 - whatever it is, the server goes on
                _LOG.error("what waits for a review cannot be prepared", exc_info=error)
                pause = _AWAY_SECONDS

    def _waiting(self) -> list[tuple[Run, int, int]]:
        """What is not prepared yet: runs, with the round and how much evidence there is about it."""
        with self._seat.desk.reading(self._seat.project) as state:
            if state.seq == self._seq:
                return []
            self._seq = state.seq
            found = list(_in_review(state))
        places = {(run.id, number, items) for run, number, items in found}
        self._done &= places
        return [each for each in found if (each[0].id, each[1], each[2]) not in self._done]

    def _prepare(self, run: Run, number: int, items: int) -> None:
        self._done.add((run.id, number, items))  # one that cannot be prepared is not tried again and again
        try:
            room = room_of(self._seat)
            reading = room.reading(run, number)
            room.prepare(reading)
            if not self._closed.is_set():
                room.warm(reading, _COLOURED)
        except Exception as error:  # noqa: BLE001 - a diff is hostile: the next one is prepared all the same
            if not self._closed.is_set():
                _LOG.error("%s/%s cannot be prepared for its review", run.spec, run.task, exc_info=error)


def _in_review(state: State) -> Iterator[tuple[Run, int, int]]:
    """The newest candidates that wait for a review, the oldest ones first, no more than are remembered."""
    lines, count = 0, 0
    runs = [
        state.runs.by_id[name] for row in board(state) if isinstance(row.state, InReview) for name in row.state.runs
    ]
    for run in sorted(runs, key=lambda each: each.rounds[-1].ordered_at):
        number = len(run.rounds)
        candidate = candidate_of(run.rounds[-1])
        if candidate is None:
            continue
        lines, count = lines + candidate.added + candidate.removed, count + 1
        if count > 1 and (count > _MOST or lines > _MOST_LINES):
            return
        yield run, number, len(state.evidence.items(run.id, number))
