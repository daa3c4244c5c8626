"""What can happen to a spec."""

from __future__ import annotations

from podium.ledger.event import Payload


class SpecRecorded(Payload, frozen=True, kw_only=True, tag="spec.recorded"):
    """A version of a spec that something was decided on; the whole text, so that the ledger can explain itself."""

    name: str
    blob: str
    text: str
    title: str
    risk: str

    @property
    def subject(self) -> str:
        return f"spec:{self.name}"
