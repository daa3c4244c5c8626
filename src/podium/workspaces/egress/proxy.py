"""The CONNECT proxy of one sandbox: an exact list of host:port, and nothing else gets out.

Served on a socket of the sandbox's own loopback, where HTTPS_PROXY points. What it refuses, it tells: an agent that
tries to reach a host which nobody named is either badly set up or going wrong. A program that does not ask the proxy
finds no network at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Final

from podium.workspaces.connections import Connections, Serve
from podium.workspaces.egress.addresses import NotAllowedError, is_address, resolved
from podium.workspaces.egress.client_hello import NoHelloError, server_name
from podium.workspaces.egress.way_out import WayOut, is_written_as_number

if TYPE_CHECKING:
    from podium.workspaces.egress.forward import Origin

PORT: Final = 7412
"""Of the sandbox's own 127.0.0.1."""

CONNECT_SECONDS: Final = 20.0
HELLO_SECONDS: Final = 20.0
_BLOCK: Final = 65536
_HEAD_LIMIT: Final = 32 * 1024
_MOST: Final = 128
_CONNECT: Final = re.compile(r"CONNECT ([A-Za-z0-9.\-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):(\d{1,5}) HTTP/1\.[01]")

Refuse = Callable[[str, str], None]
"""Told of everything that was refused: where (as the sandbox named it), and why."""


class Proxy:
    """Serves one sandbox; used once, from one event loop."""

    def __init__(
        self,
        allowed: tuple[str, ...],
        refused: Refuse,
        own: Mapping[int, Serve] | None = None,
        *,
        private: Collection[str] = (),
        origins: Mapping[str, Origin] | None = None,
        listed: str = "it is not in [network] allow",
        way: WayOut | None = None,
    ) -> None:
        """`own`: what is served on ports of the sandbox itself, for programs that ask the proxy even for those.

        `private`: host:port which may lead to a private network; `origins`: what is fetched in plain http, by
        host:port; `listed`: how it is said that a host is not in the list; `way`: how
        this machine reaches others.
        """
        self._own = own or {}
        self._way = way or WayOut()
        self._private = frozenset(entry.lower() for entry in private)
        self._origins = origins or {}
        self._listed = listed
        self._allowed = frozenset(entry.lower() for entry in allowed)
        self._refused = refused
        self._server: asyncio.Server | None = None
        self._connections = Connections(self._take)
        self._room = asyncio.Semaphore(_MOST)

    async def serve(self, listener: socket.socket) -> None:
        """Take connections on this listening socket, which is the proxy's from now on."""
        listener.setblocking(False)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is accepted inherits it: no piece waits
        self._server = await asyncio.start_server(self._connections, sock=listener, limit=_HEAD_LIMIT)

    async def close(self) -> None:
        """End every connection; idempotent."""
        if self._server is not None:
            self._server.close()
        await self._connections.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with self._room:
                await self._serve(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HELLO_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        line = head.split(b"\r\n", 1)[0].decode("latin-1")
        found = _CONNECT.fullmatch(line)
        if found is None and self._origins and not line.startswith("CONNECT "):
            await self.fetch(reader, writer, head)
            return
        if found is None:
            where = line.split(" ")[1][:200] if line.count(" ") == 2 else "?"
            await self._refuse(writer, where, "only https is carried (CONNECT)")
            return
        host, port = found[1].lower().rstrip("."), int(found[2])
        where = f"{host}:{port}"
        if host in ("127.0.0.1", "localhost") and port in self._own:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._own[port](reader, writer)
            return
        if where not in self._allowed:
            await self._refuse(writer, where, self._listed)
            return
        try:
            far_reader, far_writer = await self._connect(host.strip("[]"), port)
        except NotAllowedError as error:
            await self._refuse(writer, where, str(error))
            return
        except (OSError, TimeoutError) as error:
            await _answer(writer, "502 Bad Gateway", f"{where} cannot be reached: {error or 'no answer'}")
            return
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            first = await self._hello(reader, host, where)
            if first:
                far_writer.write(first)
                await far_writer.drain()
                await _carry(reader, writer, far_reader, far_writer)
        finally:
            far_writer.close()

    async def _hello(self, reader: asyncio.StreamReader, host: str, where: str) -> bytes:
        """The client's first words, once they name the host that was asked for; empty when they do not."""
        data = b""
        name: str | None = None
        try:
            while name is None:
                async with asyncio.timeout(HELLO_SECONDS):
                    block = await reader.read(_BLOCK)
                if not block:
                    return b""
                data += block
                name = server_name(data)
        except NoHelloError as error:
            self._refused(where, str(error))
            return b""
        wanted = "" if is_address(host) else host
        if name.rstrip(".") != wanted:
            self._refused(where, f"inside, it asks for {name or 'a server without a name'}"[:300])
            return b""
        return data

    async def fetch(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes = b"", at: str = ""
    ) -> None:
        """Serve one request in plain http; see `Forward.take`."""
        from podium.workspaces.egress.forward import Forward, RefusedError, UnreachableError

        async def connect(
            where: str, port: int, secure: ssl.SSLContext | None
        ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            return await self._connect(self._origins[where].host, port, secure, tls=secure is not None)

        try:
            await Forward(self._origins, connect, self._way).take(reader, writer, head, at)
        except RefusedError as error:
            await self._refuse(writer, error.where, error.why)
        except NotAllowedError as error:
            await self._refuse(writer, at or "?", str(error))
        except UnreachableError as error:
            await _answer(writer, "502 Bad Gateway", str(error))

    async def _connect(
        self, host: str, port: int, secure: ssl.SSLContext | None = None, *, tls: bool = True
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._way.hop(host, port, tls=tls) is not None:
            return await self._through(host, port, secure, tls=tls)
        failed: Exception | None = None
        private = f"{host}:{port}" in self._private
        named = (*self._allowed, *self._origins)
        for address in await resolved(host, port, named, private=private):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await asyncio.open_connection(
                        address, port, ssl=secure, server_hostname=host if secure else None, limit=_BLOCK
                    )
            except (OSError, TimeoutError) as error:
                failed = error
        raise failed or OSError("no address")

    async def _through(
        self, host: str, port: int, secure: ssl.SSLContext | None, *, tls: bool
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """By the company's proxy, which looks names up; what is written as a number is checked here all the same."""
        if is_written_as_number(host):
            named = (*self._allowed, *self._origins)
            await resolved(host, port, named, private=f"{host}:{port}" in self._private)
        return await self._way.connect(host, port, secure, tls=tls)

    async def _refuse(self, writer: asyncio.StreamWriter, where: str, why: str) -> None:
        self._refused(where, why)
        await _answer(writer, "403 Forbidden", f"Podium: {where} is not reached from here: {why}")


async def _answer(writer: asyncio.StreamWriter, status: str, text: str) -> None:
    body = (text + "\n").encode("utf-8", "replace")
    head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {len(body)}\r\n"
    writer.write(head.encode() + b"connection: close\r\n\r\n" + body)
    await writer.drain()


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while block := await source.read(_BLOCK):
            target.write(block)
            await target.drain()
    with contextlib.suppress(OSError):
        if target.can_write_eof():
            target.write_eof()
