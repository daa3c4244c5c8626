"""A provider on loopback that does exactly what a test says, byte by byte, and keeps what it was sent."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

Answering = Callable[[socket.socket, bytes, bytes], None]


def plainly(text: bytes = b"{}", status: str = "200 OK", head: bytes = b"") -> Answering:
    """A whole answer with a length."""

    def answer(connection: socket.socket, _head: bytes, _body: bytes) -> None:
        length = str(len(text)).encode()
        connection.sendall(
            b"HTTP/1.1 " + status.encode() + b"\r\ncontent-type: application/json\r\ncontent-length: " + length
            + b"\r\n" + head + b"\r\n" + text
        )  # fmt: skip

    return answer


class ProviderDouble:
    """Serves each connection in a thread; `heads` and `bodies` are what came, in order."""

    def __init__(self, answer: Answering | None = None, context: ssl.SSLContext | None = None) -> None:
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self._answer = answer or plainly()
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._taking = threading.Thread(target=self._take)

    @property
    def url(self) -> str:
        scheme = "https" if self._context else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> ProviderDouble:
        self._taking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._taking.join()
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in self._open:
            each.close()

    def _take(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            stream = cast("BinaryIO", connection.makefile("rb"))
            with stream:
                while head := _head(stream.readline):
                    self.heads.append(head)
                    body = _body(stream, head)
                    self.bodies.append(body)
                    self._answer(connection, head, body)
        except (OSError, ValueError):
            connection.close()


def _head(readline: Callable[[], bytes]) -> bytes:
    lines: list[bytes] = []
    while (line := readline()) not in (b"\r\n", b""):
        lines.append(line)
    return b"".join(lines)


def _body(stream: BinaryIO, head: bytes) -> bytes:
    read, readline = stream.read, stream.readline
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        body = b""
        while size := int(readline().strip() or b"0", 16):
            body += read(size)
            readline()
        readline()
        return body
    if b"content-length:" in lower:
        return read(int(lower.partition(b"content-length:")[2].split(b"\r\n")[0]))
    return b""


def certificate(place: Path, name: str) -> tuple[ssl.SSLContext, str]:
    """A server's context for a name (`DNS:...` or `IP:...`), and the file that a client has to trust."""
    key, certificate = place / "key.pem", place / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=test", "-addext", f"subjectAltName={name}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, str(certificate)
