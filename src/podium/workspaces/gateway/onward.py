"""Single steps of one exchange: to the provider, and back to the agent."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import h11

from podium.workspaces.gateway import chat_usage, headers
from podium.workspaces.gateway.plain import Plain
from podium.workspaces.gateway.wire import Wire

REFUSAL_LIMIT: Final = 2**20
THINK_SECONDS: Final = 1800.0  # for the provider to send its next piece; models think long


class UnknownOptionError(Exception):
    """The provider does not know the option that was added to a request."""


class Tap(Protocol):
    """Looks on while one answer goes by. Must be quick; may not raise."""

    def head(self, status: int, given: headers.Headers) -> None:
        """The answer begins."""
        ...

    def data(self, block: bytes) -> None:
        """Some of its body."""
        ...

    def end(self, *, whole: bool, error: str = "") -> None:
        """It is over; `error` when there is no answer of the provider. Called exactly once."""
        ...


async def end_answer(near: Wire, last: bytes, strip: chat_usage.WithoutUsage | None, tap: Tap) -> None:
    """Pass on what is left of an answer that is whole; what it cost counts before the agent can ask again."""
    if last:
        tap.data(last)
    tap.end(whole=True)
    left = (strip.data(last) if last else b"") + strip.end() if strip is not None else last
    if left:
        await near.send(h11.Data(data=left))
    await near.send(h11.EndOfMessage())


async def pass_refusal(near: Wire, far: Wire, answer: h11.Response, plain: Plain, tap: Tap) -> None:
    """Pass on how the provider refuses a request. Raises UnknownOptionError when it is for what was added."""
    body = bytearray()
    head = plain.head(headers.for_agent(answer.headers))
    while isinstance(event := await far.next(THINK_SECONDS), h11.Data):
        for block in plain.data(bytes(event.data)):
            body += block
        if len(body) > REFUSAL_LIMIT:
            raise h11.RemoteProtocolError("the answer is too long")
    if not isinstance(event, h11.EndOfMessage):
        raise ConnectionError("the provider closed the connection")
    body += plain.end()
    if b"stream_options" in body or b"include_usage" in body:
        raise UnknownOptionError
    tap.head(answer.status_code, head)
    tap.data(bytes(body))
    tap.end(whole=True)
    told = h11.Response(status_code=answer.status_code, headers=head)
    await near.send(told, h11.Data(data=bytes(body)), h11.EndOfMessage())


async def to_provider(far: Wire, event: h11.Event) -> None:
    """Send, unless the provider has closed its side: then its answer, which may be there already, says why."""
    try:
        await far.send(event)
    except (OSError, TimeoutError):
        await asyncio.Event().wait()
