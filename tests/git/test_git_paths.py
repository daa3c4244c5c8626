"""Paths as text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.git.paths import to_bytes, to_text
from podium.testing.repositories import build_repository

names = st.binary(min_size=1).filter(lambda path: b"\0" not in path)


@given(names)
def test_every_path_has_a_text_that_leads_back_to_it(path: bytes) -> None:
    assert to_bytes(to_text(path)) == path


@given(names, names)
def test_two_paths_never_share_a_text(one: bytes, other: bytes) -> None:
    assert (to_text(one) == to_text(other)) == (one == other)


@given(names)
def test_a_text_holds_no_control_character(path: bytes) -> None:
    assert all(ord(character) >= 0x20 and ord(character) != 0x7F for character in to_text(path))


def test_ordinary_paths_are_their_own_text() -> None:
    for path in ("src/a b.py", "größe/日本.txt", "-n", " leading", "a:b", "'x'"):
        assert to_text(path.encode()) == path


def test_the_quoted_form_is_gits_own(tmp_path: Path) -> None:
    raw = [b"new\nline", b'quo"te', b"back\\slash", b"\x01\x07\x7f", b"not \xff utf-8", b"mixed \xc3\xa9 and \xff"]
    repository = build_repository(tmp_path / "r", dict.fromkeys(raw, "x"))
    printed = repository.git("-c", "core.quotePath=true", "ls-files").splitlines()
    assert sorted(printed) == sorted(to_text(path) for path in raw)


@pytest.mark.parametrize("text", ['"', '"abc', '"a"b"', '"\\q"', '"\\4"', '"\\400"', '"a\\"'])
def test_a_text_that_is_badly_quoted_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a quoted path"):
        to_bytes(text)
