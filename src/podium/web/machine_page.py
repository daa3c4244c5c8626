"""The machine: what works here and what does not, what the disk holds and what of it can be freed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.errand_verbs import CHECKUP, DISK, FREE, look_at_machine
from podium.api.seat import Seat, seat_of
from podium.conductor.background import conductor_pid
from podium.conductor.checkup import Check
from podium.conductor.disk_use import disk_use, in_words
from podium.web.page import page

if TYPE_CHECKING:
    from podium.conductor.gc import Item


def show(request: Request) -> Response:
    """What the newest look found; the first visit looks."""
    seat = seat_of(request)
    errands = seat.errands
    if errands.of(CHECKUP) is None or errands.of(DISK) is None:
        look_at_machine(seat)
    looked, disk = errands.of(CHECKUP), errands.of(DISK)
    checks: list[Check] = (looked.result if looked else None) or []
    items: list[Item] = (disk.result if disk else None) or []
    use = disk_use(seat.home.project(seat.project))
    return page(
        request,
        "machine.html",
        place="machine",
        title="Machine",
        looked=looked,
        disk=disk,
        freeing=errands.of(FREE),
        others=[each for each in errands.all() if each.name not in (CHECKUP, DISK, FREE)],
        checks=checks,
        missing=sum(each.verdict == "missing" for each in checks),
        notes=sum(each.verdict == "note" for each in checks),
        items=items,
        total=in_words(sum(item.bytes for item in items)),
        used="much" if use.used is None else in_words(use.used),
        left=in_words(use.free),
        state=str(seat.home.root),
        conductor=_conductor(seat),
        in_words=in_words,
    )


def _conductor(seat: Seat) -> str:
    """Whether one is at work on this state directory."""
    pid = conductor_pid(seat.home)
    return f"at work (process {pid})" if pid else "none is at work; it is started when there is something to do"


ROUTES = [Route("/machine", show)]
