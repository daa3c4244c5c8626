"""Runs: one agent's attempt at one task, in rounds, each giving an immutable candidate."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from podium.kernel.value import Value

# --- what a candidate is ----------------------------------------------------------------------------------------------
# A path is text. One that is not valid UTF-8 or holds control characters, quotes or backslashes is kept in git's own
# quoted form, quotes included ("a\377b"), so that it can be stored, compared and shown; `podium.git.paths` converts.

ChangeStatus = Literal["added", "deleted", "modified", "renamed", "copied", "type-changed"]


class DiffLine(Value, frozen=True, kw_only=True):
    """One row of a hunk. `old` and `new` are line numbers from 1; a side that has no such line is 0."""

    kind: Literal[" ", "+", "-"]
    old: int
    new: int
    text: str  # without its newline; bytes that are not UTF-8 are shown as U+FFFD
    no_newline: bool = False  # the file ends here without a newline


class Hunk(Value, frozen=True, kw_only=True):
    """One connected change of a file, addressed by its content."""

    id: str  # see podium.runs.rules.hunk_id
    path: str
    old_start: int
    new_start: int
    section: str
    lines: tuple[DiffLine, ...]


class FileChange(Value, frozen=True, kw_only=True):
    """What a candidate does to one file."""

    path: str
    old_path: str  # equals path unless renamed or copied
    status: ChangeStatus
    old_mode: str  # six octal digits; "000000" where there is no such side
    new_mode: str
    old_blob: str
    new_blob: str
    added: int  # changed lines; 0 for a binary file
    removed: int
    binary: bool
    hunks: tuple[Hunk, ...]  # a file without textual hunks (binary, mode, pure rename) has one hunk with no lines


class Candidate(Value, frozen=True, kw_only=True):
    """The immutable result of a round."""

    base: str  # commit
    commit: str
    tree: str
    files: int
    added: int
    removed: int
    ref: str  # refs/podium/candidates/...


# --- the boundary of a round ------------------------------------------------------------------------------------------

Tier = Literal["overlay", "clone", "landlock", "none"]


class EnforcedLimit(Value, frozen=True, kw_only=True):
    """One limit, and what truly enforces it here (`none` when nothing does)."""

    name: str  # memory, processes, disk, wall clock, ...
    value: str
    by: str  # rlimit, watchdog, cgroup, none


class Boundary(Value, frozen=True, kw_only=True):
    """What one round's agent can reach: recorded before it starts."""

    tier: Tier
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    network: tuple[str, ...]  # host:port allow-list; empty = nothing
    credentials: tuple[str, ...]  # names of what is exposed; never the values
    limits: tuple[EnforcedLimit, ...]
    agent: str
    agent_version: str
    agent_sha256: str
    model: str = ""  # where the agent's model is reached, and where the key is that is added outside; empty = nowhere
    weaker: str = ""  # why this tier is weaker than the best, in words; empty for the best
    setup_network: tuple[str, ...] = ()  # what the set-up of its dependencies may reach; empty = nothing, or no set-up
    setup_refused: tuple[str, ...] = ()  # what that set-up asked for and was refused


# --- how a round goes -------------------------------------------------------------------------------------------------

RoundKind = Literal["first", "refine", "part"]  # part: some hunks of an earlier round, chosen by a person
AgentOutcome = Literal["completed", "refused", "failed", "crashed", "stopped", "limit", "timeout"]
Resumption = Literal["new", "session", "fallback"]


