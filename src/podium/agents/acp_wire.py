"""JSON-RPC messages over an agent's pipes, as the ACP library's connection wants them, and nothing it cannot stand.

The library's own transport logs every bad line with a traceback and dies of some well-formed ones; here whatever is
no message of JSON-RPC becomes an `Undecoded` event and the run goes on. `session/update` is handled before the library
sees it, in the order of arrival and without a task per update, so that a fast agent is slowed down by its own pipe.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

from podium.agents.driver import AgentFloodError
from podium.agents.event import Undecoded, clean
from podium.agents.lines import BoundedLines, TooLong

RAW_LIMIT = 4096
"""Bytes of something undecodable that are kept."""


class Wire:
    """The `Transport` of the ACP library, over an agent's pipes."""

    def __init__(
        self,
        stdin: asyncio.StreamWriter,
        lines: BoundedLines,
        *,
        on_update: Callable[[Any], None],
        on_undecoded: Callable[[Undecoded], None],
    ) -> None:
        self._stdin = stdin
        self._lines = lines
        self._on_update = on_update
        self._on_undecoded = on_undecoded
        self.flood: AgentFloodError | None = None

    async def send(self, message: dict[str, Any]) -> None:
        """Write one message. Raises ConnectionError when the agent no longer reads."""
        self._stdin.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        await self._stdin.drain()

    async def receive(self) -> dict[str, Any] | None:
        """The next message that is for the library, or None when there will be no more."""
        while True:
            try:
                line = await self._lines.next()
            except AgentFloodError as flood:
                self.flood = flood
                return None
            except OSError:
                return None
            if line is None:
                return None
            message = self._decoded(line)
            if message is None:
                continue
            if message.get("method") == "session/update" and "id" not in message:
                self._on_update(message.get("params"))
                continue
            return message

    async def close(self) -> None:
        """Close the agent's stdin."""
        self._stdin.close()

    def _decoded(self, line: bytes | TooLong) -> dict[str, Any] | None:
        if isinstance(line, TooLong):
            why = f"a line of {line.size} bytes is longer than allowed, and was dropped"
            self._on_undecoded(Undecoded(raw=clean(line.head), why=why))
            return None
        if not line.strip():
            return None
        try:
            message: object = json.loads(line.decode("utf-8", "replace"))
        except (ValueError, RecursionError) as error:
            self._undecoded(line, f"no JSON: {error}")
            return None
        if not isinstance(message, dict):
            self._undecoded(line, "no JSON-RPC message")
            return None
        found = cast("dict[str, Any]", message)
        wrong = _wrong(found)
        if wrong:
            self._undecoded(line, wrong)
            return None
        return found

    def _undecoded(self, line: bytes, why: str) -> None:
        self._on_undecoded(Undecoded(raw=clean(line[:RAW_LIMIT]), why=why))


def _wrong(message: dict[str, Any]) -> str:
    """What the library could not stand in this message; empty when it is well."""
    identity = message.get("id")
    if "method" in message:
        if not isinstance(message["method"], str):
            return "its method is no text"
        if isinstance(identity, dict | list):
            return "its id is neither number nor text"
        return ""
    if isinstance(identity, bool) or not isinstance(identity, int):
        return "neither a request nor an answer to one of ours"
    error = message.get("error")
    if "result" not in message and error is not None:
        if not isinstance(error, dict):
            return "its error is no object"
        described = cast("dict[str, Any]", error)
        if not isinstance(described.get("code", 0), int) or not isinstance(described.get("message", ""), str):
            return "its error has no number or no text"
    return ""
