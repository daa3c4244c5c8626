"""An index of packages behind a company's proxy and a password, with real sockets."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Generator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from package_index import certificate

from podium.checks.package_index import Absent, Known, Listed, Unreachable, look_up
from podium.conductor.index_reach import fetching

WORD = "w%3Ard-of-the-index"
BODY = b'{"releases": {"1": [{"upload_time_iso_8601": "2015-01-01T00:00:00Z"}]}}'


class Index(BaseHTTPRequestHandler):
    """`/pypi/known` leads to `/there`; both want the password, `/free` wants none."""

    server: Server  # pyright: ignore[reportIncompatibleVariableOverride] - it is served by no other

    def do_GET(self) -> None:
        authorization = self.headers.get("authorization", "")
        self.server.seen.append((self.path, authorization))
        if self.path.startswith("/pypi/known"):
            self._say(301, b"", location="/there" if authorization else "/free")
        elif self.path.startswith("/pypi/away"):
            self._say(302, b"", location=self.server.away)
        elif self.path == "/pypi/round/json":
            self._say(302, b"", location=self.path)
        else:
            self._say(200 if self.path in ("/there", "/free", "/else") else 404, BODY)

    def _say(self, code: int, body: bytes, location: str = "") -> None:
        self.send_response(code)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 - the base class's names
        return


class Server(ThreadingHTTPServer):
    """What it was asked is in `seen`; `away` is where it sends for a package of another."""

    block_on_close = True
    daemon_threads = False

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Index)
        self.seen: list[tuple[str, str]] = []
        self.away = ""
        self.context = context

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        connection.settimeout(30)
        if self.context is not None:
            try:
                connection = self.context.wrap_socket(connection, server_side=True)
            except OSError:
                connection.close()
                raise
        return connection, address


@contextlib.contextmanager
def serving(server: Server) -> Generator[Server]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Proxy(BaseHTTPRequestHandler):
    """Carries CONNECT to one port, whatever name is asked for."""

    server: Carrier  # pyright: ignore[reportIncompatibleVariableOverride] - it is served by no other

    def do_CONNECT(self) -> None:
        self.server.asked.append((self.path, self.headers.get("proxy-authorization", "")))
        with socket.create_connection(("127.0.0.1", self.server.to), timeout=30) as far:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_copy, args=(far, self.connection))
            back.start()
            _copy(self.connection, far)
            back.join()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 - the base class's names
        return


class Carrier(ThreadingHTTPServer):
    block_on_close = True
    daemon_threads = False

    def __init__(self, to: int) -> None:
        super().__init__(("127.0.0.1", 0), Proxy)
        self.asked: list[tuple[str, str]] = []
        self.to = to


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def asked(index: str, name: str, environ: Mapping[str, str]) -> Known:
    return look_up("python", index, name, fetching(environ))


@pytest.mark.parametrize("place", ["address", "netrc"])
def test_an_index_with_a_password_and_a_companys_certificate_is_asked(tmp_path: Path, place: str) -> None:
    context, ca_file = certificate(tmp_path)
    login = f"me:{WORD}@" if place == "address" else ""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password w:rd-of-the-index\n")
    with serving(Server(context)) as server:
        index = f"https://{{}}127.0.0.1:{server.server_port}/pypi"
        environ = {"HOME": str(tmp_path), "SSL_CERT_FILE": ca_file, "PIP_INDEX_URL": index.format(login)}
        assert isinstance(asked(index.format(""), "known", environ), Listed)
        assert asked(index.format(""), "invented", environ) == Absent()
        assert {key for _, key in server.seen} == {"Basic bWU6dzpyZC1vZi10aGUtaW5kZXg="}
        untrusting = asked(index.format(""), "known", {"HOME": str(tmp_path)})
        assert isinstance(untrusting, Unreachable)


def test_a_name_that_only_the_proxy_knows_is_asked_by_it_and_its_password_is_in_no_answer(tmp_path: Path) -> None:
    with serving(Server()) as server:
        carrier = Carrier(server.server_port)
        thread = threading.Thread(target=carrier.serve_forever, args=(0.02,))
        thread.start()
        try:
            proxy = f"http://me:{WORD}@127.0.0.1:{carrier.server_port}"
            environ = {"HOME": str(tmp_path), "HTTP_PROXY": proxy}
            assert isinstance(asked("http://index.example/pypi", "known", environ), Listed)
            assert carrier.asked[0] == ("index.example:80", "Basic bWU6dzpyZC1vZi10aGUtaW5kZXg=")
            own = asked("http://index.invalid/pypi", "known", {**environ, "no_proxy": ".invalid"})
            assert isinstance(own, Unreachable)
            assert "index.invalid:80" not in dict(carrier.asked)
        finally:
            carrier.shutdown()
            carrier.server_close()
            thread.join()
        gone = asked("http://index.example/pypi", "known", environ)
    assert isinstance(gone, Unreachable)
    assert "the proxy 127.0.0.1:" in gone.why
    assert "rd-of-the-index" not in gone.why


def test_a_password_stays_with_its_host_and_a_circle_ends(tmp_path: Path) -> None:
    with serving(Server()) as server, serving(Server()) as other:
        server.away = f"http://127.0.0.1:{other.server_port}/else"
        index = f"http://127.0.0.1:{server.server_port}/pypi"
        environ = {"HOME": str(tmp_path), "PIP_INDEX_URL": index.replace("//", f"//me:{WORD}@")}
        assert isinstance(asked(index, "away", environ), Listed)
        assert server.seen[-1][1].startswith("Basic ")
        assert other.seen == [("/else", "")]
        assert isinstance(asked(index, "round", environ), Unreachable)
