"""Evidence as folded from the ledger, by run and round."""

from __future__ import annotations

import msgspec

from podium.evidence.events import EvidenceClosed, EvidenceFinished, EvidenceGathered, Pending, round_subject
from podium.evidence.model import Item
from podium.ledger.event import Record

_DECODER = msgspec.json.Decoder(EvidenceGathered | EvidenceFinished | EvidenceClosed)


class Evidence:
    """All evidence of a project. Items are decoded when they are asked for: most readers want few rounds of many."""

    def __init__(self) -> None:
        self._gathered: dict[str, list[bytes]] = {}
        self._finished: dict[str, bytes] = {}
        self._unclosed: set[str] = set()

    def apply(self, record: Record) -> None:
        """Take one ledger record into account; those of other nouns change nothing."""
        if record.kind == "evidence.gathered":
            self._gathered.setdefault(record.subject, []).append(record.data)
        elif record.kind == "evidence.finished":
            self._finished[record.subject] = record.data
            if b'"pending"' in record.data:
                self._unclosed.add(record.subject)
        elif record.kind == "evidence.closed":
            self._unclosed.discard(record.subject)

    def items(self, run: str, number: int) -> tuple[Item, ...]:
        """What is known about one round so far, in the order in which it became known."""
        known: dict[str, Item] = {}
        for data in self._gathered.get(round_subject(run, number), ()):
            payload = _DECODER.decode(data)
            if isinstance(payload, EvidenceGathered):
                known[payload.item.id] = payload.item
        return tuple(known.values())

    def pending(self, run: str, number: int) -> tuple[Pending, ...]:
        """What is still being gathered about a round that is delivered already."""
        finished = self.finished(run, number) if round_subject(run, number) in self._unclosed else None
        if finished is None:
            return ()
        known = {item.id for item in self.items(run, number)}
        return tuple(each for each in finished.pending if each.id not in known)

    def unclosed(self, run: str, number: int) -> bool:
        """Whether a worker is, or should be, busy with what is pending for a round."""
        return round_subject(run, number) in self._unclosed

    def any_unclosed(self) -> bool:
        """Whether anything is pending for any round."""
        return bool(self._unclosed)

    def finished(self, run: str, number: int) -> EvidenceFinished | None:
        """The end of what had to be gathered for one round, or None while it goes on (or never began)."""
        data = self._finished.get(round_subject(run, number))
        payload = None if data is None else _DECODER.decode(data)
        return payload if isinstance(payload, EvidenceFinished) else None

    def find(self, item: str) -> tuple[str, int, Item] | None:
        """The run, the round and the newest item with this id, or None."""
        for subject in reversed(self._gathered):
            run, _, number = subject.removeprefix("round:").rpartition(".")
            for known in self.items(run, int(number)):
                if known.id == item:
                    return run, int(number), known
        return None
