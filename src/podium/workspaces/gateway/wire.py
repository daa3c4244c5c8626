"""HTTP/1.1 on one connection, by h11 over asyncio's streams: events in, events out, and nothing kept."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

import h11

BLOCK: Final = 65536
HEAD_LIMIT: Final = 64 * 1024
SEND_SECONDS: Final = 120.0
"""How long the other side may take no byte at all."""


class Wire:
    """One side of an exchange. After any error of it, `close` it: nothing more can be said there."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, serves: bool) -> None:
        self._reader = reader
        self._writer = writer
        self.http = h11.Connection(h11.SERVER if serves else h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)

    async def next(self, seconds: float) -> object:
        """The next event. Raises TimeoutError when no byte comes for `seconds`, OSError, h11.RemoteProtocolError."""
        while True:
            event = cast("Any", self.http.next_event())
            if event is not h11.NEED_DATA:
                return event
            if self.http.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[]))
            async with asyncio.timeout(seconds):
                data = await self._reader.read(BLOCK)
            self.http.receive_data(data)

    async def send(self, *events: h11.Event) -> None:
        """Send them, and wait until the other side has room for more. Raises OSError, h11.LocalProtocolError."""
        for event in events:
            data = self.http.send(event)
            if data:
                self._writer.write(data)
        if self._writer.transport.get_write_buffer_size() > BLOCK or self._writer.is_closing():
            async with asyncio.timeout(SEND_SECONDS):
                await self._writer.drain()

    async def gone(self) -> None:
        """Return when the other side has closed; what it sends meanwhile is kept for later, up to a block."""
        data = await self._reader.read(BLOCK)
        self.http.receive_data(data)
        if data:
            await asyncio.Event().wait()  # it has more to say: whether it is there is found out then

    @property
    def is_reusable(self) -> bool:
        """Whether this exchange is over on both sides and another may follow."""
        return self.http.our_state is h11.DONE and self.http.their_state is h11.DONE

    @property
    def is_stale(self) -> bool:
        """Whether the other side has closed an idle connection."""
        return self._reader.at_eof() or self._writer.is_closing()

    def again(self) -> None:
        """Begin the next exchange."""
        self.http.start_next_cycle()

    def close(self) -> None:
        """Close it once what was written is sent; idempotent."""
        self._writer.close()

    def abort(self) -> None:
        """Close it at once, so that the other side notices; idempotent."""
        self._writer.transport.abort()