class Usage(Value, frozen=True, kw_only=True):
    """What a round used. A figure that nobody reported is None, never 0."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None  # None as well when the price of one request is not known
    cached_tokens: int | None = None  # of the input tokens
    reasoning_tokens: int | None = None  # of the output tokens
    requests: int = 0  # to the model; counted where Podium carried them
    unpriced: int = 0  # of them, those whose price is not known
    least_usd: float = 0.0  # what the others cost


class PermissionRequest(Value, frozen=True, kw_only=True):
    """A question of an agent that is waiting for a person."""

    id: str
    title: str
    kind: str
    detail: str
    options: dict[str, str] = msgspec.field(default_factory=dict[str, str])  # option id -> name
    asked_at: str = ""


TripName = Literal[
    "stall",  # nothing was heard for a while
    "loop",  # the same call again and again
    "thrash",  # edited, undone and edited again
    "error-spiral",  # one failure after the other
    "scope-drift",  # changed what the task does not name
    "test-edit",  # changed a test that it is to satisfy
    "weakened-test",  # made an existing test check less
    "danger",  # a command that no honest task needs
    "exfiltration",  # a connection that is not allowed was tried
    "budget-pace",  # the money goes faster than the work
    "limit",
    "flood",
    "undecodable",
]


class Trip(Value, frozen=True, kw_only=True):
    """A tripwire that fired."""

    name: TripName
    detail: str
    at: str
    acknowledged: str = ""  # by whom; empty = nobody has yet


class Wait(Value, frozen=True, kw_only=True):
    """What a live round stands still for: its budget, the model's provider, a key, or room on the disk."""

    on: str
    detail: str
    since: str = ""
    resumes_at: str = ""  # when it goes on by itself; empty = when a person has seen to it


class Ordered(Value, frozen=True, kw_only=True, tag="ordered"):
    """Waits for a worker, or its workspace is being made."""


class Working(Value, frozen=True, kw_only=True, tag="working"):
    """Its agent is at work."""

    attempt: int
    paused: bool = False


class AwaitingPermission(Value, frozen=True, kw_only=True, tag="awaiting permission"):
    """Its agent waits for a person's answer."""

    attempt: int
    requests: tuple[PermissionRequest, ...]


class Harvesting(Value, frozen=True, kw_only=True, tag="harvesting"):
    """The agent ended; its candidate is being taken over."""


class Gathering(Value, frozen=True, kw_only=True, tag="gathering evidence"):
    """The candidate exists; evidence is being gathered."""

    candidate: Candidate


class Delivered(Value, frozen=True, kw_only=True, tag="delivered"):
    """Candidate and evidence are there."""

    candidate: Candidate


class Failed(Value, frozen=True, kw_only=True, tag="failed"):
    """No candidate came of it."""

    reason: str
    detail: str = ""


class Stopped(Value, frozen=True, kw_only=True, tag="stopped"):
    """A person stopped it."""

    by: str


RoundState: TypeAlias = Ordered | Working | AwaitingPermission | Harvesting | Gathering | Delivered | Failed | Stopped


class ByHand(Value, frozen=True, kw_only=True):
    """What a person changed in an agent's workspace while the agent was paused."""

    by: str
    paths: tuple[str, ...]
    beyond: int = 0


class Round(Value, frozen=True, kw_only=True):
    """One round of a run: number 1, then one per refine."""

    number: int
    kind: RoundKind
    base: str
    state: RoundState
    points: tuple[str, ...] = ()  # ids of the review points it is to meet
    ordered_at: str = ""
    agent_starts: int = 0
    resumption: Resumption = "new"
    outcome: AgentOutcome | None = None
    session: str = ""
    transcript: str = ""  # digest of events.jsonl once the agent ended
    events: int = 0
    usage: Usage = Usage()
    seconds: float = 0.0
    boundary: Boundary | None = None
    trips: tuple[Trip, ...] = ()
    waits: tuple[Wait, ...] = ()
    carried: int = 0  # number of the last transcript entry that the ledger has taken over
    claim: str = ""  # the agent's own last words: a claim, not a fact
    worker: str = ""  # the worker that has it
    starts_before_claim: int = 0  # agents that other workers, now dead, had started
    error: str = ""  # what the agent or its sandbox complained of, if it did
    notes: tuple[str, ...] = ()  # what could not be harvested as it was, in words
    rebased_from: str = ""  # commit of the candidate whose work was to be done again on a moved base
    by_hand: tuple[ByHand, ...] = ()  # a person's own edits, in order
    part_of: int = 0  # for a part: the round whose candidate it was taken from


class Run(Value, frozen=True, kw_only=True):
    """One agent's attempt at one task."""

    id: str
    spec: str
    task: str
    agent: str
    plan_blob: str
    started_at: str
    rounds: tuple[Round, ...]
    model: str = ""  # that was asked for; empty = the agent's own choice
    archived: str = ""  # why it is no longer in the race; empty = it still is
