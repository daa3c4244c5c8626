"""A person steers a live run: stop, pause, resume, say, and the answers to its permission requests."""

from __future__ import annotations

from typing import Literal

from podium.conductor.desk import Desk
from podium.conductor.state import State
from podium.kernel.errors import NotFoundError, UsageError
from podium.review.person import require_person
from podium.runs.events import PermissionAnswered, Steered, TripwireAcknowledged
from podium.runs.model import AwaitingPermission, PermissionRequest, Round, Run
from podium.runs.store import is_active, open_trips


def steer(
    desk: Desk, project: str, run: str, what: Literal["stop", "pause", "resume", "say"], *, text: str = "", actor: str
) -> None:
    """Tell the newest round of a run. Raises UsageError when it is over, or there is nothing to say."""
    require_person(actor, what)
    if what == "say" and not text.strip():
        raise UsageError("there is nothing to say", do='Give it: podium say TASK -m "use the old parser"')
    with desk.change(project) as change:
        round_ = change.state.runs.by_id[run].rounds[-1]
        if not is_active(round_.state):
            raise UsageError(f"round {round_.number} is over: there is nothing to {what}")
        change.append(Steered(run=run, round=round_.number, what=what, text=text), actor=actor)


def answer(desk: Desk, project: str, run: str, request: str, *, allow: bool, actor: str) -> None:
    """Answer a permission request. Raises UsageError when it has been answered or has lapsed."""
    require_person(actor, "answer")
    with desk.change(project) as change:
        round_ = change.state.runs.by_id[run].rounds[-1]
        waiting = round_.state.requests if isinstance(round_.state, AwaitingPermission) else ()
        if all(known.id != request for known in waiting):
            raise UsageError("nobody waits for this answer any more", where=request, do="podium attention")
        change.append(PermissionAnswered(run=run, round=round_.number, request=request, allowed=allow), actor=actor)


def acknowledge(desk: Desk, project: str, run: str, names: tuple[str, ...] = (), *, actor: str) -> tuple[str, ...]:
    """Say that a person has seen tripwires of a round at work, all of them when none is named; their names.

    The agent is told nothing. Raises UsageError when none of these waits to be seen.
    """
    by = require_person(actor, "acknowledge")
    with desk.change(project) as change:
        round_ = change.state.runs.by_id[run].rounds[-1]
        known = tuple(dict.fromkeys(trip.name for trip in open_trips(round_))) if is_active(round_.state) else ()
        wrong = [name for name in names if name not in known]
        if wrong or not known:
            raise UsageError(
                f"no tripwire {wrong[0]} waits to be seen" if wrong else "no tripwire waits to be seen",
                do=f"These do: {', '.join(known)}" if known else "podium attention",
            )
        chosen: tuple[str, ...] = names or known
        change.append(TripwireAcknowledged(run=run, round=round_.number, names=chosen, by=by), actor=actor)
    return chosen


def waiting_requests(state: State) -> list[tuple[Run, Round, PermissionRequest]]:
    """Every permission request that waits for a person, oldest first."""
    found = [
        (run, round_, request)
        for run, round_ in state.runs.active()
        if isinstance(round_.state, AwaitingPermission)
        for request in round_.state.requests
    ]
    return sorted(found, key=lambda each: each[2].asked_at)


def one_request(state: State, run_ids: list[str], request: str = "") -> tuple[Run, Round, PermissionRequest]:
    """The request that is meant. Raises NotFoundError when none waits, UsageError when it is unclear which."""
    found = [each for each in waiting_requests(state) if each[0].id in run_ids and each[2].id.startswith(request)]
    if not found:
        raise NotFoundError("no permission request waits there", do="podium attention shows what waits.")
    if len(found) > 1:
        listed = "; ".join(f"{each[2].id}: {each[2].title}" for each in found)
        raise UsageError("several requests wait", do=f"Name one: {listed}")
    return found[0]
