"""Providers that are honest and awkward, and agents that are neither: over real sockets, byte by byte."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import socket
import zlib

import pytest
from gateway_bench import KEY, Served
from provider_double import Answering, ProviderDouble, plainly

from podium.workspaces.gateway.meter import Meter, Tokens
from podium.workspaces.gateway.plain import Plain

MESSAGES = "/v1/messages"
CHAT = "/v1/chat/completions"
DOCUMENT = json.dumps({"model": "m", "usage": {"input_tokens": 7, "output_tokens": 5}}).encode()


def raw(*pieces: bytes) -> Answering:
    """An answer exactly so, and then the end of the connection."""

    def answer(connection: socket.socket, _head: bytes, _body: bytes) -> None:
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_RDWR)

    return answer


def said_to(served: Served, sent: bytes) -> bytes:
    """All that comes back for these bytes, until the other side closes or an answer ends in the mark."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        said = b""
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while block := connection.recv(65536):
                said += block
        return said


def raw_deflate(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush()


@pytest.mark.parametrize(
    ("how", "packed"),
    [("gzip", gzip.compress(DOCUMENT)), ("x-gzip", gzip.compress(DOCUMENT[:9]) + gzip.compress(DOCUMENT[9:])),
     ("deflate", zlib.compress(DOCUMENT)), ("deflate", raw_deflate(DOCUMENT))],
)  # fmt: skip
def test_an_answer_that_is_packed_unasked_is_counted_and_goes_on_plainly(how: str, packed: bytes) -> None:
    answer = plainly(packed, head=b"content-encoding: " + how.encode() + b"\r\n")
    with ProviderDouble(answer) as provider, Served(provider.url) as served:
        status, head, text = served.ask(MESSAGES, {})
        assert (status, text.encode(), "content-encoding" in head) == (200, DOCUMENT, False)
        assert served.porter.taps[0].body == DOCUMENT
        assert b"accept-encoding: identity" in provider.heads[0]


@pytest.mark.parametrize(("how", "body"), [(b"br", b"\x0b\x02\x80{}\x03"), (b"zstd", b"("), (b"gzip", b"no gzip")])
def test_an_answer_that_cannot_be_unpacked_is_not_passed_on_uncounted(how: bytes, body: bytes) -> None:
    answer = plainly(body, head=b"content-encoding: " + how + b"\r\n")
    with ProviderDouble(answer) as provider, Served(provider.url) as served:
        with contextlib.suppress(http.client.HTTPException, OSError):
            assert served.ask(MESSAGES, {})[0] == 502
        assert served.porter.taps[0].over.wait(30)
        assert (served.porter.taps[0].whole, served.porter.taps[0].body) == (False, b"")


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n", DOCUMENT),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", DOCUMENT[:5], DOCUMENT[5:]),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
         b"HTTP/1.1 200 OK\r\n\r\n", DOCUMENT),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n",
            b"%x;name=value;other=\"a b\"\r\n" % len(DOCUMENT) + DOCUMENT + b"\r\n0;last\r\nx-sum: 1\r\n\r\n",
        ),
    ],
    ids=["1.0", "close", "1xx", "chunks"],
)  # fmt: skip
def test_every_framing_of_an_answer_arrives_whole(pieces: tuple[bytes, ...]) -> None:
    with ProviderDouble(raw(*pieces)) as provider, Served(provider.url) as served:
        assert served.ask(MESSAGES, {})[::2] == (200, DOCUMENT.decode())
        assert served.porter.taps[0].whole is True


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
@pytest.mark.parametrize("status", ["400 Bad Request", "500 Oops", "200 OK"])
def test_a_key_that_the_provider_tells_again_does_not_reach_the_agent(path: str, status: str) -> None:
    key = KEY.encode()
    body = b'{"error": "wrong key ' + key + b" (" + key[:9] + b", " + key + b')"}'
    pieces = [b"HTTP/1.1 ", status.encode().replace(b"O", key + b" O"), b"\r\nx-request: ", key, b"\r\n"]
    pieces += [b"transfer-encoding: chunked\r\n\r\n", *(b"1\r\n%c\r\n" % byte for byte in body), b"0\r\n\r\n"]
    kind = "openai" if path == CHAT else "anthropic"
    with ProviderDouble(raw(*pieces)) as provider, Served(provider.url, kind) as served:
        found, head, text = served.ask(path, {"stream": True})
    assert (found, KEY in text, KEY in str(head)) == (int(status[:3]), False, False)
    assert text == body.decode().replace(KEY, "*" * len(KEY))


