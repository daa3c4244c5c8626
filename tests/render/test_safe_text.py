"""Nothing that an agent writes acts on a terminal or hides from the reader."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.render.safe_text import chop, columns, cut, pad, pieces, safe_line, safe_lines, wrap

_nasty = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x07\x00\r\n\t\x7f\x9b\u202e\u2066\u200b\u200d\ufeff\u00ad\u2028\ud800\U000e0041é界"),
    )
)


@given(_nasty)
def test_no_control_invisible_or_direction_character_is_left(text: str):
    safe = safe_line(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp") for char in safe)
    assert "\n" not in safe
    safe.encode("utf-8")


@given(_nasty)
def test_making_a_safe_text_safe_changes_nothing(text: str):
    assert safe_line(safe_line(text)) == safe_line(text)


@given(
    st.text(
        alphabet=st.characters(categories=("L", "N", "P", "S"), exclude_characters="\u3164\uffa0\u115f\u1160\u2800")
    )
)
def test_what_can_be_seen_stays_as_it_is(text: str):
    assert safe_line(text) == text


@given(_nasty)
def test_every_hidden_character_leaves_a_code_of_its_own(text: str):
    hidden = [shown for shown, is_hidden in pieces(text) if is_hidden]
    dangerous = [char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char != "\t"]
    assert len(hidden) >= len(dangerous)
    assert all(shown.startswith("<U+") for shown in hidden)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", "<U+001B>[2J<U+001B>]0;owned<U+0007>"),
        ("if admin\u202e", "if admin<U+202E>"),
        ("a\u200bb", "a<U+200B>b"),
        ("a\tb", "a   b"),
        ("new\nline", "new<U+000A>line"),
        ("no\u00a0break", "no<U+00A0>break"),
        ("héllo 世界 🙂", "héllo 世界 🙂"),
        ("e" + "\u0301" * 5, "e" + "\u0301" * 3 + "<U+0301><U+0301>"),
        ("\u26a0\ufe0f a\ufe0f", "\u26a0\ufe0f a<U+FE0F>"),
        ("\ud800", "<U+D800>"),
    ],
)
def test_hidden_characters_are_shown_by_their_number(text, shown):
    assert safe_line(text) == shown


def test_a_text_of_several_lines_keeps_its_lines():
    assert safe_lines("a\r\nb\x1b\n") == ["a", "b<U+001B>", ""]


@given(_nasty, st.integers(0, 40))
def test_a_cut_text_fits(text: str, width: int):
    assert columns(cut(safe_line(text), width)) <= width
    assert columns(pad(safe_line(text), width)) == width


@given(_nasty, st.integers(2, 40))
def test_a_chopped_text_loses_nothing_and_fits(text: str, width: int):
    safe = safe_line(text)
    parts = chop(safe, width)
    assert "".join(parts) == safe
    assert all(columns(part) <= width for part in parts)


@given(st.lists(st.text(alphabet="abc界", min_size=1, max_size=30), max_size=20), st.integers(2, 40))
def test_a_wrapped_text_keeps_its_words_and_fits(words: list[str], width: int):
    lines = wrap(" ".join(words), width)
    assert "".join(lines).replace(" ", "") == "".join(words)
    assert all(columns(line) <= width for line in lines)
