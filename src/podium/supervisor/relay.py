"""What an agent in a sandbox may connect to, carried by its supervisor: a port in there stands for one address here."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Final

from podium.workspaces.connections import Connections

_BLOCK: Final = 65536
_MOST: Final = 256  # connections at once; more wait in the kernel's queue


class Relay:
    """Plain ways out of one sandbox; used once."""

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []
        self._carrying: list[Connections] = []
        self._room = asyncio.Semaphore(_MOST)

    async def serve(self, listener: socket.socket, to: str) -> None:
        """Carry what connects to this listening socket to `to` (host:port); the socket is the relay's from now on."""
        listener.setblocking(False)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is accepted inherits it: no piece waits
        host, _, port = to.rpartition(":")

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async with self._room:
                await _carry(reader, writer, host, int(port))

        connections = Connections(take)
        self._carrying.append(connections)
        self._servers.append(await asyncio.start_server(connections, sock=listener))

    async def close(self) -> None:
        """Close every way and every connection on it; idempotent."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        for connections in self._carrying:
            await connections.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
    """Carry both ways until both have ended; an address that does not answer closes the connection."""
    try:
        far_reader, far_writer = await asyncio.open_connection(host, port)
    except OSError:
        return
    try:
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
    finally:
        far_writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while block := await source.read(_BLOCK):
            target.write(block)
            await target.drain()
    with contextlib.suppress(OSError):
        if target.can_write_eof():
            target.write_eof()
