"""`/events`: the one stream of server-sent events that a browser keeps open.

`moved`: the ledger is at another record (the event's id), or an errand is further; pages fetch themselves again.
`grew`: live transcripts are longer. A client that was away says how far it is by `Last-Event-ID` or `?after=`: what it
missed is one `moved`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from podium.api.pulse import Beat, Pulse
from podium.render.safe_text import safe_line

HEARTBEAT = b": still there\n\n"


async def stream(request: Request) -> Response:
    """The stream, until the client or the server goes."""
    pulse: Pulse = request.app.state.pulse
    return StreamingResponse(_messages(pulse, _after(request)), media_type="text/event-stream")


async def _messages(pulse: Pulse, after: int) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    last = Beat(seq=after, needs=-1, errands=-1)
    async for beat in pulse.beats():
        if beat is None:
            yield HEARTBEAT
            continue
        if (beat.seq, beat.needs, beat.errands) != (last.seq, last.needs, last.errands):
            news = {
                "seq": beat.seq,
                "needs": beat.needs,
                "first": safe_line(beat.first),
                "errands": beat.errands,
            }
            yield b"id: %d\nevent: moved\ndata: %s\n\n" % (beat.seq, msgspec.json.encode(news))
        grown = {name: size for name, size in beat.sizes.items() if last.sizes.get(name) != size}
        if grown:
            yield b"event: grew\ndata: %s\n\n" % msgspec.json.encode(grown)
        last = beat


def _after(request: Request) -> int:
    text = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return int(text) if text.isdecimal() and len(text) < 16 else 0


ROUTES = [Route("/events", stream)]
