"""Lines of an agent's stdout, within bounds: no line and no flood of lines can fill the memory."""

from __future__ import annotations

import asyncio

from podium.agents.driver import AgentFloodError
from podium.kernel.value import Value


class TooLong(Value, frozen=True, kw_only=True):
    """A line that was longer than allowed; only its beginning was kept."""

    size: int
    head: bytes


class BoundedLines:
    """Reads lines; holds at most one allowed line and one block in memory."""

    def __init__(self, reader: asyncio.StreamReader, *, line_limit: int, total_limit: int) -> None:
        self._reader = reader
        self._line_limit = line_limit
        self._total_limit = total_limit
        self._total = 0
        self._buffer = bytearray()
        self._searched = 0
        self._dropped = 0
        self._head = b""

    async def next(self) -> bytes | TooLong | None:
        """The next line without its newline, or None at the end. An unfinished last line counts as a line.

        Raises AgentFloodError once more than the total limit was read.
        """
        while True:
            line = self._from_buffer()
            if line is not None:
                return line
            block = await self._reader.read(65536)
            if not block:
                return self._rest()
            self._total += len(block)
            if self._total > self._total_limit:
                raise AgentFloodError(f"it wrote more than {self._total_limit // 2**20} MB of messages")
            self._buffer += block

    def _from_buffer(self) -> bytes | TooLong | None:
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            if self._searched > self._line_limit:
                self._drop(self._searched)
            return None
        self._searched = 0
        if self._dropped or end > self._line_limit:
            self._drop(end)
            del self._buffer[0]  # the newline
            return self._too_long()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _drop(self, size: int) -> None:
        if not self._dropped:
            self._head = bytes(self._buffer[:1024])
        self._dropped += size
        del self._buffer[:size]
        self._searched = 0

    def _too_long(self) -> TooLong:
        found = TooLong(size=self._dropped, head=self._head)
        self._dropped, self._head = 0, b""
        return found

    def _rest(self) -> bytes | TooLong | None:
        if self._dropped:
            self._drop(len(self._buffer))
            return self._too_long()
        if not self._buffer:
            return None
        line = bytes(self._buffer)
        self._buffer.clear()
        self._searched = 0
        return line
