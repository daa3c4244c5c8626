"""The landing queue: what is on its way to the target branch, what is held, what has landed, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.seat import seat_of
from podium.conductor.deliver import undelivered
from podium.conductor.state import State
from podium.kernel.errors import PodiumError
from podium.landing.model import Entry, Held, Landed, Queued, Returned
from podium.render.paint import Tone
from podium.web.page import page

SHOWN = 200


@dataclass(frozen=True)
class Line:
    """An entry as it is shown."""

    entry: Entry
    title: str
    word: str
    tone: Tone
    text: str
    do: str
    at: str
    commit: str = ""
    revertible: bool = False


def show(request: Request) -> Response:
    """The queue, and what has been through it."""
    seat = seat_of(request)
    try:
        delivery = undelivered(seat.desk, seat.project, seat.path)
    except PodiumError as error:
        delivery = (error.what, error.do)
    with seat.desk.reading(seat.project) as state:
        lines = [_line(state, entry) for entry in state.landings.entries.values()]
        target = state.project.target
    waiting = [line for line in lines if isinstance(line.entry.state, Queued | Held)]
    past = [line for line in reversed(lines) if isinstance(line.entry.state, Landed | Returned)]
    return page(
        request,
        "landing.html",
        place="landing",
        title="Landing",
        waiting=waiting,
        past=past[:SHOWN],
        older=len(past) - len(past[:SHOWN]),
        target=target,
        delivery=delivery,
        held=any(isinstance(line.entry.state, Held) for line in waiting),
    )


def _line(state: State, entry: Entry) -> Line:
    task = state.plans.task(entry.spec, entry.task)
    title = task.title if task else ""
    match entry.state:
        case Queued():
            return Line(entry, title, "queued", "name", "", "", entry.queued_at)
        case Held(why=why, do=do):
            return Line(entry, title, "held", "bad", why, do, entry.queued_at)
        case Returned(why=why, at=at):
            return Line(entry, title, "sent back", "warn", why, "", at)
        case Landed(commit=commit, at=at, checks=checks):
            now = state.landings.landed(entry.spec, entry.task)
            going = any(other.revert_of == commit for other in state.landings.waiting())
            word, tone = ("reverted", "warn") if entry.revert_of else ("landed", "good")
            told = f"verified: {', '.join(checks)}" if checks else ""
            return Line(
                entry,
                title,
                word,
                tone,
                told,
                "",
                at,
                commit[:10],
                now is not None and now.id == entry.id and not going,
            )


ROUTES = [Route("/landing", show)]
