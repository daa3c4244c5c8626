"""JSON-RPC 2.0 in lines: the transport of the Agent Client Protocol, as an agent sees it.

Written out here instead of taken from the `agent-client-protocol` library, whose import costs 0.6 s and 30 MB: fifty
scripted agents start at once in tests and benchmarks, and an agent that shares no code with Podium's ACP driver tests
that driver better. The tests hold every message against the library's schema and drive the agent by its client.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from podium.kernel.value import Value

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
NOT_FOUND = -32002

Params = dict[str, Any]


class Incoming(Value, frozen=True, kw_only=True):
    """A request (with an id) or a notification (without) of the client."""

    method: str
    params: Params
    id: int | str | None = None


class RpcError(Exception):
    """An error that goes back to the client as the answer to its request."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Reply:
    """The client's answer to a request of ours, once it is there."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.result: Params = {}


class Wire:
    """The two pipes. `incoming` is for one thread; everything else may be called from any."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self._lock = threading.Lock()
        self._last_id = 0
        self._waiting: dict[int, Reply] = {}

    def incoming(self) -> Iterator[Incoming]:
        """What the client sends, until it closes the pipe. Answers to `request` are delivered on the way."""
        for line in self._source:
            if line.strip():
                message = self._decode(line)
                if message is not None:
                    yield message

    def _decode(self, line: bytes) -> Incoming | None:
        try:
            message = msgspec.json.decode(line, type=Params)
        except msgspec.ValidationError as error:
            self._refuse(error)
            return None
        except msgspec.DecodeError as error:
            self._send({"id": None, "error": {"code": PARSE_ERROR, "message": f"Parse error: {error}"}})
            return None
        try:
            if "method" in message:
                return msgspec.convert({"params": {}, **message}, Incoming)
            self._deliver(message)
        except msgspec.ValidationError as error:
            self._refuse(error)
        return None

    def _refuse(self, error: msgspec.ValidationError) -> None:
        self._send({"id": None, "error": {"code": INVALID_REQUEST, "message": f"Invalid request: {error}"}})

    def _deliver(self, message: Params) -> None:
        reply = self._waiting.pop(message.get("id", -1), None)
        if reply is not None:
            reply.result = message.get("result") or {}
            reply.arrived.set()

    def request(self, method: str, params: Params) -> Reply:
        """Asks the client; `arrived` is set once it answered (an error answer gives an empty result)."""
        reply = Reply()
        with self._lock:
            self._last_id += 1
            number = self._last_id
            self._waiting[number] = reply
        self._send({"id": number, "method": method, "params": params})
        return reply

    def notify(self, method: str, params: Params) -> None:
        """Tells the client."""
        self._send({"method": method, "params": params})

    def answer(self, request: Incoming, result: Params) -> None:
        """Answers a request; a notification gets no answer."""
        if request.id is not None:
            self._send({"id": request.id, "result": result})

    def fail(self, request: Incoming, error: RpcError) -> None:
        """Answers a request with an error."""
        if request.id is not None:
            self._send({"id": request.id, "error": {"code": error.code, "message": error.message}})

    def raw(self, data: bytes) -> None:
        """Writes bytes that are no message: how an agent misbehaves on its own stdout."""
        with self._lock:
            self._sink.write(data)
            self._sink.flush()

    def _send(self, message: Params) -> None:
        self.raw(msgspec.json.encode({"jsonrpc": "2.0", **message}) + b"\n")
