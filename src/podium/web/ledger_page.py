"""The ledger: every decision and fact, to filter, to open, to verify."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.chronicle import Chronicle, Line
from podium.kernel.errors import NotFoundError, PodiumError
from podium.web.page import bare_page, page

PER_PAGE = 100
NOUNS = ("project", "spec", "plan", "runs", "evidence", "review", "landing")


def show(request: Request) -> Response:
    """The records that a filter lets through, newest first."""
    asked = request.query_params
    text, noun, people = asked.get("q", ""), asked.get("noun", ""), bool(asked.get("people"))
    quiet = bool(asked.get("all"))
    before = int(asked.get("before", "")) if asked.get("before", "").isdecimal() else 0
    lines = chronicle(request).lines()
    found = [line for line in reversed(lines) if _wanted(line, text.casefold(), noun, people, quiet)]
    rest = [line for line in found if not before or line.seq < before]
    return page(
        request,
        "ledger.html",
        place="ledger",
        title="Ledger",
        lines=rest[:PER_PAGE],
        more=rest[PER_PAGE - 1].seq if len(rest) > PER_PAGE else 0,
        found=len(found),
        total=len(lines),
        nouns=NOUNS,
        q=text,
        noun=noun,
        people=people,
        quiet=quiet,
        filtered=bool(text or noun or people),
    )


def one(request: Request) -> Response:
    """One record as it is stored."""
    seq = request.path_params["seq"]
    record = chronicle(request).record(seq)
    try:
        data = msgspec.json.format(record.data, indent=2).decode("utf-8", "replace")
    except msgspec.MsgspecError:
        data = record.data.decode("utf-8", "replace")
    line = next((each for each in chronicle(request).lines() if each.seq == seq), None)
    return page(request, "record.html", place="ledger", title=f"Record {seq}", record=record, data=data, line=line)


def verification(request: Request) -> Response:
    """Whether the chain is whole. It works for a chain that is so broken that nothing else does."""
    found = chronicle(request).verified()
    try:
        return page(request, "verify.html", place="ledger", title="Verify", found=found)
    except NotFoundError:
        raise
    except PodiumError as error:
        return bare_page(request, "verify_bare.html", status=200, found=found, error=error)


def chronicle(request: Request) -> Chronicle:
    """The ledger in words that the application keeps."""
    kept: Chronicle = request.app.state.chronicle
    return kept


def _wanted(line: Line, text: str, noun: str, people: bool, quiet: bool) -> bool:
    if people and not line.person:
        return False
    if noun and not line.kind.startswith(f"{noun}."):
        return False
    if line.tone == "quiet" and not quiet and not text:
        return False
    return not text or any(text in each.casefold() for each in (line.about, line.text, line.actor, line.kind))


ROUTES = [
    Route("/ledger", show),
    Route("/ledger/verify", verification),
    Route("/ledger/{seq:int}", one),
]
