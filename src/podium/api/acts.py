"""Acts: what a person does by POST, as JSON from a script or as a form from a page, with one set of rules.

An act is a plain function of the seat and the fields that were sent. It runs in a thread, and what it returns is the
answer. A form without script gets a redirect back to the page that it names in `next`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from podium.api.seat import Seat, seat_of
from podium.kernel.errors import UsageError

LARGEST_BODY = 4_000_000


@dataclass(frozen=True)
class Fields:
    """What was sent with an act; every value is text, or a list of texts."""

    values: Mapping[str, Any]

    def text(self, name: str, *, required: bool = False) -> str:
        """One text. Raises UsageError when it is no text, or is required and empty."""
        value = self.values.get(name, "")
        if not isinstance(value, str):
            raise UsageError(f"{name} must be a text")
        if required and not value.strip():
            raise UsageError(f"{name} is missing")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; a single one counts as a list of one. Raises UsageError for anything else."""
        value = self.values.get(name, ())
        items = (value,) if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in cast("list[Any]", items)):
            raise UsageError(f"{name} must be a list of texts")
        return tuple(cast("list[str]", items))


Act = Callable[[Seat, Fields], Any]
"""Does something and returns plain data for the answer. Raises PodiumError with what is wrong."""


def act_route(path: str, act: Act) -> Route:
    """The route of an act: POST only."""

    async def endpoint(request: Request) -> Response:
        fields = await read_fields(request)
        done = await run_in_threadpool(act, seat_of(request), fields)
        if wants_json(request):
            return Response(msgspec.json.encode({"done": done}), media_type="application/json")
        return RedirectResponse(_back(fields.text("next")), status_code=303)

    return Route(path, endpoint, methods=["POST"])


def wants_json(request: Request) -> bool:
    """Whether the answer goes to a script."""
    return "application/json" in request.headers.get("accept", "")


async def read_fields(request: Request) -> Fields:
    """The fields of a request. Raises UsageError for a body that is too long, or neither form nor JSON object."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise UsageError(f"it is longer than {LARGEST_BODY // 1_000_000} MB")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return Fields(_json(bytes(body)))
    if kind == "application/x-www-form-urlencoded":
        return Fields(_form(bytes(body)))
    if not body:
        return Fields({})
    raise UsageError("it is neither JSON nor a form", where="Content-Type")


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body or b"{}")
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UsageError(f"it is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise UsageError("it must be a JSON object")
    return cast("dict[str, Any]", found)


def _form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=2000,
        )
    except ValueError as error:  # UnicodeError is one
        raise UsageError("it is not a form") from error
    found: dict[str, Any] = {}
    for name, value in pairs:
        before = found.get(name)
        if before is None:
            found[name] = value
        elif isinstance(before, list):
            cast("list[str]", before).append(value)
        else:
            found[name] = [before, value]
    return found


def _back(place: str) -> str:
    """A path of this server; anything that a browser could take for another address leads home."""
    safe = place.startswith("/") and not place.startswith(("//", "/\\")) and place.isprintable() and "\\" not in place
    return place if safe else "/"


def json_answer(data: Any, status: int = 200) -> Response:
    """Plain data or values of ours as JSON."""
    return Response(msgspec.json.encode(data), status_code=status, media_type="application/json")
