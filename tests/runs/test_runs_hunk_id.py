"""The content address of a hunk."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from podium.runs.rules import HunkAddress, hunk_id

LINES = [(" ", b"before\n"), ("-", b"old\n"), ("+", b"new\n"), (" ", b"after\n")]

hunks = st.lists(st.tuples(st.sampled_from(" -+"), st.binary(max_size=6)), max_size=6)


def test_an_id_is_the_same_every_time_and_everywhere() -> None:
    # Marks in ledgers are kept by these ids for ever.
    assert hunk_id("src/a.py", LINES) == hunk_id("src/a.py", iter(LINES))
    assert hunk_id("src/a.py", LINES) == "9690ee19b747382c8999006c172b33513894bce2"


@given(st.text(max_size=5), hunks, st.text(max_size=5), hunks)
def test_two_hunks_share_an_id_only_if_they_are_equal(
    one: str, these: list[tuple[str, bytes]], other: str, those: list[tuple[str, bytes]]
) -> None:
    assert (hunk_id(one, these) == hunk_id(other, those)) == ((one, these) == (other, those))


def test_every_part_of_a_hunk_counts() -> None:
    known = {hunk_id("p", LINES)}
    for at, (kind, line) in enumerate(LINES):
        changed = [*LINES[:at], (kind, line.upper()), *LINES[at + 1 :]]
        known.add(hunk_id("p", changed))
        known.add(hunk_id("p", [*LINES[:at], (kind, line[:-1]), *LINES[at + 1 :]]))
        known.add(hunk_id("p", [*LINES[:at], *LINES[at + 1 :]]))
    known.add(hunk_id("p", LINES, facts=["mode 100644 100755"]))
    known.add(hunk_id("p", LINES, ordinal=1))
    known.add(hunk_id("p", LINES, ordinal=2))
    assert len(known) == 1 + 3 * len(LINES) + 3


def test_equal_hunks_are_told_apart_by_their_ordinal() -> None:
    address = HunkAddress("p")
    for kind, line in LINES:
        address.add(kind, line)
    assert address.id() == hunk_id("p", LINES)
    assert address.id(3) == hunk_id("p", LINES, ordinal=3) != address.id()
    assert len(address.id()) == 40
