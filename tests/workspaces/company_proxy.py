"""A company's proxy on loopback: CONNECT only, perhaps with a password; it alone knows where names lead."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Mapping
from types import TracebackType


class CompanyProxy:
    """At work in a `with`. `asked`: the goals, in order; a name that it does not know is answered 403."""

    def __init__(self, known: Mapping[str, int], login: str = "", refusal: bytes = b"HTTP/1.1 403 Forbidden") -> None:
        self.asked: list[str] = []
        self._known, self._refusal = dict(known), refusal
        self._key = f"Basic {base64.b64encode(login.encode()).decode()}" if login else ""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._taking = threading.Thread(target=self._take)

    def __enter__(self) -> CompanyProxy:
        self._taking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._taking.join()
        self._listener.close()
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in self._open:
            each.close()

    def _take(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(near)
            self._start(self._served, near)

    def _start(self, work: object, *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments)  # pyright: ignore[reportArgumentType]
        self._threads.append(thread)
        thread.start()

    def _served(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError):  # whoever asks may go away at any time
            self._serve(near)

    def _serve(self, near: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            block = near.recv(1)
            if not block:
                return
            head += block
        line, *fields = head.decode().split("\r\n")
        goal = line.split(" ")[1]
        self.asked.append(goal)
        if self._key and f"Proxy-Authorization: {self._key}" not in fields:
            self._say(near, b"HTTP/1.1 407 Proxy Authentication Required")
        elif goal not in self._known:
            self._say(near, self._refusal)
        else:
            far = socket.create_connection(("127.0.0.1", self._known[goal]))
            self._open.append(far)
            near.sendall(b"HTTP/1.1 200 Connection established\r\nX-Some: thing\r\n\r\n")
            self._start(_copy, near, far)
            _copy(far, near)

    def _say(self, near: socket.socket, line: bytes) -> None:
        near.sendall(line + b"\r\ncontent-length: 0\r\n\r\n")
        near.shutdown(socket.SHUT_WR)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)