def test_what_may_begin_a_key_waits_and_everything_else_goes_on_at_once() -> None:
    for cut in range(1, len(KEY)):
        plain = Plain([KEY, "none"])
        plain.head([])
        assert plain.data(b"event\n\n") == [b"event\n\n"]
        assert plain.data(b"none s" + KEY[:cut].encode()) == [b"none s"]
        assert b"".join((*plain.data(KEY[cut:].encode() + b"sk"), plain.end())) == b"*" * len(KEY) + b"sk"


def test_a_redirect_is_told_and_not_followed() -> None:
    with ProviderDouble() as other:
        to = f"location: {other.url}/{KEY}\r\n".encode()
        answer = plainly(status="307 Temporary Redirect", head=to)
        with ProviderDouble(answer) as provider, Served(provider.url) as served:
            status, head, _ = served.ask(MESSAGES, {})
            assert (status, KEY in head["location"]) == (307, False)
        assert other.connections == 0


def test_what_asks_for_a_websocket_is_told_to_use_plain_requests() -> None:
    asked = b"GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    with ProviderDouble() as provider, Served(provider.url, "openai") as served:
        assert said_to(served, asked).startswith(b"HTTP/1.1 426 ")
        assert provider.connections == 0


@pytest.mark.parametrize(
    "sent",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: +2\r\n\r\n{}",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-a: b\rx-api-key: mine\r\ncontent-length: 2\r\n\r\n{}",
        b"POST http://x/v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}",
        b"GET /v1/models\tHTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost : x\r\ncontent-length: 2\r\n\r\n{}",
    ],
)
def test_what_two_servers_could_read_in_two_ways_reaches_none(sent: bytes) -> None:
    with ProviderDouble() as provider, Served(provider.url) as served:
        said = said_to(served, sent)
        assert said.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501"))
        assert provider.heads == []
        assert served.ask(MESSAGES, {})[0] == 200


def test_a_folded_header_is_one_header_and_adds_no_other() -> None:
    sent = b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-a: b\r\n  x-api-key: mine\ncontent-length: 2\r\n\r\n{}"
    with ProviderDouble() as provider, Served(provider.url) as served:
        said_to(served, sent)
        for head in provider.heads:
            assert head.count(b"\nx-api-key:") == 1
            assert b"\nx-api-key: " + KEY.encode() in head


def test_a_request_and_an_answer_of_many_megabytes_pass() -> None:
    with ProviderDouble(plainly(b"a" * 10_000_000)) as provider, Served(provider.url) as served:
        status, _, text = served.ask(MESSAGES, b"i" * 32_000_000)
        assert (status, len(text), len(provider.bodies[0])) == (200, 10_000_000, 32_000_000)


def test_two_hundred_connections_that_say_nothing_cost_the_next_one_nothing_once_they_are_gone() -> None:
    with ProviderDouble() as provider, Served(provider.url) as served:
        with contextlib.ExitStack() as held:
            for _ in range(200):
                silent = socket.create_connection(("127.0.0.1", served.port), timeout=30)
                held.enter_context(silent)
                silent.sendall(b"POST /v1/mess")
        assert served.ask(MESSAGES, {})[0] == 200


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_stream_is_counted_however_its_lines_end_and_wherever_it_is_cut(end: bytes) -> None:
    lines = [
        b"\xef\xbb\xbf: a comment", b"", b"event: ping", b"data: {}", b"", b"id: 3", b"retry: 10",
        b'data: {"type": "message_start", "message": {"model": "m",',
        b'data:  "usage": {"input_tokens": 7, "output_tokens": 1}}}', b"",
        b'data:{"type": "message_delta", "usage": {"output_tokens": 5}}', b"", b"",
    ]  # fmt: skip
    stream = end.join(lines)
    for size in range(1, 40):
        meter = Meter("anthropic")
        meter.head("text/event-stream; charset=utf-8")
        for start in range(0, len(stream), size):
            meter.data(stream[start : start + size])
        meter.end()
        assert meter.tokens == Tokens(model="m", input=7, output=5), size
