"""Landing: the queue that puts accepted candidates on the target branch."""

from __future__ import annotations

from typing import TypeAlias

from podium.kernel.value import Value


class Queued(Value, frozen=True, kw_only=True, tag="queued"):
    """Waits for its turn."""


class Landed(Value, frozen=True, kw_only=True, tag="landed"):
    """On the target branch (for a revert: the revert commit is)."""

    commit: str
    tree: str
    target: str
    at: str
    checks: tuple[str, ...] = ()


class Returned(Value, frozen=True, kw_only=True, tag="returned"):
    """Did not land: sent back as a refine point. Nothing moved."""

    why: str
    onto: str
    at: str
    paths: tuple[str, ...] = ()


class Held(Value, frozen=True, kw_only=True, tag="held"):
    """Cannot go on until a person acts on the repository; nothing is lost."""

    why: str
    do: str


LandingState: TypeAlias = Queued | Landed | Returned | Held


class Entry(Value, frozen=True, kw_only=True):
    """One entry of the queue: a landing of an accepted candidate, or a revert of a landed task."""

    id: str
    spec: str
    task: str
    run: str
    round: int
    state: LandingState
    queued_at: str
    receipt: str = ""
    revert_of: str = ""  # the landed commit to take back; empty for a landing
    by: str = ""
    reason: str = ""
    attempt: int = 1
