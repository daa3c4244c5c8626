"""The connections that a server of ours has open: each is closed, whatever ends it, even before it was looked at."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Connections:
    """What to give to `asyncio.start_server`; for one event loop.

    A coroutine given there directly leaves a connection open for ever whose task is cancelled before its first step.
    """

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._open: set[asyncio.Task[None]] = set()

    def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection in a task of its own."""
        task = asyncio.get_running_loop().create_task(self._carry(reader, writer))
        self._open.add(task)

        def over(done: asyncio.Task[None]) -> None:
            self._open.discard(done)
            writer.close()

        task.add_done_callback(over)

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    async def close(self) -> None:
        """End every connection; idempotent."""
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await self._serve(reader, writer)
