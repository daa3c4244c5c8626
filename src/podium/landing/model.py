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
    ordered: int = 0  # the newest attempt whose workflow was enqueued


# --- the state of a task, over all nouns ------------------------------------------------------------------------------


class Idle(Value, frozen=True, kw_only=True, tag="not ordered"):
    """Approved, but nobody has ordered it to be run."""


class Waits(Value, frozen=True, kw_only=True, tag="waiting"):
    """Ordered; cannot start yet."""

    why: str


class Blocked(Value, frozen=True, kw_only=True, tag="blocked"):
    """Ordered, and will not start until a person changes something."""

    why: str
    do: str


class AtWork(Value, frozen=True, kw_only=True, tag="at work"):
    """At least one agent is at work on it, or evidence is being gathered."""

    runs: tuple[str, ...]
    refining: bool


class InReview(Value, frozen=True, kw_only=True, tag="in review"):
    """Every candidate is there; a person's turn."""

    runs: tuple[str, ...]


class Landing(Value, frozen=True, kw_only=True, tag="landing"):
    """Accepted, on its way to the target branch."""

    entry: str  # empty until it entered the queue
    held: str = ""  # why it is held; empty = it is not


class OnTarget(Value, frozen=True, kw_only=True, tag="landed"):
    """Landed."""

    commit: str


class TakenBack(Value, frozen=True, kw_only=True, tag="reverted"):
    """Landed once, and reverted."""

    commit: str


class TurnedDown(Value, frozen=True, kw_only=True, tag="rejected"):
    """Rejected by a person."""

    reason: str


class Lost(Value, frozen=True, kw_only=True, tag="failed"):
    """No run of it gave a candidate."""

    reason: str


TaskState: TypeAlias = Idle | Waits | Blocked | AtWork | InReview | Landing | OnTarget | TakenBack | TurnedDown | Lost
