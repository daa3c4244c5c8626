"""The model gateway: a reverse proxy to one model provider, served on a socket of one sandbox's own loopback.

Design. The sandbox has a placeholder for a key; the true one is looked up on the host at each request and added here,
on the host's side. Bodies go through in both directions piece by piece as they come, nothing is collected and nothing
waits for more; a tap beside the stream counts tokens (see `meter`). Only the paths of the provider's models are passed
on, to the one address that the settings name. When the agent goes away, so does the request to the provider.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import h11

from podium.kernel.value import Value
from podium.workspaces.connections import Connections
from podium.workspaces.egress.way_out import received
from podium.workspaces.gateway import chat_usage, headers, kinds
from podium.workspaces.gateway.credentials import CHATGPT, NoKeyError, read
from podium.workspaces.gateway.onward import (
    THINK_SECONDS,
    Tap,
    UnknownOptionError,
    end_answer,
    pass_refusal,
    to_provider,
)
from podium.workspaces.gateway.order import GatewayOrder
from podium.workspaces.gateway.plain import Plain
from podium.workspaces.gateway.refusal import Refusal, body_of, headers_of
from podium.workspaces.gateway.upstream import Upstream
from podium.workspaces.gateway.wire import Wire

REQUEST_LIMIT: Final = 64 * 2**20
RESPONSE_LIMIT: Final = 512 * 2**20
IDLE_SECONDS: Final = 600.0  # for the agent to send its next request, or the next piece of one
_MOST_OPEN: Final = 1024  # connections at all; each is a file of the supervisor
_MOST: Final = 128  # connections of one sandbox at work at once; more wait


class _DeniedError(Exception):
    """The provider refuses the key. Its answer is not passed on: agents give up on that, and the person can mend it."""


@dataclass(frozen=True)
class _Sent:
    """What the provider is sent of one request."""

    head: h11.Request
    body: bytes | None = None  # None = as it comes from the agent, piece by piece
    asks: bool = False  # whether it asks for counts that the agent did not ask for
    secrets: tuple[str, ...] = field(default=(), repr=False)  # what no answer may tell the agent


_TOLD: Final = (OSError, TimeoutError, h11.RemoteProtocolError)


class Ask(Value, frozen=True, kw_only=True):
    """One request of the agent."""

    number: int  # from 1, for this gateway
    method: str
    path: str


class Keeper(Protocol):
    """Whom the gateway asks, and tells: budgets, waiting, metering."""

    async def admit(self, ask: Ask) -> Tap | Refusal:
        """Let a request pass, when it may; whoever asks may have to wait."""
        ...

    async def denied(self) -> Refusal:
        """The provider refuses the key: what the agent is told instead, when there may be a better one."""
        ...


class Gateway:
    """Serves one sandbox; used once, from one event loop."""

    def __init__(self, order: GatewayOrder, secrets: Mapping[str, str], keeper: Keeper) -> None:
        self._order = order
        self._secrets = secrets
        self._keeper = keeper
        self._upstream = Upstream(order.url, order.ca_file, received(secrets)[0])
        self._server: asyncio.Server | None = None
        self._connections = Connections(self.take)
        self._room = asyncio.Semaphore(_MOST)
        self._asked = 0
        self._plain = False  # whether the provider wants chat requests as the agent makes them

    async def serve(self, listener: socket.socket) -> None:
        """Take requests on this listening socket, which is the gateway's from now on."""
        listener.setblocking(False)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is accepted inherits it: no piece waits
        self._server = await asyncio.start_server(self._connections, sock=listener, limit=65536)

    async def close(self) -> None:
        """Take no more and end every exchange; idempotent."""
        if self._server is not None:
            self._server.close()
        await self._connections.close()
        self._upstream.close()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        near = Wire(reader, writer, serves=True)
        if self._connections.count > _MOST_OPEN:
            near.abort()
            return
        try:
            async with self._room:
                await self._serve(near)
        except (OSError, TimeoutError, h11.ProtocolError, asyncio.CancelledError):
            near.abort()
        finally:
            near.close()

    async def _serve(self, near: Wire) -> None:
        """Exchanges on one connection, one after the other."""
        while True:
            try:
                request = await near.next(IDLE_SECONDS)
            except h11.RemoteProtocolError as error:
                if near.http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                    told = Refusal(status=error.error_status_hint, reason="invalid_request_error", message=str(error))
                    await self._refuse(near, told)
                return
            if not isinstance(request, h11.Request):
                return
            await self._exchange(near, request)
            if not near.is_reusable:
                return
            near.again()

    async def _exchange(self, near: Wire, request: h11.Request) -> None:
        method, goal = request.method.decode("latin-1"), request.target.decode("latin-1")
        path, _, query = goal.partition("?")
        if headers.value_of(request.headers, b"upgrade").lower() == "websocket":
            # 426 and not 404: the address is right, the protocol is not, and a client can go on over plain requests.
            message = "there are no websockets here: use plain requests"
            await self._refuse(near, Refusal(status=426, reason="invalid_request_error", message=message))
            return
        if not kinds.is_allowed(self._order.kind, method, path):
            message = f"{method} {path[:200]} is not among the requests that are passed on to {self._order.name}"
            await self._refuse(near, Refusal(status=404, reason="not_found_error", message=message))
            return
        self._asked += 1
        admitted = await self._keeper.admit(Ask(number=self._asked, method=method, path=path))
        if isinstance(admitted, Refusal):
            await self._refuse(near, admitted)
            return
        tap = _Once(admitted)
        try:
            body = await self._chat_body(near) if self._order.kind == "openai" and path == chat_usage.PATH else None
        except BaseException:
            tap.end(whole=False, error="the agent went away")
            raise
        while True:
            try:
                credential = read(self._order.kind, self._order.key, self._secrets)
                far = await self._upstream.take()
            except (NoKeyError, OSError, TimeoutError) as error:
                tap.end(whole=False, error=self._why(error))
                await self._refuse(near, self._unreachable(error))
                return
            head = headers.for_provider(request.headers, self._upstream.host, credential.headers)
            goal = headers.target(self._own_path(path), query)
            sent = replace(self._sent(request.method, goal, head, body), secrets=credential.secrets)
            if await self._pass(near, far, sent, tap):
                return
            self._plain = True

    async def _chat_body(self, near: Wire) -> bytes:
        """The whole of a request. Raises h11.RemoteProtocolError for one that is too long."""
        body = bytearray()
        while isinstance(event := await near.next(IDLE_SECONDS), h11.Data):
            body += event.data
            if len(body) > REQUEST_LIMIT:
                raise h11.RemoteProtocolError("the request is too long", error_status_hint=413)
        if not isinstance(event, h11.EndOfMessage):
            raise ConnectionError("the agent went away")
        return bytes(body)

    def _sent(self, method: bytes, goal: str, head: headers.Headers, body: bytes | None) -> _Sent:
        """What the provider is sent; `body` = what the agent sent, where that was waited for."""
        if body is None:
            return _Sent(head=h11.Request(method=method, target=goal, headers=head))
        changed = None if self._plain else chat_usage.with_usage(body)
        whole = body if changed is None else changed
        framed = headers.with_length(head, len(whole))
        return _Sent(head=h11.Request(method=method, target=goal, headers=framed), body=whole, asks=changed is not None)

    def _own_path(self, path: str) -> str:
        own = path.removeprefix("/v1") if self._order.url == CHATGPT else path
        return self._upstream.path + own

    async def _pass(self, near: Wire, far: Wire, sent: _Sent, tap: Tap) -> bool:
        """Carry one exchange; whatever ends it, the provider's connection is given back or closed.

        False when the request is to be made again as the agent made it: then the agent was told nothing yet.
        """
        asking = asyncio.create_task(self._ask(near, far, sent))
        answering = asyncio.create_task(self._answer(near, far, sent, tap))
        whole = unknown = False
        failure: BaseException | None = None
        error = "the agent went away"
        try:
            await asyncio.wait({asking, answering}, return_when=asyncio.FIRST_COMPLETED)
            failure = answering.exception() if answering.done() else asking.exception()
            unknown = isinstance(failure, UnknownOptionError)
            if answering.done():
                whole, error = failure is None, self._why(failure) if failure else ""
            asking.cancel()  # from here on, this reads what the agent sends
            await asyncio.gather(asking, return_exceptions=True)
            if isinstance(failure, _DeniedError):
                tap.end(whole=True)
                await self._refuse(near, await self._hold(near))
            elif isinstance(failure, _TOLD) and near.http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                await self._refuse(near, self._unreachable(failure))
        finally:
            settled = False
            try:
                asking.cancel()
                answering.cancel()
                await asyncio.gather(asking, answering, return_exceptions=True)
                settled = True
            finally:  # the end may come at that very await
                if not unknown:
                    tap.end(whole=whole, error=error)
                self._let_go(near, far, reusable=settled and (whole or unknown))
        return not unknown

    def _let_go(self, near: Wire, far: Wire, *, reusable: bool) -> None:
        if reusable:
            self._upstream.give_back(far)
        else:
            far.abort()
        if near.http.our_state is h11.SEND_BODY or near.http.their_state is h11.SEND_BODY:
            near.abort()  # an answer that breaks off must not look like a whole one

    async def _hold(self, near: Wire) -> Refusal:
        """Wait for a better key, as long as the agent waits too."""
        waiting, going = asyncio.create_task(self._keeper.denied()), asyncio.create_task(near.gone())
        try:
            await asyncio.wait({waiting, going}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                raise ConnectionError("the agent went away")
            return waiting.result()
        finally:
            for task in (waiting, going):
                task.cancel()
            await asyncio.gather(waiting, going, return_exceptions=True)

    async def _ask(self, near: Wire, far: Wire, sent: _Sent) -> None:
        """Pass the request on; returns when the agent has gone away."""
        await to_provider(far, sent.head)
        if sent.body is not None:
            await to_provider(far, h11.Data(data=sent.body))
            await to_provider(far, h11.EndOfMessage())
        size = 0
        while sent.body is None:
            event = await near.next(IDLE_SECONDS)
            if isinstance(event, h11.Data):
                size += len(event.data)
                if size > REQUEST_LIMIT:
                    raise h11.RemoteProtocolError("the request is too long", error_status_hint=413)
                await to_provider(far, h11.Data(data=event.data))
            elif isinstance(event, h11.EndOfMessage):
                await to_provider(far, h11.EndOfMessage())
                break
            else:
                return
        await near.gone()

    async def _answer(self, near: Wire, far: Wire, sent: _Sent, tap: Tap) -> None:
        """Pass the answer on, piece by piece."""
        size = 0
        strip: chat_usage.WithoutUsage | None = None
        plain = Plain(sent.secrets)
        while True:
            event = await far.next(THINK_SECONDS)
            if isinstance(event, h11.Response):
                if sent.asks and event.status_code in chat_usage.REFUSING:
                    await pass_refusal(near, far, event, plain, tap)
                    return
                head = headers.for_agent(event.headers)
                tap.head(event.status_code, head)
                if event.status_code in (401, 403):
                    raise _DeniedError
                head = plain.head(head)
                if sent.asks and event.status_code == 200 and headers.is_stream(head):
                    strip, head = chat_usage.WithoutUsage(), headers.without_length(head)
                await near.send(h11.Response(status_code=event.status_code, headers=head))
            elif isinstance(event, h11.Data):
                for block in plain.data(bytes(event.data)):
                    size += len(block)
                    if size > RESPONSE_LIMIT:
                        raise h11.RemoteProtocolError("the answer is too long")
                    tap.data(block)
                    if data := strip.data(block) if strip is not None else block:
                        await near.send(h11.Data(data=data))
            elif isinstance(event, h11.EndOfMessage):
                await end_answer(near, plain.end(), strip, tap)
                return
            elif not isinstance(event, h11.InformationalResponse):
                raise ConnectionError("the provider closed the connection")

    # --- answers of its own -------------------------------------------------------------------------------------------

    async def _refuse(self, near: Wire, refusal: Refusal) -> None:
        body = body_of(self._order.kind, refusal)
        given: list[Any] = headers_of(refusal, body)
        unread = near.http.their_state is h11.SEND_BODY
        if unread:
            given.append(("connection", "close"))
        await near.send(
            h11.Response(status_code=refusal.status, headers=given), h11.Data(data=body), h11.EndOfMessage()
        )
        if unread:
            await self._drain(near)

    async def _drain(self, near: Wire) -> None:
        """Read the rest of a refused request: a client that is still sending would otherwise never see the answer."""
        left = REQUEST_LIMIT
        with contextlib.suppress(TimeoutError, h11.RemoteProtocolError):
            while left > 0:
                event = await near.next(5.0)
                if not isinstance(event, h11.Data):
                    return
                left -= len(event.data)

    def _unreachable(self, error: BaseException) -> Refusal:
        if isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 413:
            return Refusal(status=413, reason="request_too_large", message="the request is too long")
        if isinstance(error, NoKeyError):
            return Refusal(status=401, reason="authentication_error", message=self._why(error))
        return Refusal(status=502, reason="api_error", message=self._why(error))

    def _why(self, error: BaseException | None) -> str:
        """An error in words. No text of it is the provider's, so none can hold a key."""
        if isinstance(error, NoKeyError):
            return f"there is no key for {self._order.name}: {error}"
        if isinstance(error, TimeoutError):
            return f"{self._order.name} ({self._upstream.address}) does not answer"
        return f"{self._order.name} ({self._upstream.address}) cannot be reached: {error or 'the connection broke'}"


class _Once:
    """A tap whose end is told once, the first one that is known."""

    def __init__(self, tap: Tap) -> None:
        self.head, self.data = tap.head, tap.data
        self._end = tap.end
        self._over = False

    def end(self, *, whole: bool, error: str = "") -> None:
        """It is over."""
        if not self._over:
            self._over = True
            self._end(whole=whole, error=error)
