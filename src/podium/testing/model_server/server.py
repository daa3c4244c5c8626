"""The HTTP side: on a port of loopback, or on a listening socket that somebody else made."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import msgspec

from podium.kernel.clock import Clock, SystemClock
from podium.kernel.ids import digest
from podium.testing.model_server.anthropic import Anthropic
from podium.testing.model_server.chat import Chat
from podium.testing.model_server.gemini import Gemini
from podium.testing.model_server.journal import Asked, Journal
from podium.testing.model_server.play import Played, play
from podium.testing.model_server.responses import Responses
from podium.testing.model_server.steps import ModelScript
from podium.testing.model_server.talk import Conversation, Dialect, Json, mapping

BODY_LIMIT: Final = 64 * 2**20

_PATHS: Final[tuple[tuple[str, Dialect], ...]] = (
    (r"/messages$", Anthropic()),
    (r"/responses$", Responses()),
    (r"/chat/completions$", Chat()),
    (r"/models/[^/:]+:(generateContent|streamGenerateContent)$", Gemini()),
)
_MODELS: Final = ("scripted",)


class ModelServer:
    """Serves a script in threads of its own from `with` (or `start`) to its end."""

    def __init__(
        self,
        script: ModelScript,
        *,
        listener: socket.socket | None = None,
        port: int = 0,
        journal: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.journal = Journal(clock or SystemClock(), journal)
        self.script = script
        self._faults: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", port), _Handler, bind_and_activate=listener is None)
        self._http.model = self
        if listener is not None:
            self._http.socket.close()
            self._http.socket = listener
            self._http.server_address = listener.getsockname()[:2]
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """Its base URL, without a path."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End every answer that is under way, and wait for it. Idempotent."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.stopping.set()
        self._http.end_connections()
        self._http.server_close()
        self.journal.close()

    def __enter__(self) -> ModelServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def is_due(self, played: Played, times: int) -> bool:
        """Whether a fault of this turn strikes (again); it counts as having struck."""
        with self._lock:
            struck = self._faults[(played.told, played.turn)]
            if times and struck >= times:
                return False
            self._faults[(played.told, played.turn)] += 1
            return True


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128
    model: ModelServer

    def __init__(self, *args: Any, **fields: Any) -> None:
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(*args, **fields)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        """Wake every thread that waits for the next request of a connection."""
        with self._guard:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news here; agents that are killed do so."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http  # pyright: ignore[reportIncompatibleVariableOverride] - it is only ever served by this one

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        del format, args

    def do_GET(self) -> None:
        self._simple()

    def do_HEAD(self) -> None:
        self._simple()

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > BODY_LIMIT:
            self.close_connection = True
            self._json(413, {"error": {"message": "the request is too long"}})
            return
        raw = self._chunked() if "chunked" in self.headers.get("transfer-encoding", "") else self.rfile.read(length)
        try:
            body: object = msgspec.json.decode(raw) if raw else {}
        except msgspec.DecodeError:
            body = raw.decode(errors="replace")
        path = self.path.partition("?")[0]
        dialect = next((each for pattern, each in _PATHS if re.search(pattern, path)), None)
        if dialect is None:
            self._counted(path, body)
        else:
            self._answer(dialect, path, mapping(body))

    # --- the model's answers ------------------------------------------------------------------------------------------

    def _answer(self, dialect: Dialect, path: str, body: Json) -> None:
        conversation = dialect.conversation(path, body)
        played = play(self.server.model.script, conversation)
        plan, model = played.plan, self.server.model
        if plan.fail is not None and model.is_due(played, plan.fail.times):
            status = plan.fail.status
            self._note(dialect, conversation, played, body, status=status, fault="fail")
            extra = {} if plan.fail.retry_after is None else {"retry-after": f"{plan.fail.retry_after:g}"}
            self._json(status, dialect.error(status, "scripted to fail"), extra)
            return
        cut = plan.cut if plan.cut is not None and model.is_due(played, plan.cut.times) else None
        fault = "cut" if cut else "slow" if plan.slow else ""
        self._note(dialect, conversation, played, body, fault=fault)
        if conversation.stream:
            waits = plan.slow.seconds if plan.slow else 0.0
            self._stream(dialect.events(played.reply, conversation.model), waits, cut.after if cut else None)
        elif cut is not None:
            self._head(200, "application/json", {"content-length": "100000"})
            self.wfile.write(b'{"id":')
            self.close_connection = True
        else:
            self._json(200, dialect.whole(played.reply, conversation.model))

    def _stream(self, events: Iterator[bytes], waits: float, cut: int | None) -> None:
        self._head(200, "text/event-stream", {"cache-control": "no-cache", "transfer-encoding": "chunked"})
        for number, each in enumerate(events):
            if number == cut:
                self.close_connection = True
                return
            if waits:
                self.server.stopping.wait(waits)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(each), each))
        self.wfile.write(b"0\r\n\r\n")

    def _note(
        self, dialect: Dialect, conversation: Conversation, played: Played, body: Json, *, status: int = 200, fault: str
    ) -> None:
        call = played.reply.call if status == 200 else None
        self.server.model.journal.add(
            self._asked(
                api=dialect.name,
                model=conversation.model,
                status=status,
                stream=conversation.stream,
                prompt=played.prompt,
                turn=played.turn,
                tools=tuple(tool.name for tool in conversation.tools),
                call=call.name if call else "",
                arguments=call.arguments if call else "",
                fault=fault,
                body=body,
            )
        )

    # --- what agents ask besides --------------------------------------------------------------------------------------

    def _counted(self, path: str, body: object) -> None:
        if path.endswith(("count_tokens", ":countTokens")):
            count = len(msgspec.json.encode(body)) // 4
            self._plain(200, {"input_tokens": count, "totalTokens": count}, body)
        else:
            self._plain(404, {"error": {"message": f"the scripted model has no {path}", "code": 404}}, body)

    def _simple(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/":
            self._plain(200, {"name": "podium-scripted-model"})
        elif path.endswith("/models"):
            known = [{"id": name, "object": "model", "created": 0, "owned_by": "podium"} for name in _MODELS]
            self._plain(200, {"object": "list", "data": known, "has_more": False})
        else:
            self._plain(404, {"error": {"message": f"the scripted model has no {path}", "code": 404}})

    def _plain(self, status: int, document: Json, body: object = None) -> None:
        self.server.model.journal.add(self._asked(status=status, body=body))
        self._json(status, document)

    def _asked(self, **fields: Any) -> Asked:
        sent = self.headers.get("x-api-key") or self.headers.get("x-goog-api-key")
        key = sent or self.headers.get("authorization", "").removeprefix("Bearer ")
        found = digest(key.encode()) if key else ""
        agent = self.headers.get("user-agent", "")[:200]
        return Asked(n=0, at="", method=self.command, path=self.path, key=found, user_agent=agent, **fields)

    # --- HTTP ---------------------------------------------------------------------------------------------------------

    def _json(self, status: int, document: Json, extra: dict[str, str] | None = None) -> None:
        data = msgspec.json.encode(document)
        self._head(status, "application/json", {"content-length": str(len(data)), **(extra or {})})
        if self.command != "HEAD":
            self.wfile.write(data)

    def _head(self, status: int, kind: str, extra: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, **extra}.items():
            self.send_header(name, value)
        self.end_headers()

    def _chunked(self) -> bytes:
        data = bytearray()
        while size := int(self.rfile.readline(100).split(b";")[0] or b"0", 16):
            if len(data) + size > BODY_LIMIT:
                raise ConnectionError("the request is too long")
            data += self.rfile.read(size)
            self.rfile.readline(100)
        while self.rfile.readline(1000).strip():
            pass
        return bytes(data)
