"""What review needs of the outside world."""

from __future__ import annotations

from typing import Protocol

from podium.review.model import Signature


class Signer(Protocol):
    """Signs receipts for one person."""

    def sign(self, payload: bytes) -> Signature | None:
        """A signature over exactly these bytes; None when the person has no key. Raises PodiumError when it fails."""
        ...
