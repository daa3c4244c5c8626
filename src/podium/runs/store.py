"""The fold of all run events, and queries on it."""

from __future__ import annotations

from typing import assert_never

import msgspec

from podium.ledger.event import Record
from podium.runs.events import (
    DECODER,
    AgentEnded,
    AgentStarted,
    BoundaryRecorded,
    BudgetSet,
    CandidateHarvested,
    HandedBack,
    PartOrdered,
    PermissionAnswered,
    PermissionAsked,
    RoundClaimed,
    RoundDelivered,
    RoundFailed,
    RoundOrdered,
    RoundStopped,
    RunArchived,
    RunEvent,
    RunStarted,
    Steered,
    TripwireAcknowledged,
    TripwireCleared,
    TripwireTripped,
    WaitBegan,
    WaitEnded,
)
from podium.runs.model import (
    AwaitingPermission,
    ByHand,
    Candidate,
    Delivered,
    Failed,
    Gathering,
    Harvesting,
    Ordered,
    Round,
    RoundState,
    Run,
    Stopped,
    Trip,
    Working,
)

replace = msgspec.structs.replace


class Runs:
    """All runs of one project, as the ledger tells them."""

    def __init__(self) -> None:
        self.by_id: dict[str, Run] = {}
        self.steering: dict[tuple[str, int], list[tuple[int, Steered | PermissionAnswered | BudgetSet]]] = {}
        self.budgets: dict[tuple[str, str], float] = {}  # by scope and key: what a person set

    def apply(self, record: Record) -> None:
        """Take in one record; those of other nouns are passed over."""
        if not record.kind.startswith("runs."):
            return
        event = DECODER.decode(record.data)
        match event:
            case RunStarted():
                self.by_id[event.run] = Run(
                    id=event.run,
                    spec=event.spec,
                    task=event.task,
                    agent=event.agent,
                    plan_blob=event.plan_blob,
                    model=event.model,
                    started_at=record.at,
                    rounds=(),
                )
            case RunArchived():
                self.by_id[event.run] = replace(self.by_id[event.run], archived=event.why)
            case RoundOrdered():
                run = self.by_id[event.run]
                ordered = Round(
                    number=event.round,
                    kind=event.round_kind,
                    base=event.base,
                    state=Ordered(),
                    points=event.points,
                    ordered_at=record.at,
                    rebased_from=event.rebased_from,
                )
                self.by_id[run.id] = replace(run, rounds=(*run.rounds, ordered))
            case PartOrdered():
                run = self.by_id[event.run]
                self.by_id[run.id] = replace(run, rounds=(*run.rounds, _part(event, record.at)))
            case BudgetSet():
                self.budgets[(event.scope, event.key)] = event.usd
                for run, round_ in self.active():
                    if concerns(event, run, round_):
                        self.steering.setdefault((run.id, round_.number), []).append((record.seq, event))
            case _:
                if isinstance(event, Steered | PermissionAnswered):
                    self.steering.setdefault((event.run, event.round), []).append((record.seq, event))
                self._advance(event)

    def _advance(self, event: RunEvent) -> None:
        assert not isinstance(event, RunStarted | RunArchived | RoundOrdered | PartOrdered | BudgetSet)
        run = self.by_id[event.run]
        rounds = tuple(advance(r, event) if r.number == event.round else r for r in run.rounds)
        self.by_id[run.id] = replace(run, rounds=rounds)

    def of_task(self, spec: str, task: str) -> list[Run]:
        """The task's runs, oldest first, archived ones included."""
        return [run for run in self.by_id.values() if run.spec == spec and run.task == task]

    def active(self) -> list[tuple[Run, Round]]:
        """Every round that a worker is or should be busy with."""
        return [(run, run.rounds[-1]) for run in self.by_id.values() if run.rounds and is_active(run.rounds[-1].state)]


def concerns(event: BudgetSet, run: Run, round_: Round) -> bool:
    """Whether a limit that was set is one of this round's."""
    keys = {"round": f"{run.id}.{round_.number}", "task": f"{run.spec}/{run.task}", "spec": run.spec}
    return event.scope == "day" or keys[event.scope] == event.key


def _part(event: PartOrdered, at: str) -> Round:
    return Round(
        number=event.round,
        kind="part",
        base=event.candidate.base,
        state=Gathering(candidate=event.candidate),
        ordered_at=at,
        part_of=event.part_of,
    )


def is_active(state: RoundState) -> bool:
    """Whether a worker is, or should be, busy with a round in this state."""
    match state:
        case Ordered() | Working() | AwaitingPermission() | Harvesting() | Gathering():
            return True
        case Delivered() | Failed() | Stopped():
            return False
        case _:
            assert_never(state)


def open_trips(round_: Round) -> tuple[Trip, ...]:
    """The tripwires of a round that nobody has acknowledged."""
    return tuple(trip for trip in round_.trips if not trip.acknowledged)


