"""What follows from the decisions that were taken: runs, rounds and landings that are to be ordered. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from podium.conductor.board import Room, board, startable
from podium.conductor.state import State
from podium.kernel.errors import UsageError
from podium.landing.model import Landed, Queued, Returned
from podium.landing.rules import awaits_refine, last_decision
from podium.plan.model import Task
from podium.project.settings import require_agent
from podium.review.model import Accepted, Decided, Part, Refined, Rejected
from podium.runs.model import Run
from podium.runs.store import candidate_of


@dataclass(frozen=True)
class StartRun:
    """A task is to be given to an agent."""

    spec: str
    task: str
    agent: str
    plan_blob: str


@dataclass(frozen=True)
class NextRound:
    """A run is to go on with points. `base` is empty when it goes on where it was."""

    run: str
    number: int
    base: str
    points: tuple[str, ...]
    rebased_from: str


@dataclass(frozen=True)
class StartPart:
    """The chosen part of a candidate is to be verified as a candidate of its own."""

    part: Part


@dataclass(frozen=True)
class SendRest:
    """A part has landed: what was left out of it is to go back with its points."""

    spec: str
    task: str
    round: int  # of the part
    part: Part


@dataclass(frozen=True)
class Void:
    """An accept does not count any more: there is a newer candidate of its run."""

    spec: str
    task: str
    run: str
    round: int
    why: str


@dataclass(frozen=True)
class Land:
    """An accepted candidate is to enter the landing queue."""

    spec: str
    task: str
    run: str
    round: int
    receipt: str


@dataclass(frozen=True)
class Work:
    """An entry of the queue (a landing, a revert, one tried again) whose workflow is to be enqueued."""

    entry: str
    attempt: int


Order: TypeAlias = StartRun | NextRound | StartPart | SendRest | Void | Land | Work


def orders(state: State) -> list[Order]:
    """Everything that is to be ordered now. Ordering it makes it disappear from here, so nothing is ordered twice."""
    found: list[Order] = [
        Work(entry.id, entry.attempt)
        for entry in state.landings.waiting()
        if isinstance(entry.state, Queued) and entry.ordered < entry.attempt
    ]
    for spec, task in state.reviews.tasks():
        found.extend(_landing(state, spec, task))
        found.extend(_parts(state, spec, task))
        found.extend(_rounds(state, spec, task))
    found.extend(_starts(state))
    return found


def _landing(state: State, spec: str, task: str) -> list[Order]:
    match last_decision(state.reviews.of(spec, task)):
        case Decided(decision=Accepted(receipt=receipt), run=run, round=number):
            if state.landings.of_receipt(receipt.id) is None:
                newest = state.runs.by_id[run].rounds[-1].number
                if newest != number:
                    return [Void(spec, task, run, number, f"round {newest} came after it")]
                return [Land(spec, task, run, number, receipt.id)]
            return []
        case _:
            return []


def _parts(state: State, spec: str, task: str) -> list[Order]:
    """A part that was chosen and is not a round yet, or one whose rest is to go back."""
    review = state.reviews.of(spec, task)
    if not review.parts:
        return []
    part, last = review.parts[-1], last_decision(review)
    run = state.runs.by_id[part.run]
    settled = last is not None and isinstance(last.decision, Accepted | Rejected)
    if not (run.archived or settled or awaits_refine(run, review)) and len(run.rounds) == part.number - 1:
        return [StartPart(part)]
    match last:
        case Decided(decision=Accepted(receipt=receipt), round=number) if receipt.left_out:
            entry = state.landings.of_receipt(receipt.id)
            taken = next((each for each in review.parts if each.commit == receipt.commit), None)
            if entry is not None and isinstance(entry.state, Landed) and taken is not None:
                return [SendRest(spec, task, number, taken)]
            return []
        case _:
            return []


def _rounds(state: State, spec: str, task: str) -> list[Order]:
    review = state.reviews.of(spec, task)
    found: list[Order] = []
    last = last_decision(review)
    if last is not None and isinstance(last.decision, Accepted | Rejected):
        return []  # what was decided last counts
    for run in state.runs.of_task(spec, task):
        if not run.archived and awaits_refine(run, review):
            last = run.rounds[-1]
            points = next(
                each.decision.points
                for each in reversed(review.decisions)
                if isinstance(each.decision, Refined) and each.run == run.id and each.round == last.number
            )
            base, rebased_from = _moved_base(state, run, last.number)
            found.append(NextRound(run.id, last.number + 1, base or last.base, points, rebased_from))
    return found


def _moved_base(state: State, run: Run, number: int) -> tuple[str, str]:
    """The tip on which a returned landing was tried, and the candidate that did not fit there."""
    returned = [
        entry.state
        for entry in state.landings.of_task(run.spec, run.task)
        if entry.run == run.id and entry.round == number and isinstance(entry.state, Returned)
    ]
    round_ = run.rounds[number - 1]
    if round_.kind == "part":
        landed = [
            entry.state.commit
            for entry in state.landings.of_task(run.spec, run.task)
            if entry.run == run.id and entry.round == number and isinstance(entry.state, Landed)
        ]
        whole = candidate_of(run.rounds[round_.part_of - 1])
        onto = landed[-1] if landed else returned[-1].onto if returned else ""
        return (onto, whole.commit) if onto and whole else ("", "")
    candidate = candidate_of(round_)
    return (returned[-1].onto, candidate.commit) if returned and candidate else ("", "")


def _starts(state: State) -> list[Order]:
    rows = board(state)
    room = Room.of(state, rows)
    found: list[Order] = []
    for plan, task in startable(state, rows):
        if room.why:
            break
        try:
            agents = agents_of(state, plan.spec, task)
        except UsageError:
            continue  # `podium run` has refused this; the settings were changed since
        found.extend(StartRun(plan.spec, task.id, agent, plan.plan_blob) for agent in agents)
        room.take(len(agents))
    return found


def agents_of(state: State, spec: str, task: Task) -> tuple[str, ...]:
    """The agents that a task is given to: those ordered, else the plan's, else the project's default.

    Raises UsageError when there is none.
    """
    order = state.plans.dispatch(spec)
    ordered = order.agents.get(task.id, ()) if order else ()
    return ordered or task.agents or (require_agent(state.settings, tuple(a.name for a in state.settings.agents)),)
