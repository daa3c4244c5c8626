"""Streams of Chat Completions are counted although the agent's program does not ask for their counts."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from gateway_bench import Served
from hypothesis import given, settings
from hypothesis import strategies as st
from provider_double import ProviderDouble

from podium.testing.actions import Usage
from podium.testing.model_server.server import ModelServer
from podium.testing.model_server.steps import ModelScript, Prompt, Say
from podium.workspaces.gateway.chat_usage import WithoutUsage, with_usage
from podium.workspaces.gateway.meter import Meter

CHAT = "/v1/chat/completions"
ASKED = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Do it."}]}
COUNTS = b'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}}\n\n'
WORDS = b'data: {"choices":[{"delta":{"content":"the \\"usage\\" of it"}}],"usage":null}\n\n'
END = b"data: [DONE]\n\n"


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        ({"stream": True}, {"include_usage": True}),
        ({"stream": True, "stream_options": None}, {"include_usage": True}),
        ({"stream": True, "stream_options": {"include_usage": False, "x": 1}}, {"include_usage": True, "x": 1}),
        ({"stream": True, "stream_options": {"include_usage": True}}, None),
        ({"stream": True, "stream_options": "odd"}, None),
        ({"stream": False}, None),
        ({}, None),
        ([1], None),
    ],
)
def test_a_stream_is_asked_for_its_counts_unless_the_agent_asks_for_them(body: Any, changed: Any) -> None:
    found = with_usage(json.dumps(body).encode())
    assert (json.loads(found)["stream_options"] if found is not None else None) == changed


def test_a_body_that_is_no_json_is_left_alone() -> None:
    assert with_usage(b"\xff{") is None
    assert with_usage(b"[" * 100_000) is None


@settings(deadline=None)
@given(st.lists(st.integers(min_value=1, max_value=40)))
def test_only_the_chunk_with_the_counts_is_left_out_however_the_stream_is_cut(cuts: list[int]) -> None:
    stream = b": hello\r\n" + WORDS + b'data: {"choices":[],"usage":null}\n\n' + COUNTS + END
    strip, out = WithoutUsage(), b""
    for cut in cuts:
        out += strip.data(stream[:cut])
        stream = stream[cut:]
    out += strip.data(stream) + strip.end()
    assert out == b": hello\r\n" + WORDS + b'data: {"choices":[],"usage":null}\n\n' + END


def test_a_stream_that_breaks_off_or_has_one_endless_line_passes() -> None:
    strip = WithoutUsage()
    assert strip.data(b'data: {"choices"') + strip.end() == b'data: {"choices"'
    endless = b"data: " + b"x" * 2_000_000
    assert strip.data(endless) + strip.data(b"y\n") + strip.data(WORDS) == endless + b"y\n" + WORDS


@pytest.mark.parametrize("asks", [True, False])
def test_the_agent_gets_the_counts_only_if_it_asked_and_the_meter_gets_them_always(asks: bool) -> None:
    script = ModelScript(prompts=(Prompt(match="Do it", steps=(Usage(input=7, output=2), Say(text="Six it is."))),))
    body = {**ASKED, "stream_options": {"include_usage": True}} if asks else ASKED
    with ModelServer(script) as server, Served(server.url, "openai") as served:
        status, _, text = served.ask(CHAT, body)
        assert status == 200
        said = [json.loads(line[5:])["choices"] for line in text.split("\n") if line.startswith("data: {")]
        assert "".join(choice[0]["delta"].get("content", "") for choice in said if choice) == "Six it is."
        assert text.endswith("data: [DONE]\n\n")
        assert ("prompt_tokens" in text) is asks
        meter = Meter("openai")
        meter.head("text/event-stream")
        meter.data(served.porter.taps[0].body)
        assert (meter.tokens.input, meter.tokens.output) == (7, 2)


def test_a_provider_that_does_not_know_the_option_is_asked_as_the_agent_asks_and_so_from_then_on() -> None:
    def answer(connection: socket.socket, _head: bytes, body: bytes) -> None:
        told = b'{"error": "unknown field stream_options"}' if b"stream_options" in body else b'{"ok": 1}'
        status = b"400 Bad Request" if b"stream_options" in body else b"200 OK"
        length = str(len(told)).encode()
        connection.sendall(b"HTTP/1.1 " + status + b"\r\ncontent-length: " + length + b"\r\n\r\n" + told)

    with ProviderDouble(answer) as provider, Served(provider.url, "openai") as served:
        for _ in range(2):
            assert served.ask(CHAT, ASKED)[::2] == (200, '{"ok": 1}')
        assert [b"stream_options" in body for body in provider.bodies] == [True, False, False]
        assert provider.bodies[1] == json.dumps(ASKED).encode()
        assert all(tap.over.wait(30) for tap in served.porter.taps)  # the agent has the whole answer a moment earlier
        assert [(tap.status, tap.whole) for tap in served.porter.taps] == [(200, True), (200, True)]


def test_another_refusal_is_passed_on_as_it_is() -> None:
    def answer(connection: socket.socket, _head: bytes, _body: bytes) -> None:
        connection.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 8\r\nx-it: 1\r\n\r\nno model")

    with ProviderDouble(answer) as provider, Served(provider.url, "openai") as served:
        status, head, text = served.ask(CHAT, ASKED)
        assert (status, head["x-it"], text) == (404, "1", "no model")
        assert len(provider.bodies) == 1
        assert served.porter.taps[0].status == 404


def test_a_body_in_pieces_is_sent_with_its_own_length() -> None:
    with ProviderDouble() as provider, Served(provider.url, "openai") as served:
        connection = served.connect()
        parts = json.dumps(ASKED).encode()
        connection.request(
            "POST", CHAT, iter([parts[:9], parts[9:]]), {"transfer-encoding": "chunked"}, encode_chunked=True
        )
        assert connection.getresponse().read() == b"{}"
        connection.request("POST", CHAT, b"not json")
        assert connection.getresponse().read() == b"{}"
        connection.close()
        assert json.loads(provider.bodies[0])["stream_options"] == {"include_usage": True}
        assert provider.bodies[1] == b"not json"
        assert b"transfer-encoding" not in provider.heads[0]
