"""What takes a while and is no agent's work: looking at the machine, freeing its disk; and ending any errand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from podium.api.acts import Fields, act_route
from podium.api.errands import Done, Work
from podium.api.seat import Seat
from podium.conductor.checkup import Premises, check_up
from podium.conductor.desk import Desk
from podium.conductor.disk_use import in_words
from podium.conductor.gc import collect, survey
from podium.kernel.errors import PodiumError
from podium.review.person import require_person

CHECKUP, DISK, FREE = "checkup", "disk", "free"


def look_at_machine(seat: Seat) -> None:
    """Begin a check-up of the machine, and a look at the disk, unless they go on already."""
    by = _who(seat)
    for name, title, work in ((CHECKUP, "Looking what works here", _check_up), (DISK, "Measuring the disk", _survey)):
        known = seat.errands.of(name)
        if known is None or not known.going:
            seat.errands.start(name, title, _bound(work, seat), by=by, place="/machine", lasts=False)


def check(seat: Seat, _fields: Fields) -> dict[str, Any]:
    """Look again."""
    look_at_machine(seat)
    return {"told": "Looking again"}


def free(seat: Seat, _fields: Fields) -> dict[str, Any]:
    """Free what can be freed without losing anything, as `podium gc --free` does."""
    by = require_person(seat.actor(), "free disk space")
    seat.errands.start(FREE, "Freeing disk space", _bound(_free, seat), by=by, place="/machine")
    return {"told": "Freeing"}


def end(seat: Seat, fields: Fields) -> dict[str, Any]:
    """End an errand."""
    errand = seat.errands.cancel(fields.text("name", required=True))
    return {"told": f"Ending: {errand.title}"}


def dismiss(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Forget what came of an errand."""
    seat.errands.dismiss(fields.text("name", required=True))
    return {}


def _bound(work: Callable[[Seat], Done], seat: Seat) -> Work:
    return lambda _going: work(seat)


def _who(seat: Seat) -> str:
    """Who asks; looking needs no name."""
    try:
        return seat.actor()
    except PodiumError:
        return ""


def premises_of(seat: Seat) -> Premises:
    """The machine and the repository that this server is for."""
    return Premises(
        desk=seat.desk,
        path=seat.path,
        environ=seat.environ,
        root=seat.root,
        open_repository=lambda: seat.sources.repository,
        read_settings=seat.sources.settings,
        actor=seat.actor,
    )


def _check_up(seat: Seat) -> Done:
    checks = check_up(premises_of(seat))
    missing = sum(each.verdict == "missing" for each in checks)
    return Done(f"{missing} missing" if missing else "Nothing required is missing", result=checks)


def _survey(seat: Seat) -> Done:
    with closing(_own_desk(seat)) as desk:
        items = survey(desk, seat.project, seat.path)
    return Done(f"{in_words(sum(item.bytes for item in items))} can be freed", result=items)


def _free(seat: Seat) -> Done:
    with closing(_own_desk(seat)) as desk:
        items = collect(desk, seat.project, seat.path)
        seat.errands.dismiss(DISK)
    what = "one thing" if len(items) == 1 else f"{len(items)} things"
    told = f"{in_words(sum(item.bytes for item in items))} freed, {what}" if items else "There was nothing to free"
    return Done(told, result=items)


def _own_desk(seat: Seat) -> Desk:
    """A desk of the errand's own: it reads for seconds what pages would have to wait for."""
    return Desk(seat.home, seat.desk.url, seat.desk.clock)


ROUTES = [
    act_route("/act/look-at-machine", check),
    act_route("/act/free", free),
    act_route("/act/end-errand", end),
    act_route("/act/dismiss-errand", dismiss),
]
