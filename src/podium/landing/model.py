"""Landing: the queue that puts accepted candidates on the target branch."""

from __future__ import annotations

from typing import TypeAlias

from podium.kernel.value import Value


class Queued(Value, frozen=True, kw_only=True, tag="queued"):
    """Accepted, and waits for its turn."""

    receipt: str


class Landed(Value, frozen=True, kw_only=True, tag="landed"):
    """On the target branch."""

    commit: str
    tree: str
    target: str
    at: str


class Returned(Value, frozen=True, kw_only=True, tag="returned"):
    """Did not land: sent back as a refine point."""

    why: str
    at: str


class Held(Value, frozen=True, kw_only=True, tag="held"):
    """Cannot go on until a person acts on the repository; nothing is lost."""

    why: str
    do: str


class Reverted(Value, frozen=True, kw_only=True, tag="reverted"):
    """Landed once, and taken back by a revert commit."""

    commit: str
    by: str
    at: str


LandingState: TypeAlias = Queued | Landed | Returned | Held | Reverted


class Entry(Value, frozen=True, kw_only=True):
    """One entry of the queue: a landing of an accepted candidate, or a revert of a landed task."""

    id: str
    spec: str
    task: str
    run: str
    round: int
    state: LandingState
    revert_of: str = ""  # commit
