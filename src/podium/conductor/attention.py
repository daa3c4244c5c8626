"""The one ordered list of things that need a person now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from podium.conductor.board import Row, board
from podium.conductor.state import State
from podium.conductor.steer import waiting_requests
from podium.landing.model import Blocked, Held, InReview, Landing, Lost
from podium.review.verdict import voided_for
from podium.runs.model import Ordered, Run, Wait
from podium.runs.store import open_trips


class Rank(IntEnum):
    """Why it comes where it does: what keeps an agent or the queue waiting first, what can wait last."""

    PERMISSION = 0  # an agent stands still until it is answered
    TRIPWIRE = 1  # an agent may be going wrong, and goes on spending
    DISK = 2  # all work stands still, or soon will: there is no room for what it gives
    WAIT = 3  # an agent stands still for money, a key, its provider or room
    QUESTION = 4  # an agent wants to know something before it begins
    LANDING = 5  # accepted work that cannot land
    REVIEW = 6  # a candidate waits
    FAILED = 7  # a task has no run that gave a candidate
    BLOCKED = 8  # a task that will not start


@dataclass(frozen=True)
class Need:
    """One thing that needs a person, and what to type."""

    rank: Rank
    task: str  # full name
    run: str  # id; empty where it is about the task
    agent: str
    what: str
    since: str
    do: str
    request: str = ""  # id of the permission request or question that waits


def attention(state: State, delivery: tuple[str, str] = ("", ""), room: tuple[str, str] = ("", "")) -> list[Need]:
    """Everything that needs a person, most urgent first, within one rank the oldest first.

    `delivery` is what `podium.conductor.deliver.undelivered` says of the user's branch, `room` what
    `podium.conductor.disk_use.little_room` says of the disk.
    """
    needs = [*_permissions(state), *_tripwires(state), *_waits(state), *_questions(state), *_reverts(state)]
    for row in board(state):
        needs.extend(_of_row(state, row))
    for rank, about, (what, do) in ((Rank.LANDING, state.project.target, delivery), (Rank.DISK, "disk", room)):
        if what:
            needs.append(Need(rank, about, "", "", what, "", do))
    return sorted(needs, key=lambda need: (need.rank, need.since, need.task))


def _permissions(state: State) -> list[Need]:
    return [
        Need(
            Rank.PERMISSION,
            _name(run),
            run.id,
            run.agent,
            f"asks to {request.kind}: {request.title}" + (f" ({request.detail})" if request.detail else ""),
            request.asked_at,
            f"podium allow {_name(run)} {request.id}   or   podium deny {_name(run)} {request.id}",
            request.id,
        )
        for run, _, request in waiting_requests(state)
    ]


def _tripwires(state: State) -> list[Need]:
    return [
        Need(
            Rank.TRIPWIRE,
            _name(run),
            run.id,
            run.agent,
            f"{trip.name}: {trip.detail}",
            trip.at,
            f"podium watch {_name(run)}   or   podium acknowledge {_name(run)}   or   podium stop {_name(run)}",
        )
        for run, round_ in state.runs.active()
        for trip in open_trips(round_)
        if not isinstance(round_.state, Ordered)
    ]


def _questions(state: State) -> list[Need]:
    return [
        Need(
            Rank.QUESTION,
            f"{spec}/{each.task}",
            "",
            each.agent,
            f"{each.id}, about {each.clause}: {each.text}",
            each.asked_at,
            f'podium answer {spec} {each.id} -m "what is decided"   or   podium answer {spec} {each.id} --aside',
            each.id,
        )
        for spec, each in state.plans.open_questions()
        if state.plans.approved(spec) is not None or state.plans.withdrawn(spec)
    ]


def _waits(state: State) -> list[Need]:
    return [
        Need(
            Rank.WAIT,
            _name(run),
            run.id,
            run.agent,
            f"waits: {wait.detail}" + (f"; goes on at {wait.resumes_at}" if wait.resumes_at else ""),
            wait.since,
            wait_advice(wait, _name(run)),
        )
        for run, round_ in state.runs.active()
        for wait in round_.waits
    ]


def wait_advice(wait: Wait, task: str) -> str:
    """What a person can do about a round that stands still."""
    match wait.on:
        case "budget":
            return f"podium budget   shows it; podium budget SCOPE USD {task}   raises it; or podium stop {task}"
        case "key":
            return f"mend the key, and it goes on; podium resume {task}   tries at once; or podium stop {task}"
        case "room":
            return (
                f"free some disk space, and it goes on by itself; podium gc   shows what can go; or podium stop {task}"
            )
        case _:
            return f"nothing, it goes on by itself; podium resume {task}   tries at once"


def _reverts(state: State) -> list[Need]:
    return [
        Need(
            Rank.LANDING,
            f"{entry.spec}/{entry.task}",
            "",
            "",
            f"its revert is held: {entry.state.why}",
            entry.queued_at,
            entry.state.do,
        )
        for entry in state.landings.waiting()
        if entry.revert_of and isinstance(entry.state, Held)
    ]


def _of_row(state: State, row: Row) -> list[Need]:
    match row.state:
        case Landing(held=held) if held:
            return [Need(Rank.LANDING, row.name, "", "", held, _since(state, row), _held_do(state, row))]
        case InReview(runs=runs):
            return [_review(state, row, runs)]
        case Lost(reason=reason):
            do = f"podium run {row.name}   tries again"
            return [Need(Rank.FAILED, row.name, "", "", reason, _since(state, row), do)]
        case Blocked(why=why, do=do):
            return [Need(Rank.BLOCKED, row.name, "", "", why, "", do)]
        case _:
            return []


def _review(state: State, row: Row, runs: tuple[str, ...]) -> Need:
    racing = [state.runs.by_id[run] for run in runs]
    rounds = racing[-1].rounds[-1].number
    what = f"round {rounds} waits for your review" if len(runs) == 1 else f"{len(runs)} candidates wait to be compared"
    void = voided_for(state.reviews.of(row.spec, row.task.id))
    what += f"; {void}" if void else ""
    do = f"podium review {row.name}" if len(runs) == 1 else f"podium compare {row.name}"
    agents = ", ".join(run.agent for run in racing)
    return Need(Rank.REVIEW, row.name, runs[0] if len(runs) == 1 else "", agents, what, _since(state, row), do)


def _held_do(state: State, row: Row) -> str:
    for entry in state.landings.of_task(row.spec, row.task.id):
        if isinstance(entry.state, Held):
            return entry.state.do
    return "podium land"


def _since(state: State, row: Row) -> str:
    runs = state.runs.of_task(row.spec, row.task.id)
    return max((round_.ordered_at for run in runs for round_ in run.rounds), default="")


def _name(run: Run) -> str:
    return f"{run.spec}/{run.task}"
