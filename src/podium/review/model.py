"""Review: what a person read, what they said of it, and the verdict they own."""

from __future__ import annotations

from typing import Literal, TypeAlias

from podium.kernel.value import Value

MarkName = Literal["unseen", "seen", "understood", "flagged"]


class Point(Value, frozen=True, kw_only=True):
    """A numbered review comment, tracked across rounds until it is closed."""

    id: str  # P1, P2 ... within its task
    text: str
    round: int  # the round it was raised on
    by: str
    clause: str = ""
    path: str = ""
    line: int = 0
    hunk: str = ""
    closed: str = ""  # why it is closed; empty = open


class Waiver(Value, frozen=True, kw_only=True):
    """A refusal that a named person overrode, with the reason."""

    refusal: str  # Refusal.code
    reason: str
    by: str


class Refusal(Value, frozen=True, kw_only=True):
    """Why an accept is not possible as things are."""

    code: (
        str  # check-failed:E1, check-not-run:D1, unread, superseded, conflict, protected:two-reviewers:PATH, human-only
    )
    message: str
    do: str
    waivable: bool


class HunkRecord(Value, frozen=True, kw_only=True):
    """What the reviewer did with one hunk."""

    hunk: str
    path: str
    mark: MarkName


class Receipt(Value, frozen=True, kw_only=True):
    """The statement behind an accept."""

    id: str
    project: str
    spec: str
    task: str
    run: str
    agent: str
    round: int
    base: str
    commit: str
    tree: str
    spec_blob: str
    plan_blob: str
    reviewer: str
    at: str
    evidence: tuple[str, ...]  # "kind name: outcome" with the item's id
    hunks: tuple[HunkRecord, ...]
    waivers: tuple[Waiver, ...]
    seconds: float | None  # from the first look to the verdict; None = not measured
    ledger_head: str  # hash of the last ledger record that the verdict was founded on


class Accepted(Value, frozen=True, kw_only=True, tag="accepted"):
    """Proof that a named person accepted exactly this tree. Only `rules.decide_accept` makes one."""

    receipt: Receipt
    envelope: str  # DSSE envelope, JSON
    signed: bool


class Refined(Value, frozen=True, kw_only=True, tag="refined"):
    """Sent back with points."""

    points: tuple[str, ...]
    by: str
    at: str


class Rejected(Value, frozen=True, kw_only=True, tag="rejected"):
    """Turned down for good."""

    reason: str
    by: str
    at: str


class Voided(Value, frozen=True, kw_only=True, tag="voided"):
    """An accept that no longer counts: the base moved under it, or it could not land."""

    why: str


class Undecided(Value, frozen=True, kw_only=True, tag="undecided"):
    """Waits for a person."""


Verdict: TypeAlias = Undecided | Accepted | Refined | Rejected | Voided
