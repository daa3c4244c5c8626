"""The CONNECT proxy: the exact list, the true address, the server's name; everything else is refused and told."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provider_double import ProviderDouble, certificate

from podium.testing.waiting import eventually
from podium.workspaces.egress.addresses import may_reach
from podium.workspaces.egress.client_hello import NoHelloError, server_name
from podium.workspaces.egress.proxy import Proxy
from podium.workspaces.egress.registries import registry_env, registry_hosts
from podium.workspaces.egress.way_out import WayOut


class Proxied:
    """A proxy at work, for a `with`."""

    def __init__(self, *allowed: str, way: WayOut | None = None) -> None:
        self.refused: list[tuple[str, str]] = []
        self._proxy_of, self._way = allowed, way
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Proxied:
        self._proxy = Proxy(self._proxy_of, lambda where, why: self.refused.append((where, why)), way=self._way)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._proxy.serve(self._listener), self._loop).result(20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        await self._proxy.close()
        for _ in range(20):
            await asyncio.sleep(0)

    def ask(self, words: bytes) -> tuple[socket.socket, bytes]:
        """A connection on which this was said, and the first line of the answer."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(words)
        said = b""
        while not said.endswith(b"\r\n\r\n") and (block := connection.recv(1)):
            said += block
        return connection, said.split(b"\r\n")[0]

    def connect(self, where: str) -> tuple[socket.socket, bytes]:
        return self.ask(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode())


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[ProviderDouble, ssl.SSLContext]]:
    context, trusted = certificate(tmp_path, "DNS:localhost")
    with ProviderDouble(context=context) as server:
        yield server, ssl.create_default_context(cafile=trusted)


def _port(server: ProviderDouble) -> int:
    return int(server.url.rpartition(":")[2])


def test_a_host_of_the_list_is_reached_encrypted_from_end_to_end(secure: tuple[ProviderDouble, ssl.SSLContext]) -> None:
    server, context = secure
    with Proxied(f"localhost:{_port(server)}") as proxy:
        connection, line = proxy.connect(f"localhost:{_port(server)}")
        assert line == b"HTTP/1.1 200 Connection established"
        with context.wrap_socket(connection, server_hostname="localhost") as talk:
            talk.sendall(b"GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert talk.recv(15) == b"HTTP/1.1 200 OK"
        assert proxy.refused == []


def test_another_host_inside_the_tunnel_is_refused_and_told(secure: tuple[ProviderDouble, ssl.SSLContext]) -> None:
    server, context = secure
    with Proxied(f"localhost:{_port(server)}") as proxy:
        connection, _ = proxy.connect(f"localhost:{_port(server)}")
        with pytest.raises(OSError, match=r".*"):
            context.wrap_socket(connection, server_hostname="evil.example")
        connection.close()
        assert proxy.refused == [(f"localhost:{_port(server)}", "inside, it asks for evil.example")]
        assert server.heads == []


def test_what_is_no_tls_does_not_get_through(secure: tuple[ProviderDouble, ssl.SSLContext]) -> None:
    server, _ = secure
    with Proxied(f"localhost:{_port(server)}") as proxy:
        connection, _ = proxy.connect(f"localhost:{_port(server)}")
        connection.sendall(b"GET /secret HTTP/1.1\r\n\r\n")
        assert connection.recv(10) == b""
        connection.close()
        assert proxy.refused == [(f"localhost:{_port(server)}", "it does not speak TLS")]


@pytest.mark.parametrize(
    "where",
    [
        "evil.example:443",
        "packages.example.evil.example:443",
        "xpackages.example:443",
        "packages.example:80",
        "packages.example:22",
        "packages.example:8443",
    ],
)
def test_only_the_exact_host_and_port_are_reached(where: str) -> None:
    with Proxied("packages.example:443") as proxy:
        connection, line = proxy.connect(where)
        connection.close()
        assert line == b"HTTP/1.1 403 Forbidden"
        assert proxy.refused == [(where, "it is not in [network] allow")]


@pytest.mark.parametrize(
    "words",
    [
        b"GET http://packages.example/ HTTP/1.1\r\n\r\n",
        b"CONNECT packages.example:443@evil.example:443 HTTP/1.1\r\n\r\n",
        b"CONNECT evil.example#packages.example:443 HTTP/1.1\r\n\r\n",
        b"CONNECT packages.example HTTP/1.1\r\n\r\n",
    ],
)
def test_everything_but_a_plain_connect_is_refused(words: bytes) -> None:
    with Proxied("packages.example:443") as proxy:
        connection, line = proxy.ask(words)
        connection.close()
        assert line == b"HTTP/1.1 403 Forbidden"
        assert len(proxy.refused) == 1


def test_a_name_that_leads_to_this_machine_is_refused() -> None:
    name = socket.gethostname()
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        Proxied(f"{name}.localhost:{server.getsockname()[1]}") as proxy,
    ):
        connection, line = proxy.connect(f"{name}.localhost:{server.getsockname()[1]}")
        connection.close()
        assert line.startswith((b"HTTP/1.1 403", b"HTTP/1.1 502"))  # 502 where such a name leads nowhere


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1:248:1893:25c8:1946", True), ("127.0.0.1", False), ("::1", False),
        ("::ffff:127.0.0.1", False), ("10.0.0.5", False), ("192.168.1.1", False), ("169.254.169.254", False),
        ("fe80::1", False), ("fe80::1%eth0", False), ("0.0.0.0", False), ("100.64.0.1", False), ("224.0.0.1", False),
        ("172.16.0.9", True), ("64:ff9b::a9fe:a9fe", False), ("2002:7f00:1::1", False), ("::7f00:1", False),
        ("::ffff:0:7f00:1", False), ("2001:0:7f00:1::", False), ("fec0::1", False),
    ],
)  # fmt: skip
def test_only_public_addresses_and_those_that_are_named_are_reached(address: str, reached: bool) -> None:
    assert may_reach(address, 443, {"packages.example:443", "172.16.0.9:443", "169.254.169.254:443"}) is reached


