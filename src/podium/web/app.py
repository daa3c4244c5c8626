"""The web app: every route, the guard before them, and how errors look."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
from collections.abc import Sequence
from importlib import import_module

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from podium.api.acts import wants_json
from podium.api.chronicle import Chronicle
from podium.api.failure import as_json, status_of
from podium.api.guard import Guard, cookie_name
from podium.api.keys import Keys
from podium.api.pulse import Pulse
from podium.api.seat import Seat, seat_of
from podium.api.story import Stories
from podium.kernel.errors import PodiumError
from podium.web.page import ERRANDS_AT, SEQ_AT, bare_page

PARTS = (
    "podium.api.events",
    "podium.api.verbs",
    "podium.api.agent_verbs",
    "podium.api.errand_verbs",
    "podium.api.run_verbs",
    "podium.web.attention_page",
    "podium.web.board_page",
    "podium.web.spec_page",
    "podium.web.plan_page",
    "podium.web.questions_page",
    "podium.web.run_page",
    "podium.web.landing_page",
    "podium.web.agents_page",
    "podium.web.machine_page",
    "podium.web.ledger_page",
    "podium.web.why_page",
    "podium.web.review_routes",
)
"""Modules that export ROUTES, in the order in which they are asked."""

_LOG = logging.getLogger("podium.web")


def build_app(seat: Seat, *, port: int, secret: str, pulse: Pulse | None = None) -> ASGIApp:
    """The application for one seat, to be served on this port of the loopback address.

    Whoever gives a `pulse` can close it, which ends the open streams of events.
    """
    app = Starlette(
        routes=_routes(),
        exception_handlers={PodiumError: _failed, HTTPException: _http},
    )
    app.state.seat = seat
    app.state.port = port
    app.state.secret = secret
    app.state.pulse = pulse or Pulse(seat)
    app.state.stories = Stories(seat)
    app.state.chronicle = Chronicle(seat)
    return Guard(_Net(app, seat), secret=secret, port=port, refuse=_refuse)


def _routes() -> Sequence[BaseRoute]:
    static = StaticFiles(packages=[("podium.web", "static")])
    found: list[BaseRoute] = [Route("/enter", _enter), Mount("/static", static)]
    for name in PARTS:
        if importlib.util.find_spec(name) is not None:
            found.extend(import_module(name).ROUTES)
    return found


def _enter(request: Request) -> Response:
    """A link is exchanged for the cookie; who has the cookie already only goes in."""
    seat, port, secret = seat_of(request), request.app.state.port, request.app.state.secret
    known = request.cookies.get(cookie_name(port), "") == secret
    if not Keys(seat.home.web).use(request.query_params.get("key", "")) and not known:
        what = "this link was used already, or is too old"
        return bare_page(request, "refused.html", status=403, what=what, do="Run podium up again: it prints a new one.")
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(cookie_name(port), secret, max_age=90 * 86_400, httponly=True, samesite="strict", path="/")
    return answer


def _refuse(scope: Scope, what: str, do: str) -> ASGIApp:
    """The answer to a request that the guard does not let through."""
    request = Request(scope)
    if wants_json(request):
        return as_json(PodiumError(what, do=do), 403)
    return bare_page(request, "refused.html", status=403, what=what, do=do)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, PodiumError)
    return _answer(request, error, status_of(error))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    what = "there is no such page" if error.status_code == 404 else error.detail.lower()
    return _answer(request, PodiumError(what, where=request.url.path), error.status_code)


def _answer(request: Request, error: PodiumError, status: int) -> Response:
    if wants_json(request):
        return as_json(error, status)
    return bare_page(request, "error.html", status=status, error=error)


class _Net:
    """Notes from when on a page may be behind, and catches a fault of Podium's own.

    Of a fault there is one traceback in the log, which `podium up` prints, and an answer.
    """

    def __init__(self, app: ASGIApp, seat: Seat) -> None:
        self._app = app
        self._seat = seat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[ERRANDS_AT] = self._seat.errands.version()
        if scope.get("method") == "GET" and _wants_page(scope):
            with contextlib.suppress(PodiumError):  # the page itself says so
                scope[SEQ_AT] = await run_in_threadpool(lambda: self._seat.desk.look(self._seat.project).seq)
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            _LOG.error("%s %s failed", scope.get("method"), scope.get("path"), exc_info=error)
            if begun:
                raise
            what = f"something broke: {type(error).__name__}"
            fault = PodiumError(what, do="It is a fault of Podium. The terminal of podium up has the details.")
            await _answer(Request(scope, receive), fault, 500)(scope, receive, send)


def _wants_page(scope: Scope) -> bool:
    """Whether a whole page is asked for, and not a part of one, a file or the stream."""
    accepted = dict(scope["headers"]).get(b"accept", b"")
    return accepted.startswith(b"text/html") and b"json" not in accepted