def candidate_of(round_: Round) -> Candidate | None:
    """The candidate of a round, if it has come so far."""
    match round_.state:
        case Gathering(candidate=candidate) | Delivered(candidate=candidate):
            return candidate
        case _:
            return None


def advance(round_: Round, event: RunEvent) -> Round:
    """The round after one more event: the only place where a round's state is computed."""
    if isinstance(
        event, PermissionAsked | PermissionAnswered | TripwireTripped | TripwireCleared | WaitBegan | WaitEnded
    ):
        round_ = replace(round_, carried=max(round_.carried, event.entry))
    match event:
        case RoundClaimed():
            return _claimed(round_, event.worker)
        case BoundaryRecorded():
            return replace(round_, boundary=event.boundary)
        case AgentStarted():
            return replace(
                round_,
                state=Working(attempt=event.attempt),
                agent_starts=round_.agent_starts + 1,
                waits=(),
                resumption=event.resumption,
            )
        case PermissionAsked():
            return _asked(round_, event)
        case PermissionAnswered():
            return _answered(round_, event)
        case WaitBegan() | WaitEnded():
            return _waits(round_, event)
        case TripwireTripped() | TripwireCleared() | TripwireAcknowledged():
            return replace(round_, trips=_trips(round_, event))
        case Steered() | HandedBack():
            return _steered(round_, event)
        case AgentEnded():
            return _ended(round_, event)
        case CandidateHarvested():
            return replace(round_, state=Gathering(candidate=event.candidate), notes=event.notes)
        case RoundDelivered():
            candidate = candidate_of(round_)
            return round_ if candidate is None else replace(round_, state=Delivered(candidate=candidate))
        case RoundFailed():
            return replace(round_, state=Failed(reason=event.reason, detail=event.detail))
        case RoundStopped():
            return replace(round_, state=Stopped(by=event.by))
        case RunStarted() | RunArchived() | RoundOrdered() | PartOrdered() | BudgetSet():
            return round_
        case _:
            assert_never(event)


def _trips(round_: Round, event: TripwireTripped | TripwireCleared | TripwireAcknowledged) -> tuple[Trip, ...]:
    match event:
        case TripwireTripped(trip=trip):
            return (*round_.trips, trip)
        case TripwireCleared(name=name):
            return tuple(trip for trip in round_.trips if trip.name != name)
        case TripwireAcknowledged(names=names, by=by):
            return tuple(
                replace(trip, acknowledged=by) if trip.name in names and not trip.acknowledged else trip
                for trip in round_.trips
            )


def _steered(round_: Round, event: Steered | HandedBack) -> Round:
    if isinstance(event, HandedBack):
        mine = ByHand(by=event.by, paths=event.paths, beyond=event.beyond)
        return replace(round_, by_hand=(*round_.by_hand, mine))
    if event.what in ("pause", "resume") and isinstance(round_.state, Working):
        return replace(round_, state=replace(round_.state, paused=event.what == "pause"))
    return round_


def _claimed(round_: Round, worker: str) -> Round:
    """A round that another worker takes over begins anew there, unless its candidate is already harvested."""
    claimed = replace(round_, worker=worker, starts_before_claim=round_.agent_starts, carried=0)
    if isinstance(round_.state, Working | AwaitingPermission | Harvesting):
        return replace(claimed, state=Ordered(), boundary=None, trips=())
    return claimed


def _asked(round_: Round, event: PermissionAsked) -> Round:
    match round_.state:
        case AwaitingPermission(attempt=attempt, requests=requests):
            if any(known.id == event.request.id for known in requests):
                return round_
            return replace(round_, state=AwaitingPermission(attempt=attempt, requests=(*requests, event.request)))
        case Working(attempt=attempt):
            return replace(round_, state=AwaitingPermission(attempt=attempt, requests=(event.request,)))
        case _:
            return round_


def _answered(round_: Round, event: PermissionAnswered) -> Round:
    if not isinstance(round_.state, AwaitingPermission):
        return round_
    left = tuple(request for request in round_.state.requests if request.id != event.request)
    if left:
        return replace(round_, state=replace(round_.state, requests=left))
    return replace(round_, state=Working(attempt=round_.state.attempt))


def _waits(round_: Round, event: WaitBegan | WaitEnded) -> Round:
    on = event.wait.on if isinstance(event, WaitBegan) else event.on
    kept = tuple(each for each in round_.waits if each.on != on)
    return replace(round_, waits=(*kept, event.wait) if isinstance(event, WaitBegan) else kept)


def _ended(round_: Round, event: AgentEnded) -> Round:
    return replace(
        round_,
        state=Harvesting(),
        waits=(),
        outcome=event.outcome,
        session=event.session,
        transcript=event.transcript,
        events=event.events,
        usage=event.usage,
        seconds=event.seconds,
        claim=event.claim,
        error=event.error,
        resumption=event.resumption,
    )
