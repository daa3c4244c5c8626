"""The home page: the one ordered list of what needs a person, each with what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.errand_verbs import CHECKUP, DISK
from podium.api.seat import Seat, seat_of
from podium.conductor.attention import Need, Rank, attention
from podium.conductor.board import board
from podium.conductor.deliver import undelivered
from podium.conductor.disk_use import little_room
from podium.kernel.errors import PodiumError
from podium.landing.model import AtWork, Landing, Waits
from podium.render.paint import Tone
from podium.web.page import page

SIGNS: dict[Rank, tuple[str, Tone]] = {
    Rank.PERMISSION: ("asks", "warn"),
    Rank.TRIPWIRE: ("tripwire", "bad"),
    Rank.DISK: ("disk", "bad"),
    Rank.WAIT: ("waits", "warn"),
    Rank.QUESTION: ("question", "warn"),
    Rank.LANDING: ("held", "bad"),
    Rank.REVIEW: ("review", "name"),
    Rank.FAILED: ("failed", "bad"),
    Rank.BLOCKED: ("blocked", "bad"),
}


@dataclass(frozen=True)
class Item:
    """A need as it is shown."""

    need: Need
    kind: str
    sign: str
    tone: Tone
    key: str  # the same for the same need, so that the page keeps what is focused

    @property
    def spec(self) -> str:
        """The spec of its task; empty where it is about no task."""
        return self.need.task.rpartition("/")[0]

    @property
    def task(self) -> str:
        """The task's id."""
        return self.need.task.rpartition("/")[2]


def show(request: Request) -> Response:
    """The list."""
    seat = seat_of(request)
    delivery = _delivery(seat)
    with seat.desk.reading(seat.project) as state:
        items = [_item(need) for need in attention(state, delivery, little_room(seat.home.root))]
        rows = board(state)
        busy = sum(isinstance(row.state, AtWork) for row in rows)
        waiting = sum(isinstance(row.state, Waits) for row in rows)
        landing = sum(isinstance(row.state, Landing) for row in rows)
        begun = bool(rows)
    return page(
        request,
        "attention.html",
        place="attention",
        title="Attention",
        items=items,
        busy=busy,
        waiting=waiting,
        landing=landing,
        begun=begun,
        errands=[each for each in seat.errands.all() if each.name not in (CHECKUP, DISK)],
    )


def _item(need: Need) -> Item:
    sign, tone = SIGNS[need.rank]
    key = f"need-{need.rank.value}-{need.task}-{need.run}-{need.request}".replace("/", "-")
    return Item(need, need.rank.name.lower(), sign, tone, key)


def _delivery(seat: Seat) -> tuple[str, str]:
    """What keeps landed work from the user's branch. The list must not fail because git does."""
    try:
        return undelivered(seat.desk, seat.project, seat.path)
    except PodiumError as error:
        return f"the target branch cannot be compared: {error.what}", error.do


ROUTES = [Route("/", show)]
