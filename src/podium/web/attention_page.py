"""The home page: the one ordered list of what needs a person."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.web.page import page


def show(request: Request) -> Response:
    """The list."""
    return page(request, "attention.html", place="attention", title="Attention")


ROUTES = [Route("/", show)]
