"""What the supervisor has to say to each request for a model, and what it learns from the answer."""

from __future__ import annotations

from podium.workspaces.gateway import headers
from podium.workspaces.gateway.gateway import Ask, Tap
from podium.workspaces.gateway.refusal import Refusal


class ModelKeeper:
    """The keeper of one round's gateway."""

    async def admit(self, ask: Ask) -> Tap | Refusal:
        """Let a request pass."""
        del ask
        return _Passing()


class _Passing:
    def head(self, status: int, given: headers.Headers) -> None:
        del status, given

    def data(self, block: bytes) -> None:
        del block

    def end(self, *, whole: bool, error: str = "") -> None:
        del whole, error
