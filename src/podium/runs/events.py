"""What can happen to a run. Every payload is part of the ledger for ever."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from podium.ledger.event import Payload
from podium.runs.model import (
    AgentOutcome,
    Boundary,
    Candidate,
    PermissionRequest,
    Resumption,
    RoundKind,
    Trip,
    Usage,
    Wait,
)


class RunStarted(Payload, frozen=True, kw_only=True, tag="runs.started"):
    """A task was given to an agent."""

    run: str
    spec: str
    task: str
    agent: str
    plan_blob: str
    model: str = ""  # that was asked for; empty = the agent's own choice

    @property
    def subject(self) -> str:
        return f"run:{self.run}"


class RoundPayload(Payload, frozen=True, kw_only=True):
    """The base of what happens to one round."""

    run: str
    round: int

    @property
    def subject(self) -> str:
        return f"round:{self.run}.{self.round}"


class RoundOrdered(RoundPayload, frozen=True, kw_only=True, tag="runs.round-ordered"):
    """A round is to be run; the workflow that does it was enqueued in the same transaction."""

    round_kind: RoundKind
    base: str
    points: tuple[str, ...] = ()
    rebased_from: str = ""  # commit of the candidate whose work is to be done again on a moved base


class PartOrdered(RoundPayload, frozen=True, kw_only=True, tag="runs.part-ordered"):
    """Some hunks of an earlier round's candidate are a candidate of their own now: evidence is to be gathered."""

    part_of: int
    candidate: Candidate


class RoundClaimed(RoundPayload, frozen=True, kw_only=True, tag="runs.round-claimed"):
    """A worker has taken the round."""

    worker: str


class BoundaryRecorded(RoundPayload, frozen=True, kw_only=True, tag="runs.boundary-recorded"):
    """What the agent can reach, written before it starts."""

    boundary: Boundary


class AgentStarted(RoundPayload, frozen=True, kw_only=True, tag="runs.agent-started"):
    """A supervisor started the agent. The number of these of a round is its `agent_starts`."""

    attempt: int
    resumption: Resumption


class PermissionAsked(RoundPayload, frozen=True, kw_only=True, tag="runs.permission-asked"):
    """The agent waits for a person."""

    request: PermissionRequest
    entry: int = 0  # number of the transcript entry that says so


class PermissionAnswered(RoundPayload, frozen=True, kw_only=True, tag="runs.permission-answered"):
    """A person, or a rule of podium.toml, answered."""

    request: str
    allowed: bool
    rule: str = ""  # the rule that answered, or "lapsed"; empty for a person
    entry: int = 0  # number of the transcript entry that says so; 0 for a person's answer


class TripwireTripped(RoundPayload, frozen=True, kw_only=True, tag="runs.tripwire-tripped"):
    """A live run needs a look."""

    trip: Trip
    entry: int = 0


class TripwireCleared(RoundPayload, frozen=True, kw_only=True, tag="runs.tripwire-cleared"):
    """The reason of a tripwire went away by itself."""

    name: str
    entry: int = 0


class TripwireAcknowledged(RoundPayload, frozen=True, kw_only=True, tag="runs.tripwire-acknowledged"):
    """A person has seen these tripwires and lets the agent go on; one that trips again is told again."""

    names: tuple[str, ...]
    by: str


class WaitBegan(RoundPayload, frozen=True, kw_only=True, tag="runs.wait-began"):
    """A live round stands still: its budget is spent, or its model's provider wants patience or another key."""

    wait: Wait
    entry: int = 0


class WaitEnded(RoundPayload, frozen=True, kw_only=True, tag="runs.wait-ended"):
    """What it stood still for is there."""

    on: str
    entry: int = 0


class BudgetSet(Payload, frozen=True, kw_only=True, tag="runs.budget-set"):
    """A person set what requests to models may cost from now on, in US dollars."""

    scope: Literal["round", "task", "spec", "day"]
    key: str  # run.round, spec/task, spec, or the day
    usd: float
    by: str

    @property
    def subject(self) -> str:
        return f"budget:{self.scope}:{self.key}"


class Steered(RoundPayload, frozen=True, kw_only=True, tag="runs.steered"):
    """A person told a live run to stop, pause, resume, or said something to it."""

    what: Literal["stop", "pause", "resume", "say"]
    text: str = ""


class HandedBack(RoundPayload, frozen=True, kw_only=True, tag="runs.handed-back"):
    """A person had taken over the paused agent's workspace by hand, and gave it back with these files changed."""

    by: str
    paths: tuple[str, ...]
    beyond: int = 0  # how many more there are than `paths` lists
    seconds: float = 0.0


class AgentEnded(RoundPayload, frozen=True, kw_only=True, tag="runs.agent-ended"):
    """The agent ended, one way or another; an exit code proves nothing."""

    attempt: int
    outcome: AgentOutcome
    stop_reason: str = ""
    session: str = ""
    transcript: str = ""  # digest of events.jsonl
    events: int = 0
    usage: Usage = Usage()
    seconds: float = 0.0
    claim: str = ""
    error: str = ""
    resumption: Resumption = "new"


class CandidateHarvested(RoundPayload, frozen=True, kw_only=True, tag="runs.candidate-harvested"):
    """The agent's work was taken over as an immutable candidate."""

    candidate: Candidate
    notes: tuple[str, ...] = ()  # what could not be taken over as it was, in words


class RoundDelivered(RoundPayload, frozen=True, kw_only=True, tag="runs.round-delivered"):
    """Candidate and evidence are there; it is a person's turn."""


class RoundFailed(RoundPayload, frozen=True, kw_only=True, tag="runs.round-failed"):
    """No candidate came of the round."""

    reason: str
    detail: str = ""


class RoundStopped(RoundPayload, frozen=True, kw_only=True, tag="runs.round-stopped"):
    """The round ended because a person stopped it."""

    by: str


class RunArchived(Payload, frozen=True, kw_only=True, tag="runs.archived"):
    """The run is no longer in the race; its refs and transcripts stay."""

    run: str
    why: str

    @property
    def subject(self) -> str:
        return f"run:{self.run}"


RunEvent: TypeAlias = (
    RunStarted
    | RoundOrdered
    | PartOrdered
    | RoundClaimed
    | BoundaryRecorded
    | AgentStarted
    | PermissionAsked
    | PermissionAnswered
    | TripwireTripped
    | TripwireCleared
    | TripwireAcknowledged
    | WaitBegan
    | WaitEnded
    | BudgetSet
    | Steered
    | HandedBack
    | AgentEnded
    | CandidateHarvested
    | RoundDelivered
    | RoundFailed
    | RoundStopped
    | RunArchived
)

DECODER: msgspec.json.Decoder[RunEvent] = msgspec.json.Decoder(RunEvent)
