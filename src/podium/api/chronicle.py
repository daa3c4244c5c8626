"""The ledger in words, read on as it grows: what the ledger page filters and shows.

Every record stays, but only its words: the payload is read again when somebody opens it. A chain that was tampered with
may not be told in words any more, and is shown all the same.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import msgspec

from podium.api.seat import Seat
from podium.kernel.errors import NotFoundError
from podium.ledger.event import Record
from podium.ledger.read import Reader, open_reader
from podium.ledger.verify import Verification, verify
from podium.render.paint import Tone
from podium.render.telling import Teller, Told


@dataclass(frozen=True)
class Line:
    """One record in words."""

    seq: int
    at: str
    actor: str
    kind: str
    about: str
    text: str
    tone: Tone

    @property
    def person(self) -> str:
        """The person who did it; empty when Podium or an agent did."""
        return self.actor.removeprefix("person:") if self.actor.startswith("person:") else ""


class Chronicle:
    """All records of one project in words. Safe to use from several threads."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._lock = threading.Lock()
        self._lines: list[Line] = []
        self._teller = Teller()

    def lines(self) -> list[Line]:
        """Every record so far, oldest first."""
        with self._lock:
            reader = self._reader()
            try:
                after = self._lines[-1].seq if self._lines else 0
                self._lines.extend(self._line(record) for record in reader.records(self._seat.project, after))
            finally:
                reader.close()
            return list(self._lines)

    def record(self, seq: int) -> Record:
        """One record as it is stored. Raises NotFoundError."""
        reader = self._reader()
        try:
            found = reader.records(self._seat.project, seq - 1, most=1)
        finally:
            reader.close()
        if not found or found[0].seq != seq:
            raise NotFoundError("there is no such record", where=f"record {seq}")
        return found[0]

    def verified(self) -> Verification:
        """What verifying the whole chain finds."""
        reader = self._reader()
        try:
            project = self._seat.project
            return verify(project, reader.records(project), reader.head(project))
        finally:
            reader.close()

    def _reader(self) -> Reader:
        reader = open_reader(self._seat.desk.url)
        if reader is None:
            raise NotFoundError("there is no ledger yet", where=self._seat.project, do="Run: podium init")
        return reader

    def _line(self, record: Record) -> Line:
        try:
            told = self._teller.tell(record)
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError, AttributeError):
            told = Told("", f"{record.kind}: it cannot be understood", "bad")
        return Line(record.seq, record.at, record.actor, record.kind, told.about, told.text, told.tone)