def _hello(name: str) -> bytes:
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out := ssl.MemoryBIO(), server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return out.read()


def test_the_name_in_a_hello_is_found_however_it_is_cut() -> None:
    hello = _hello("Files.Example.org")
    assert [server_name(hello[:size]) for size in range(len(hello))] == [None] * len(hello)
    assert server_name(hello) == "files.example.org"
    body = hello[5:]
    pieces = b"".join(b"\x16\x03\x01" + len(body[at : at + 50]).to_bytes(2, "big") + body[at : at + 50]
                      for at in range(0, len(body), 50))  # fmt: skip
    assert server_name(pieces) == "files.example.org"


def test_a_hello_that_hides_its_name_is_refused() -> None:
    hello = bytearray(_hello("a.example"))
    extension = (0xFE0D).to_bytes(2, "big") + (0).to_bytes(2, "big")
    body = bytes(hello[9:])
    at = 2 + 32
    at += 1 + body[at]
    at += 2 + int.from_bytes(body[at : at + 2], "big")
    at += 1 + body[at]
    length = int.from_bytes(body[at : at + 2], "big") + len(extension)
    body = body[:at] + length.to_bytes(2, "big") + body[at + 2 :] + extension
    whole = b"\x01" + len(body).to_bytes(3, "big") + body
    with pytest.raises(NoHelloError, match="hides"):
        server_name(b"\x16\x03\x01" + len(whole).to_bytes(2, "big") + whole)


@given(st.binary(max_size=200))
def test_no_words_are_taken_for_a_name(words: bytes) -> None:
    try:
        assert server_name(b"\x16\x03\x01" + words) in (None, "")
    except NoHelloError:
        return


def test_registries_come_from_the_users_own_files_without_credentials(tmp_path: Path) -> None:
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(
        "[global]\nindex-url = https://ada:secret@pypi.corp.example:8443/simple\nextra-index-url = ${X} file:///x\n"
    )
    (tmp_path / ".npmrc").write_text("registry=https://npm.corp.example/\n//npm.corp.example/:_authToken=npm_secret\n")
    found = registry_env({"HOME": str(tmp_path)})
    assert found == {
        "PIP_INDEX_URL": "https://pypi.corp.example:8443/simple",
        "UV_DEFAULT_INDEX": "https://pypi.corp.example:8443/simple",
        "npm_config_registry": "https://npm.corp.example/",
    }
    assert registry_hosts(found) == ("pypi.corp.example:8443", "npm.corp.example:443")
    assert "secret" not in str(found)


def test_it_ends_with_what_it_carries(secure: tuple[ProviderDouble, ssl.SSLContext]) -> None:
    server, context = secure
    with Proxied(f"localhost:{_port(server)}") as proxy:
        connection, _ = proxy.connect(f"localhost:{_port(server)}")
        talk = context.wrap_socket(connection, server_hostname="localhost")
    assert eventually(lambda: _is_over(talk), what="the connection ends")
    talk.close()


def _is_over(talk: ssl.SSLSocket) -> bool:
    try:
        return talk.recv(1) == b""
    except OSError:
        return True
