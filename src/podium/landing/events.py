"""What can happen on the way to the target branch."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from podium.ledger.event import Payload


class LandingPayload(Payload, frozen=True, kw_only=True):
    """The base of what happens to one entry of the queue."""

    entry: str

    @property
    def subject(self) -> str:
        return f"landing:{self.entry}"


class LandOrdered(LandingPayload, frozen=True, kw_only=True, tag="landing.ordered"):
    """An accepted candidate entered the queue."""

    spec: str
    task: str
    run: str
    round: int
    receipt: str


class RevertOrdered(LandingPayload, frozen=True, kw_only=True, tag="landing.revert-ordered"):
    """A person wants a landed task taken back."""

    spec: str
    task: str
    run: str
    round: int
    commit: str
    by: str
    reason: str = ""


class LandedEvent(LandingPayload, frozen=True, kw_only=True, tag="landing.landed"):
    """The target branch was moved, by compare-and-swap, to this commit."""

    commit: str
    tree: str
    before: str  # the target's tip before
    target: str
    checks: tuple[str, ...] = ()  # "name: outcome", on exactly `tree`


class ReturnedEvent(LandingPayload, frozen=True, kw_only=True, tag="landing.returned"):
    """It conflicted or its checks failed on the merged tree: nothing moved."""

    why: str
    onto: str  # the target's tip it was tried on
    paths: tuple[str, ...] = ()


class HeldEvent(LandingPayload, frozen=True, kw_only=True, tag="landing.held"):
    """It waits for a person to act on the repository."""

    why: str
    do: str


class WorkOrdered(LandingPayload, frozen=True, kw_only=True, tag="landing.work-ordered"):
    """The workflow of this attempt was enqueued in the same transaction."""

    attempt: int


class ResumedEvent(LandingPayload, frozen=True, kw_only=True, tag="landing.resumed"):
    """A person asked to try a held entry again."""

    by: str
    attempt: int


LandingEvent: TypeAlias = (
    LandOrdered | RevertOrdered | LandedEvent | ReturnedEvent | HeldEvent | ResumedEvent | WorkOrdered
)

DECODER: msgspec.json.Decoder[LandingEvent] = msgspec.json.Decoder(LandingEvent)
