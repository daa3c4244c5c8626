"""What can happen to evidence."""

from __future__ import annotations

from podium.evidence.model import Item
from podium.kernel.value import Value
from podium.ledger.event import Payload


class EvidenceGathered(Payload, frozen=True, kw_only=True, tag="evidence.gathered"):
    """One item is known. The same item id gathered again replaces the earlier one."""

    run: str
    round: int
    item: Item

    @property
    def subject(self) -> str:
        return round_subject(self.run, self.round)


class Pending(Value, frozen=True, kw_only=True):
    """An item that is still being gathered."""

    id: str
    kind: str
    name: str


class EvidenceFinished(Payload, frozen=True, kw_only=True, tag="evidence.finished"):
    """All that an accept depends on has been gathered, or is told as not run; `pending` goes on."""

    run: str
    round: int
    tree: str
    items: tuple[str, ...]  # ids
    seconds: float
    pending: tuple[Pending, ...] = ()

    @property
    def subject(self) -> str:
        return round_subject(self.run, self.round)


class EvidenceClosed(Payload, frozen=True, kw_only=True, tag="evidence.closed"):
    """What was pending has been gathered too, or is told as not run."""

    run: str
    round: int
    tree: str
    seconds: float
    why: str = ""  # why not all of it was gathered; empty = it was

    @property
    def subject(self) -> str:
        return round_subject(self.run, self.round)


def round_subject(run: str, number: int) -> str:
    """The subject of everything that is known about one round of a run."""
    return f"round:{run}.{number}"
