"""Review: what a person read, what they said of it, and the verdict they own."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from podium.kernel.value import Value
from podium.project.model import ProtectedRule

# A person is named by git's form, "Ada Lovelace <ada@example.org>". Where an actor of the ledger is wanted, it has the
# prefix "person:", "agent:" or "podium:"; see podium.review.person.

MarkName = Literal["unseen", "seen", "understood", "flagged"]
FirstPass = Literal["", "blind", "open"]
AnswerName = Literal["yes", "no", "does not apply"]


class Anchor(Value, frozen=True, kw_only=True):
    """The code that a point is about, kept as text, so that it is found again wherever later rounds move it."""

    text: str  # the line itself
    before: tuple[str, ...] = ()  # up to three lines above it, the nearest last
    after: tuple[str, ...] = ()  # up to three lines below it
    side: Literal["old", "new"] = "new"


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
    failing: tuple[str, ...] = ()  # names of the checks of its clause that failed when it was raised
    closed: str = ""  # why it is closed; empty = open
    closed_by: str = ""
    anchor: Anchor | None = None  # see podium.review.anchors
    draft: str = ""  # the id of the draft that it was sent from


class Waiver(Value, frozen=True, kw_only=True):
    """A refusal that a named person overrode, with the reason."""

    refusal: str  # Refusal.code
    reason: str
    by: str


class Refusal(Value, frozen=True, kw_only=True):
    """Why an accept is not possible as things are."""

    code: str  # see podium.review.rules for the closed list
    message: str
    do: str
    waivable: bool


class ProtectedTouch(Value, frozen=True, kw_only=True):
    """A protected area that a candidate touches."""

    rule: ProtectedRule
    place: str
    reason: str = ""
    checks: tuple[str, ...] = ()  # for extra-checks: the commands that must hold


class HunkRecord(Value, frozen=True, kw_only=True):
    """What the reviewer did with one hunk."""

    hunk: str
    path: str
    mark: MarkName
    folded: str = ""  # why it did not have to be read: what was proven of it, and how; empty = it was not folded


class Approval(Value, frozen=True, kw_only=True):
    """A person's yes to one exact tree that needs a second person before it counts as an accept."""

    run: str
    round: int
    tree: str
    by: str
    at: str
    waivers: tuple[Waiver, ...] = ()


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
    approvals: tuple[str, ...] = ()  # the other persons who approved the same tree
    points: tuple[str, ...] = ()  # "P1 closed: why" for each point of the task
    part_of: str = ""  # the commit of the whole candidate, of which this is the part that was taken
    left_out: tuple[str, ...] = ()  # "id path" of each hunk of the whole that was not taken
    answers: tuple[str, ...] = ()  # "question: answer" for each question of the checklist
    first_pass: FirstPass = ""  # whether machine findings were hidden until a hunk was marked
    pace: str = ""  # how fast it was read, where the project records that


class Accepted(Value, frozen=True, kw_only=True, tag="accepted"):
    """Proof that a named person accepted exactly this tree. Only `rules.decide_accept` makes one."""

    receipt: Receipt
    envelope: str  # DSSE envelope, JSON
    signed: bool


class Refined(Value, frozen=True, kw_only=True, tag="refined"):
    """Sent back with points (their ids)."""

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
    by: str = ""
    at: str = ""


class Pending(Value, frozen=True, kw_only=True, tag="pending"):
    """There is nothing to judge yet: no candidate is ready."""


class Undecided(Value, frozen=True, kw_only=True, tag="undecided"):
    """Waits for a person."""

    runs: tuple[str, ...]  # the runs whose candidates wait


Decision: TypeAlias = Accepted | Refined | Rejected | Voided
Verdict: TypeAlias = Pending | Undecided | Accepted | Refined | Rejected | Voided


# --- what the ledger says of one task ---------------------------------------------------------------------------------


class Decided(Value, frozen=True, kw_only=True):
    """One decision on a task. `run` and `round` are empty and 0 where it is about the whole task."""

    decision: Decision
    run: str = ""
    round: int = 0


class Look(Value, frozen=True, kw_only=True):
    """The first time that a person opened a candidate."""

    run: str
    round: int
    by: str
    at: str
    blind: bool = False  # machine findings were hidden until a hunk was marked


class HunkTime(Value, frozen=True, kw_only=True):
    """How long a hunk was before a person's eyes: on screen, visible and focused."""

    hunk: str
    seconds: float


class TimeBatch(Value, frozen=True, kw_only=True):
    """Reading times of one stretch of time in one tab. `id` is the client's: the same batch counts once."""

    id: str
    run: str
    round: int
    by: str
    began: str
    ended: str
    times: tuple[HunkTime, ...]


class Answer(Value, frozen=True, kw_only=True):
    """A person's answer to a question of the checklist (podium.review.checklist)."""

    question: str
    answer: AnswerName
    text: str
    by: str
    at: str


class Part(Value, frozen=True, kw_only=True):
    """The hunks of a candidate that a person takes; the rest goes back with points once the part has landed."""

    run: str
    round: int  # the round of the whole candidate
    number: int  # the round that the part becomes
    base: str
    whole: str  # commit of the whole candidate
    commit: str  # base and the chosen hunks
    tree: str
    ref: str
    files: int
    added: int
    removed: int
    hunks: tuple[str, ...]  # taken, by their ids in the whole
    left_out: tuple[str, ...]
    points: tuple[Point, ...]  # for the rest
    by: str
    at: str = ""


class TaskReview(Value, frozen=True, kw_only=True):
    """All that was said and read about one task, in order."""

    spec: str
    task: str
    decisions: tuple[Decided, ...] = ()
    points: tuple[Point, ...] = ()
    approvals: tuple[Approval, ...] = ()
    looks: tuple[Look, ...] = ()
    marks: dict[str, dict[str, MarkName]] = msgspec.field(default_factory=dict[str, dict[str, MarkName]])
    # person's key (podium.review.person.key) -> hunk id -> mark
    batches: dict[str, frozenset[str]] = msgspec.field(default_factory=dict[str, frozenset[str]])
    # person's key -> ids of the client's batches that were taken in
    times: tuple[TimeBatch, ...] = ()  # only where the project shares them
    answers: tuple[Answer, ...] = ()
    parts: tuple[Part, ...] = ()


# --- a signature ------------------------------------------------------------------------------------------------------


class Signature(Value, frozen=True, kw_only=True):
    """An SSH signature (SSHSIG) over the pre-authentication encoding of a receipt."""

    keyid: str  # "SHA256:..." as ssh-keygen prints it
    blob: str  # base64 of the SSHSIG structure: the armoured text without its first and last line and without newlines
