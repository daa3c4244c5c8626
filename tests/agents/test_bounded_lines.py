"""Lines of hostile output: nothing is lost that fits, and nothing that does not fit is held."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.agents.driver import AgentFloodError
from podium.agents.lines import BoundedLines, TooLong


def lines_of(*blocks: bytes, line_limit: int = 100, total_limit: int = 1 << 30) -> list[bytes | TooLong]:
    async def read() -> list[bytes | TooLong]:
        reader = asyncio.StreamReader()
        lines = BoundedLines(reader, line_limit=line_limit, total_limit=total_limit)
        for block in blocks:
            reader.feed_data(block)
        reader.feed_eof()
        found: list[bytes | TooLong] = []
        while (line := await lines.next()) is not None:
            found.append(line)
        return found

    return asyncio.run(read())


def test_lines_come_one_by_one_and_an_unfinished_one_counts() -> None:
    assert lines_of(b"a\nb", b"c\n\nd") == [b"a", b"bc", b"", b"d"]


def test_a_line_that_is_too_long_is_dropped_and_its_size_is_known() -> None:
    found = lines_of(b"short\n", b"x" * 5000 + b"\n", b"next\n")
    assert found[0] == b"short"
    assert isinstance(found[1], TooLong)
    assert found[1].size == 5000
    assert found[1].head == b"x" * 1024
    assert found[2:] == [b"next"]


def test_an_endless_line_is_told_at_the_end() -> None:
    found = lines_of(b"x" * 5000)
    assert [each.size for each in found if isinstance(each, TooLong)] == [5000]


def test_more_than_the_total_is_a_flood() -> None:
    with pytest.raises(AgentFloodError):
        lines_of(b"x\n" * 1000, total_limit=999)


@given(st.lists(st.binary(max_size=30), max_size=20), st.integers(1, 40))
def test_whatever_comes_in_whatever_pieces_lines_within_the_limit_are_whole(parts: list[bytes], size: int) -> None:
    whole = b"".join(parts)
    blocks = [whole[at : at + size] for at in range(0, len(whole), size)]
    expected = whole.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert lines_of(*blocks, line_limit=10_000) == expected
