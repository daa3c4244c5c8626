"""Why a line is there: its clause, task, agent, reviewer, receipt and evidence, as `podium why` tells them."""

from __future__ import annotations

import posixpath
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.seat import Seat, seat_of
from podium.conductor.why import LookedUp, look_up
from podium.kernel.errors import PodiumError, UsageError
from podium.render.terminal_facts import outcome_word
from podium.web.page import page

_PLACE = re.compile(r"(?P<path>.+):(?P<line>[1-9][0-9]{0,8})", re.DOTALL)


def show(request: Request) -> Response:
    """The form, and what is known of the line that `?at=FILE:LINE` names."""
    seat, at = seat_of(request), request.query_params.get("at", "").strip()
    found: LookedUp | None = None
    fault: PodiumError | None = None
    try:
        found = _found(seat, at) if at else None
    except PodiumError as error:
        fault = error
    return page(
        request, "why.html", place="ledger", title="Why is this line here?", at=at, found=found, fault=fault,
        outcome=outcome_word,
    )  # fmt: skip


def _found(seat: Seat, at: str) -> LookedUp:
    place = _PLACE.fullmatch(at)
    if place is None:
        raise UsageError("this names no line of a file", where=at, do="Write it as src/cart.py:41")
    path = posixpath.normpath(place["path"])
    if path.startswith(("/", "../")) or path == "..":
        raise UsageError("this file is not in the repository", where=path, do="Name it from the repository's root.")
    return look_up(seat.desk, seat.project, seat.sources.repository, seat.path, path, int(place["line"]))


ROUTES = [Route("/why", show)]
