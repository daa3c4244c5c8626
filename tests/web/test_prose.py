"""Code spans in texts of specs, on pages."""

from __future__ import annotations

import pytest

from podium.web.prose import prose


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`a()` gives `b`", "<code>a()</code> gives <code>b</code>"),
        ("``a ` b``", "<code>a ` b</code>"),
        ("` a `", "<code>a</code>"),
        ("`open and nothing more", "`open and nothing more"),
        ("`one\ntwo`", "`one\ntwo`"),
        ("`<img src=x onerror=alert(1)>`", "<code>&lt;img src=x onerror=alert(1)&gt;</code>"),
        ("<b>`x`</b>", "&lt;b&gt;<code>x</code>&lt;/b&gt;"),
    ],
)
def test_what_stands_between_backticks_is_code_and_all_of_it_is_escaped(text: str, shown: str) -> None:
    assert prose(text) == shown


def test_hidden_characters_are_made_visible_in_code_too() -> None:
    assert "\u202e" not in prose("`a\u202eb` \u202e")


def test_a_text_of_backticks_takes_no_time_of_note() -> None:
    assert prose("`" * 19_999 + "a").count("`") == 19_999
