"""JSON objects, one a line, over an agent's pipes: what the native drivers share."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from podium.agents.driver import AgentGoneError, AgentTask, Host, Pipes
from podium.agents.event import Undecoded, clean
from podium.agents.lines import BoundedLines, TooLong

RAW_LIMIT = 4096
"""Bytes of something undecodable that are kept."""

Object = dict[str, Any]


class ObjectLines:
    """Reads and writes objects; what is none becomes an `Undecoded` event, and reading goes on."""

    def __init__(self, pipes: Pipes, host: Host, task: AgentTask) -> None:
        self._stdin = pipes.stdin
        self._host = host
        self._lines = BoundedLines(pipes.stdout, line_limit=task.line_limit, total_limit=task.total_limit)

    async def send(self, message: Object) -> None:
        """Write one object. Raises AgentGoneError when nobody reads any more."""
        try:
            self._stdin.write(msgspec.json.encode(message) + b"\n")
            await self._stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise AgentGoneError("it reads its input no more") from error

    async def line(self) -> bytes | None:
        """The next line that is not too long and not empty. Raises AgentGoneError at the end, AgentFloodError."""
        while True:
            try:
                line = await self._lines.next()
            except OSError as error:
                raise AgentGoneError("its output broke") from error
            if line is None:
                raise AgentGoneError("it closed its output")
            if isinstance(line, TooLong):
                why = f"a line of {line.size} bytes is longer than allowed, and was dropped"
                self._host.emit(Undecoded(raw=clean(line.head), why=why))
            elif line.strip():
                return line

    async def next(self) -> Object:
        """The next object. Raises what `line` raises."""
        while True:
            line = await self.line()
            found = decoded(line or b"")
            if isinstance(found, dict):
                return found
            self._host.emit(found)

    def undecoded(self, message: Object, why: str) -> None:
        """Keep a message that says nothing to us."""
        self._host.emit(undecoded(message, why))

    def close(self) -> None:
        """Close the agent's stdin."""
        self._stdin.close()


def decoded(line: bytes) -> Object | Undecoded:
    """The object of a line."""
    try:
        found: object = msgspec.json.decode(line.decode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        return Undecoded(raw=clean(line[:RAW_LIMIT]), why=f"no JSON: {error}")
    if not isinstance(found, dict):
        return Undecoded(raw=clean(line[:RAW_LIMIT]), why="no JSON object")
    return cast(Object, found)


def undecoded(message: Object, why: str) -> Undecoded:
    """A message that is well formed and yet unknown, kept as it came."""
    return Undecoded(raw=clean(msgspec.json.encode(message)[:RAW_LIMIT]), why=why)


def part(raw: object) -> Object:
    """An object inside of another; an empty one when it is none."""
    return cast(Object, raw) if isinstance(raw, dict) else {}


def parts(raw: object) -> list[Object]:
    """The objects of a list; none when it is no list."""
    items = cast("list[object]", raw) if isinstance(raw, list) else []
    return [cast(Object, item) for item in items if isinstance(item, dict)]


def word(raw: object) -> str:
    """A text that is safe to keep; empty when it is none."""
    return clean(raw) if isinstance(raw, str) else ""


def count(raw: object) -> int | None:
    """A number of things that is plausible."""
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < 2**53 else None


def amount(raw: object) -> float | None:
    """A sum of money that is plausible."""
    number = isinstance(raw, int | float) and not isinstance(raw, bool)
    return float(raw) if number and 0 <= raw < 1e9 else None  # pyright: ignore[reportOperatorIssue, reportArgumentType]
