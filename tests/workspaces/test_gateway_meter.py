"""Tokens and money, read off the answers of every kind of provider."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.project.model import Price, ProviderKind
from podium.workspaces.gateway.meter import Meter, Tokens
from podium.workspaces.gateway.prices import cost, listed, price_of, sources

_SSE = "text/event-stream; charset=utf-8"


def _events(*values: object) -> bytes:
    return b"".join(b"event: x\ndata: " + json.dumps(value).encode() + b"\n\n" for value in values)


def _count(kind: ProviderKind, body: bytes, content_type: str, size: int = 7) -> Tokens:
    meter = Meter(kind)
    meter.head(content_type)
    for at in range(0, len(body), size):
        meter.data(body[at : at + size])
    meter.end()
    return meter.tokens


_MESSAGE = {
    "model": "claude-sonnet-4-5-20250929",
    "usage": {
        "input_tokens": 10, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 70, "output_tokens": 1
    },
}  # fmt: skip
_ANTHROPIC = Tokens(model="claude-sonnet-4-5-20250929", input=100, cached=70, cache_write=20, output=40)
_RESPONSE = {
    "model": "gpt-5-codex",
    "usage": {
        "input_tokens": 100, "input_tokens_details": {"cached_tokens": 60}, "output_tokens": 40,
        "output_tokens_details": {"reasoning_tokens": 30},
    },
}  # fmt: skip
_CHAT = {
    "model": "gpt-4.1",
    "usage": {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60}, "completion_tokens": 40},
}
_GEMINI = {
    "modelVersion": "gemini-2.5-pro",
    "usageMetadata": {
        "promptTokenCount": 90, "toolUsePromptTokenCount": 10, "cachedContentTokenCount": 60,
        "candidatesTokenCount": 10, "thoughtsTokenCount": 30,
    },
}  # fmt: skip
_OPENAI = Tokens(model="gpt-5-codex", input=100, cached=60, output=40, reasoning=30)


def test_a_stream_of_anthropic_is_counted() -> None:
    end = {"type": "message_delta", "usage": {"output_tokens": 40}}
    body = _events({"type": "message_start", "message": _MESSAGE}, {"type": "ping"}, end, {"type": "message_stop"})
    assert _count("anthropic", body, _SSE) == _ANTHROPIC


def test_a_stream_of_anthropic_that_breaks_off_has_what_was_said_so_far() -> None:
    assert _count("anthropic", _events({"type": "message_start", "message": _MESSAGE}), _SSE).output == 1


_STREAMS: list[Any] = [
        ("openai", ({"type": "response.created", "response": {"model": "gpt-5-codex", "usage": None}},
                    {"type": "response.completed", "response": _RESPONSE}), _OPENAI),
        ("openai", ({"model": "gpt-4.1", "choices": [], "usage": None}, _CHAT),
         Tokens(model="gpt-4.1", input=100, cached=60, output=40)),
        ("gemini", ({"modelVersion": "gemini-2.5-pro", "usageMetadata": {"promptTokenCount": 90}}, _GEMINI),
         Tokens(model="gemini-2.5-pro", input=100, cached=60, output=40, reasoning=30)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "stream", "expected"), _STREAMS)
def test_streams_of_the_others_are_counted(kind: ProviderKind, stream: tuple[object, ...], expected: Tokens) -> None:
    assert _count(kind, _events(*stream), _SSE) == expected


@pytest.mark.parametrize(
    ("kind", "body", "total"),
    [
        ("anthropic", _MESSAGE, 100),
        ("openai", _RESPONSE, 100),
        ("openai", _CHAT, 100),
        ("gemini", _GEMINI, 100),
        ("gemini", [{"usageMetadata": {"promptTokenCount": 5}}, _GEMINI], 100),
    ],
)
def test_whole_documents_are_counted(kind: ProviderKind, body: object, total: int) -> None:
    assert _count(kind, json.dumps(body).encode(), "application/json").input == total


@pytest.mark.parametrize("kind", ["anthropic", "openai", "gemini"])
@pytest.mark.parametrize("content_type", [_SSE, "application/json", ""])
@given(body=st.binary(max_size=300))
def test_what_cannot_be_understood_is_no_figure_and_never_a_zero(
    kind: ProviderKind, content_type: str, body: bytes
) -> None:
    found = _count(kind, b'data: {"usage": ' + body + b"\n\ndata: [DONE]\n", content_type)
    assert (found.input, found.output) == (None, None)


@pytest.mark.parametrize("figure", [-1, 1.5, "12", True, None, 10**15])
def test_a_figure_that_is_none_is_not_believed(figure: object) -> None:
    body = {"model": "m", "usage": {"input_tokens": figure, "output_tokens": figure}}
    assert _count("anthropic", json.dumps(body).encode(), "application/json") == Tokens(model="m")


def test_a_line_without_end_costs_no_memory() -> None:
    meter = Meter("anthropic")
    meter.head(_SSE)
    for _ in range(200):
        meter.data(b"x" * 65536)
    assert len(meter._kept) <= 4 * 2**20  # pyright: ignore[reportPrivateUsage]
    meter.data(b"\n" + _events({"type": "message_start", "message": _MESSAGE}))
    assert meter.tokens.input == 100


# --- money ------------------------------------------------------------------------------------------------------------


def test_cached_and_written_tokens_have_prices_of_their_own() -> None:
    price = price_of("claude-sonnet-4-5-20250929", {})
    assert price is not None
    assert cost(_ANTHROPIC, price) == pytest.approx((10 * 3 + 70 * 0.3 + 20 * 3.75 + 40 * 15) / 1e6)


def test_a_long_prompt_has_the_dearer_price() -> None:
    price = price_of("gemini-2.5-pro", {})
    assert price is not None
    assert cost(Tokens(input=200_001, output=10), price) == pytest.approx((200_001 * 2.5 + 10 * 15) / 1e6)


@pytest.mark.parametrize("model", ["", "gpt-6", "claude", "claude-sonnet-4-5-turbo", "gpt-5-codex-max"])
def test_an_unknown_model_has_no_price(model: str) -> None:
    assert price_of(model, {}) is None


@pytest.mark.parametrize("model", ["gpt-5-2025-08-07", "openai/gpt-5", "gpt-5"])
def test_a_dated_model_has_the_price_of_its_name(model: str) -> None:
    assert price_of(model, {}) == listed()["gpt-5"]


def test_the_projects_own_price_counts_first() -> None:
    own = {"gpt-5": Price(input=1.0, output=2.0)}
    assert price_of("gpt-5", own) == own["gpt-5"]


def test_unknown_tokens_have_no_cost() -> None:
    assert cost(Tokens(input=5), Price(input=1.0, output=1.0)) is None


def test_the_list_tells_its_date_and_source() -> None:
    assert all(date.startswith("20") and source.startswith("https://") for _, date, source in sources())
    assert all(price.input > 0 and price.output > 0 for price in listed().values())
