"""What can happen to evidence."""

from __future__ import annotations

from podium.evidence.model import Item
from podium.ledger.event import Payload


class EvidenceGathered(Payload, frozen=True, kw_only=True, tag="evidence.gathered"):
    """One item is known. The same item id gathered again replaces the earlier one."""

    run: str
    round: int
    item: Item

    @property
    def subject(self) -> str:
        return round_subject(self.run, self.round)


class EvidenceFinished(Payload, frozen=True, kw_only=True, tag="evidence.finished"):
    """All that was ordered for this candidate has been gathered, or is told as not run."""

    run: str
    round: int
    tree: str
    items: tuple[str, ...]  # ids
    seconds: float

    @property
    def subject(self) -> str:
        return round_subject(self.run, self.round)


def round_subject(run: str, number: int) -> str:
    """The subject of everything that is known about one round of a run."""
    return f"round:{run}.{number}"
