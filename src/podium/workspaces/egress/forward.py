"""Plain http out of a sandbox, to a few addresses that were named, and only to fetch: for package indexes.

Some indexes speak plain http; others want a password, which must not enter the sandbox. A program inside asks for
`http://HOST:PORT/...`; it is asked for out here, encrypted and with the password where the origin says so. Nothing can
be sent: only GET and HEAD pass, without a body. h11 reads both sides, so that what is passed on is what was understood.

An index whose address inside is plain http may name its files in full, as https. Followed inside, such a link would go
past the password; so in its pages and redirections the index's own https address is replaced by the one inside.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import h11

from podium.workspaces.egress.way_out import WayOut
from podium.workspaces.gateway.headers import for_agent, for_provider, value_of, without_length
from podium.workspaces.gateway.wire import Wire

ANSWER_SECONDS: Final = 120.0
REQUEST_SECONDS: Final = 20.0
LARGEST_PAGE: Final = 32 * 1024 * 1024
"""Of an index; a longer one is passed on with its links as they are."""

_PAGE: Final = re.compile(r"(text/html|application/([\w.+-]*[+.])?(json|html))\s*(;|\Z)", re.IGNORECASE)
_TARGET: Final = re.compile(r"http://([A-Za-z0-9.\-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{1,5}))?(/[!-~]*)?")

Connect = Callable[[str, int, ssl.SSLContext | None], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""Opens a connection to a host and port; raises NotAllowedError or OSError."""


@dataclass(frozen=True)
class Origin:
    """What a host:port that is asked for in plain http is out here."""

    host: str
    port: int
    tls: bool = False
    ca_file: str = ""
    authorization: str = field(default="", repr=False)  # added to each request; never seen inside

    @property
    def name(self) -> str:
        """As in a Host header."""
        return self._bare if self.port == (443 if self.tls else 80) else f"{self._bare}:{self.port}"

    @property
    def _bare(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    def relinked(self, text: bytes) -> bytes:
        """A page of it with links to itself as they work inside."""
        if not self.tls:
            return text
        port = b"(:443)?" if self.port == 443 else b":%d" % self.port
        own = re.compile(b"https://" + re.escape(self._bare.encode()) + port + b"(?=/)", re.IGNORECASE)
        inside = f"http://{self._bare}:{self.port}".encode()
        return own.sub(lambda _: inside, text)


class RefusedError(Exception):
    """A request that is not passed on: where it was to go, and why it does not."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where} is not reached from here: {why}")
        self.where = where
        self.why = why


class UnreachableError(Exception):
    """An origin that does not answer; the text says so."""


class Forward:
    """Passes requests on to the origins that it knows, by host:port."""

    def __init__(self, origins: Mapping[str, Origin], connect: Connect, way: WayOut | None = None) -> None:
        self._way = way or WayOut()
        self._origins = {name.lower(): origin for name, origin in origins.items()}
        self._connect = connect

    async def take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes = b"", at: str = ""
    ) -> None:
        """Serve the one request of a connection, of which `head` was read already.

        `at` is the origin of whoever listens in its place inside; without it the request names it, as a proxy is asked.
        Raises RefusedError for what is not passed on, UnreachableError, NotAllowedError for a name that leads where it
        may not, and OSError for an exchange that broke off.
        """
        near = Wire(reader, writer, serves=True)
        if head:
            near.http.receive_data(head)
        try:
            request = await near.next(REQUEST_SECONDS)
            if isinstance(request, h11.Request):
                await self._pass(near, request, at)
        except h11.ProtocolError as error:
            if near.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
                raise ConnectionError("the exchange broke off") from error
            raise RefusedError(at or "?", "what is said there is no http that can be read") from error

    async def _pass(self, near: Wire, request: h11.Request, at: str) -> None:
        where, path = _goal(request.target.decode("latin-1"), at)
        origin = self._origins.get(where)
        if origin is None:
            raise RefusedError(where, "only https is carried to it (CONNECT)")
        if request.method not in (b"GET", b"HEAD"):
            raise RefusedError(where, f"{request.method.decode('latin-1')[:20]} is not fetching")
        if not isinstance(await near.next(REQUEST_SECONDS), h11.EndOfMessage):
            raise RefusedError(where, "a request with a body is not fetching")
        secure = self._way.trusting(origin.ca_file) if origin.tls else None
        try:
            reader, writer = await self._connect(where, origin.port, secure)
        except (OSError, TimeoutError) as error:
            raise UnreachableError(f"{where} cannot be reached: {error or 'no answer'}") from error
        far = Wire(reader, writer, serves=False)
        try:
            added = [("authorization", origin.authorization)] if origin.authorization else []
            head = for_provider(request.headers, origin.name, [*added, ("connection", "close")])
            await far.send(h11.Request(method=request.method, target=path, headers=head), h11.EndOfMessage())
            await _answer(near, far, origin)
        finally:
            far.abort()


async def _answer(near: Wire, far: Wire, origin: Origin) -> None:
    """Pass the answer on, a page whole, anything else piece by piece; one that breaks off breaks off inside too."""
    page: bytearray | None = None
    while True:
        event = await far.next(ANSWER_SECONDS)
        if isinstance(event, h11.Response):
            head = [(n, origin.relinked(v) if n == b"location" else v) for n, v in for_agent(event.headers)]
            if origin.tls and _PAGE.match(value_of(head, b"content-type")) and not value_of(head, b"content-encoding"):
                page, head = bytearray(), without_length(head)
            whole: list[Any] = [*head, (b"connection", b"close")]
            await near.send(h11.Response(status_code=event.status_code, headers=whole, reason=event.reason))
        elif isinstance(event, h11.Data):
            if page is None:
                await near.send(h11.Data(data=event.data))
                continue
            page += event.data
            if len(page) > LARGEST_PAGE:
                await near.send(h11.Data(data=bytes(page)))
                page = None
        elif isinstance(event, h11.EndOfMessage):
            rest = [h11.Data(data=origin.relinked(bytes(page)))] if page else []
            await near.send(*rest, h11.EndOfMessage())
            return
        elif not isinstance(event, h11.InformationalResponse):
            raise ConnectionError("the index closed the connection")


def _goal(target: str, at: str) -> tuple[str, str]:
    """Which origin a request is for, and the path there."""
    if at and target.startswith("/"):
        return at, target
    found = _TARGET.fullmatch(target)
    if found is None:
        raise RefusedError(target[:200], "it is no plain address")
    return f"{found[1].lower().rstrip('.')}:{int(found[2] or 80)}", found[3] or "/"
