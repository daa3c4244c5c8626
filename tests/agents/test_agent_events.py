"""The event model: one line each, versioned, within bounds, and never a reason to stop reading."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.agents.event import (
    TEXT_LIMIT,
    Entry,
    Event,
    FileDiff,
    Message,
    PermissionAsked,
    PlanStep,
    PlanUpdated,
    Result,
    Started,
    ToolCall,
    Tripped,
    Undecoded,
    UsageReported,
    capped,
    clean,
    decode,
    encode,
    upsert,
)
from podium.runs.model import PermissionRequest, Usage

_AT = "2026-11-22T10:00:00.000Z"

EVENTS: list[Event] = [
    Started(agent="a", attempt=1, session="s", resumption="new"),
    Message(text="héllo\n", more=True),
    PlanUpdated(steps=(PlanStep(text="x", status="pending"),)),
    ToolCall(id="1", kind="edit", diffs=(FileDiff(path="a", old=None, new="x"),), paths=("a",)),
    PermissionAsked(request=PermissionRequest(id="1.1", title="t", kind="edit", detail=""), kinds={"o": "allow_once"}),
    UsageReported(usage=Usage(cost_usd=0.5)),
    Tripped(name="stall", detail="x"),
    Undecoded(raw="\x00", why="?"),
    Result(stop_reason="end_turn"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_entry_comes_back_as_it_was(event: Event) -> None:
    entry = Entry(n=7, t=_AT, event=event)
    line = encode(entry)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == entry
    assert list(json.loads(line)) == ["v", "n", "t", "e"]


def test_an_unknown_kind_is_kept_and_keeps_its_number() -> None:
    entry = decode(b'{"v":1,"n":9,"t":"2026-11-22T10:00:00.000Z","e":{"type":"telepathy","x":[1]}}')
    assert entry.n == 9
    assert isinstance(entry.event, Undecoded)
    assert json.loads(entry.event.raw) == {"type": "telepathy", "x": [1]}


def test_a_newer_version_is_kept_and_says_so() -> None:
    event = decode(b'{"v":2,"n":9,"t":"x","e":{"type":"message","text":"?"}}').event
    assert isinstance(event, Undecoded)
    assert "version 2" in event.why


def test_a_field_that_a_newer_podium_added_is_no_hindrance() -> None:
    assert decode(b'{"v":1,"n":1,"t":"x","e":{"type":"message","text":"a","mood":3}}').event == Message(text="a")


@pytest.mark.parametrize("line", [b"", b"{", b"\xff\xfe", b"[]", b'{"v":1}', b"[" * 100_000, b'{"v":1,"n":"x"}'])
def test_a_damaged_line_is_number_0_and_undecoded(line: bytes) -> None:
    entry = decode(line)
    assert entry.n == 0
    assert isinstance(entry.event, Undecoded)


@given(st.binary(max_size=200))
def test_decoding_never_raises(line: bytes) -> None:
    decode(line)


@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=50))
def test_any_text_can_be_written_also_what_utf8_cannot_hold(text: str) -> None:
    back = decode(encode(Entry(n=1, t=_AT, event=Message(text=text)))).event
    assert isinstance(back, Message)
    assert back.text == clean(text)


def test_lone_surrogates_and_bad_bytes_become_replacement_characters() -> None:
    assert clean("a\ud800b") == "a\ufffdb"
    assert clean(b"a\xffb") == "a\ufffdb"
    assert clean("\U0001f600 é") == "\U0001f600 é"


def test_a_huge_event_is_cut_and_says_how_much_is_missing() -> None:
    event = ToolCall(
        id="1",
        diffs=(FileDiff(path="a", old="o" * TEXT_LIMIT, new="n" * TEXT_LIMIT), FileDiff(path="b", new="x")),
        output="out",
    )
    line = encode(Entry(n=1, t=_AT, event=event))
    assert len(line) < TEXT_LIMIT + 2000
    back = decode(line).event
    assert isinstance(back, ToolCall)
    assert back.diffs[0].old is not None
    assert "characters cut]" in back.diffs[0].old


def test_a_small_event_is_not_copied() -> None:
    event = EVENTS[3]
    assert capped(event) is event


def test_news_of_a_call_add_to_what_was_known_and_take_nothing_away() -> None:
    first = ToolCall(id="1", title="Run", kind="execute", status="in_progress", command="make")
    known = upsert(upsert(None, first), ToolCall(id="1", status="completed", output="ok"))
    assert known == ToolCall(id="1", title="Run", kind="execute", status="completed", command="make", output="ok")
