"""The model gateway in front of a provider on loopback: what is passed on, what is not, and what happens on the way."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import socket
import threading
from pathlib import Path

import pytest
from gateway_bench import KEY, Porter, Served
from provider_double import ProviderDouble, certificate, plainly

from podium.testing.actions import Say
from podium.testing.model_server.server import ModelServer
from podium.testing.model_server.steps import ModelScript, Prompt
from podium.testing.waiting import eventually
from podium.workspaces.gateway.credentials import KeyPlace
from podium.workspaces.gateway.gateway import Gateway
from podium.workspaces.gateway.order import GatewayOrder
from podium.workspaces.gateway.refusal import Refusal

MESSAGES = "/v1/messages"


def test_the_key_is_added_on_the_way_and_what_the_agent_sent_for_one_is_not_passed_on() -> None:
    with ProviderDouble() as provider, Served(provider.url) as served:
        status, _, _ = served.ask(
            f"{MESSAGES}?beta=true&key=mine", {}, x_api_key="mine", authorization="Bearer mine", cookie="mine=1"
        )
        assert status == 200
        head = provider.heads[0]
        assert b"POST /v1/messages?beta=true HTTP/1.1" in head
        assert b"x-api-key: " + KEY.encode() in head
        assert b"mine" not in head


@pytest.mark.parametrize(
    ("kind", "path", "shown"),
    [
        ("openai", "/v1/responses", b"authorization: Bearer " + KEY.encode()),
        ("openai", "/v1/chat/completions", b"authorization: Bearer " + KEY.encode()),
        ("gemini", "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse&key=mine", b"x-goog-api-key: "),
    ],
)
def test_every_kind_of_provider_is_shown_the_key_in_its_own_way(kind: str, path: str, shown: bytes) -> None:
    with ProviderDouble() as provider, Served(provider.url, kind) as served:  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
        assert served.ask(path, {})[0] == 200
        assert shown in provider.heads[0]
        assert b"mine" not in provider.heads[0]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/files"),
        ("GET", "/v1/messages"),
        ("DELETE", "/v1/models/m"),
        ("POST", "/v1/messages/../files"),
        ("POST", "/v1/messages/batches"),
        ("POST", "//evil.example/v1/messages"),
        ("POST", "http://evil.example/v1/messages"),
        ("GET", "/v1/organizations/api_keys"),
        ("POST", "/v1/messages%2f..%2ffiles"),
    ],
)
def test_only_requests_for_models_are_passed_on(method: str, path: str) -> None:
    with ProviderDouble() as provider, Served(provider.url) as served:
        status, _, text = served.ask(path, {}, method)
        assert (status, '"not_found_error"' in text) == (404, True)
        assert provider.heads == []


def test_a_scripted_model_answers_through_it_streaming_and_not() -> None:
    script = ModelScript(prompts=(Prompt(match="Do it", steps=(Say(text="Six it is."),)),))
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Do it."}]}
    with ModelServer(script) as server, Served(server.url) as served:
        assert "Six it is." in served.ask(MESSAGES, body)[2]
        _, head, text = served.ask(MESSAGES, {**body, "stream": True})
        assert "event: message_stop" in text
        assert head["content-type"].startswith("text/event-stream")


def test_pieces_of_a_stream_arrive_as_they_are_sent() -> None:
    go_on = threading.Event()

    def answer(connection: socket.socket, _head: bytes, _body: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\ndata: a\r\n")
        assert go_on.wait(30)
        connection.sendall(b"7\r\ndata: b\r\n0\r\n\r\n")

    with ProviderDouble(answer) as provider, Served(provider.url) as served:
        connection = served.connect()
        connection.request("POST", MESSAGES, b"{}")
        stream = connection.getresponse()
        assert stream.read1() == b"data: a"
        go_on.set()
        assert stream.read() == b"data: b"
        connection.close()


def test_a_body_in_pieces_is_passed_on_whole() -> None:
    with ProviderDouble() as provider, Served(provider.url) as served:
        connection = served.connect()
        connection.request(
            "POST", MESSAGES, iter([b"one", b"two" * 50_000]), {"transfer-encoding": "chunked"}, encode_chunked=True
        )
        assert connection.getresponse().read() == b"{}"
        connection.close()
        assert provider.bodies == [b"one" + b"two" * 50_000]


def test_connections_are_used_again_on_both_sides() -> None:
    with ProviderDouble() as provider, Served(provider.url) as served:
        connection = served.connect()
        for _ in range(5):
            connection.request("POST", MESSAGES, b"{}")
            assert connection.getresponse().read() == b"{}"
        connection.close()
        assert (len(provider.heads), provider.connections) == (5, 1)


def test_when_the_agent_goes_away_the_request_to_the_provider_ends() -> None:
    gone = threading.Event()

    def answer(connection: socket.socket, _head: bytes, _body: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
        connection.settimeout(30)
        if connection.recv(1) == b"":
            gone.set()

    with ProviderDouble(answer) as provider, Served(provider.url) as served:
        connection = served.connect()
        connection.request("POST", MESSAGES, b"{}")
        connection.getresponse().read1()
        connection.close()
        assert gone.wait(30)
        tap = served.porter.taps[0]
        assert tap.over.wait(30)
        assert (tap.whole, tap.error) == (False, "the agent went away")


def test_an_answer_that_breaks_off_breaks_off_for_the_agent_too() -> None:
    def answer(connection: socket.socket, _head: bytes, _body: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
        connection.shutdown(socket.SHUT_RDWR)

    with ProviderDouble(answer) as provider, Served(provider.url) as served:
        with pytest.raises((http.client.IncompleteRead, OSError)):
            served.ask(MESSAGES, {})
        assert served.porter.taps[0].over.wait(30)
        assert served.porter.taps[0].whole is False


def test_a_provider_that_cannot_be_reached_is_an_error_in_its_own_form() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with Served(f"http://127.0.0.1:{unused.getsockname()[1]}") as served:
            status, _, text = served.ask(MESSAGES, {})
    assert status == 502
    assert '"type":"api_error"' in text
    assert "cannot be reached" in text


def test_the_provider_is_reached_encrypted_and_by_a_certificate_of_ones_own(tmp_path: Path) -> None:
    context, trusted = certificate(tmp_path, "IP:127.0.0.1")
    with ProviderDouble(context=context) as provider, Served(provider.url, ca_file=trusted) as served:
        assert served.ask(MESSAGES, {})[0] == 200
        assert KEY.encode() in provider.heads[0]


@pytest.mark.parametrize("name", ["IP:127.0.0.1", "DNS:api.anthropic.com"])
def test_who_cannot_prove_to_be_the_provider_sees_no_key(tmp_path: Path, name: str) -> None:
    context, known = certificate(tmp_path, name)
    trusted = "" if name.startswith("IP") else known  # unknown to us; or known, and for another name
    with ProviderDouble(context=context) as provider, Served(provider.url, ca_file=trusted) as served:
        status, _, text = served.ask(MESSAGES, {})
        assert (status, "certificate" in text.lower()) == (502, True)
        assert provider.heads == []


def test_a_missing_key_is_told_by_its_place_and_nothing_is_sent() -> None:
    with ProviderDouble() as provider, Served(provider.url, secrets={}) as served:
        status, _, text = served.ask(MESSAGES, {})
        assert status == 401
        assert "variable THE_KEY is empty or not set" in text
        assert provider.connections == 0


def test_a_key_file_is_read_at_each_request(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("first-key\n")
    with ProviderDouble() as provider, Served(provider.url, key=KeyPlace(file=str(file))) as served:
        served.ask(MESSAGES, {})
        file.write_text("second-key\n")
        served.ask(MESSAGES, {})
        assert [b"first-key" in provider.heads[0], b"second-key" in provider.heads[1]] == [True, True]


def test_what_the_keeper_refuses_reaches_the_agent_and_not_the_provider() -> None:
    refusal = Refusal(status=429, reason="rate_limit_error", message="the budget is spent", retry_after=7)
    with ProviderDouble() as provider, Served(provider.url, porter=Porter(lambda _ask: refusal)) as served:
        status, head, text = served.ask(MESSAGES, {"much": "x" * 500_000})
        assert (status, head["retry-after"]) == (429, "7")
        assert "Podium: the budget is spent" in text
        assert provider.connections == 0


@pytest.mark.parametrize(
    "raw", [b"NONSENSE\r\n\r\n", b"POST / HTTP/1.1\r\nhost: x\r\n" + b"a: b\r\n" * 20_000 + b"\r\n"]
)
def test_what_is_no_http_is_refused_and_the_next_request_served(raw: bytes) -> None:
    with ProviderDouble() as provider, Served(provider.url) as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
            try:
                connection.sendall(raw)
                assert connection.recv(100).startswith(b"HTTP/1.1 4")
            except ConnectionError:
                assert len(raw) > 65536  # it closed while we were still talking
        assert served.ask(MESSAGES, {})[0] == 200


def test_two_requests_in_one_piece_cannot_smuggle_a_third_past_the_list() -> None:
    raw = (
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /v1/files HTTP/1.1\r\nhost: x\r\n\r\n"
    )
    with ProviderDouble() as provider, Served(provider.url) as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
            connection.sendall(raw)
            connection.settimeout(30)
            said = b""
            while b"404" not in said and (block := connection.recv(65536)):
                said += block
        assert not any(b"/v1/files" in head for head in provider.heads)
        assert eventually(lambda: True)


def test_the_provider_cannot_set_a_cookie_or_keep_the_agents_connection() -> None:
    answer = plainly(head=b"set-cookie: a=b\r\nconnection: x-odd\r\nx-odd: 1\r\nretry-after: 3\r\n")
    with ProviderDouble(answer) as provider, Served(provider.url) as served:
        _, head, _ = served.ask(MESSAGES, {})
        assert head["retry-after"] == "3"
        assert not {"set-cookie", "x-odd"} & set(head)


@pytest.mark.parametrize("answered", [True, False])
def test_the_providers_connection_is_closed_at_whatever_moment_the_gateway_ends(*, answered: bool) -> None:
    async def ended_after(turns: int, url: str) -> None:
        key = KeyPlace(variable="THE_KEY")
        gateway = Gateway(GatewayOrder(name="theirs", kind="anthropic", url=url, key=key), {"THE_KEY": KEY}, Porter())
        listener = socket.create_server(("127.0.0.1", 0))
        await gateway.serve(listener)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
        if answered:
            await reader.readuntil(b"{}")
        for _ in range(turns):
            await asyncio.sleep(0)
        await gateway.close()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        gc.collect()  # a connection that nobody closed warns here

    with ProviderDouble() as provider:
        for turns in range(25):
            asyncio.run(ended_after(turns, provider.url))
