"""No connection is left open, whatever ends the one who serves it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from podium.workspaces.connections import Connections, Serve


class Wrote:
    """A writer that says whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


async def never(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.get_running_loop().create_future()


async def lost(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    raise ConnectionResetError


def test_a_connection_that_was_not_yet_looked_at_is_closed_too() -> None:
    async def close_at_once() -> Wrote:
        connections, writer = Connections(never), Wrote()
        connections(asyncio.StreamReader(), writer)  # pyright: ignore[reportArgumentType]
        await connections.close()
        return writer

    assert asyncio.run(close_at_once()).closed


@pytest.mark.parametrize("serve", [never, lost])
def test_the_other_end_sees_the_connection_end(serve: Serve) -> None:
    async def connect() -> bytes:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connections = Connections(serve)
            server = await asyncio.start_server(connections, sock=listener)
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            if serve is never:
                while not connections.count:
                    await asyncio.sleep(0)
                server.close()
                await connections.close()
            said = await reader.read()
            writer.close()
            server.close()
            return said

    assert asyncio.run(connect()) == b""
