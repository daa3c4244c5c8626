"""The specs that decisions were founded on: a fold of the ledger."""

from __future__ import annotations

import msgspec

from podium.kernel.errors import PodiumError
from podium.ledger.event import Record
from podium.spec.events import SpecRecorded

_RECORDED = msgspec.json.Decoder(SpecRecorded)


class Specs:
    """All recorded versions of all specs. Feed it every record in order with `apply`."""

    def __init__(self) -> None:
        self._latest: dict[str, SpecRecorded] = {}
        self._by_blob: dict[tuple[str, str], SpecRecorded] = {}

    def apply(self, record: Record) -> None:
        """Take in one record; records of other nouns are passed over.

        Raises PodiumError for a spec record of a kind that this version does not know.
        """
        if not record.kind.startswith("spec."):
            return
        if record.kind != "spec.recorded":
            raise PodiumError(
                f"the ledger holds a record of the unknown kind {record.kind!r}",
                where=f"record {record.seq}",
                do="It was written by a newer Podium: update this one.",
            )
        event = _RECORDED.decode(record.data)
        self._latest[event.name] = event
        self._by_blob[event.name, event.blob] = event

    def latest(self, name: str) -> SpecRecorded | None:
        """The version of this spec that was recorded last."""
        return self._latest.get(name)

    def version(self, name: str, blob: str) -> SpecRecorded | None:
        """The version of this spec with exactly this blob."""
        return self._by_blob.get((name, blob))

    def names(self) -> tuple[str, ...]:
        """The names of all recorded specs, in the order in which they were first recorded."""
        return tuple(self._latest)
