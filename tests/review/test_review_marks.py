"""Marks live by content: property tests that no sequence of changes makes unread text count as read."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_cases import ADA, CHANGES, run

from podium.kernel.errors import NotFoundError, PodiumError, UsageError
from podium.review import marks
from podium.review.marks import decide_mark, flagged, mark, marks_for, unread
from podium.runs.model import DiffLine, Hunk
from podium.runs.rules import hunk_id

# A candidate is a list of (path, text) hunks; few texts and paths, so that equal hunks and returning ones are common.
_texts = st.sampled_from(["return x", "return y", "x = 1", "pass"])
_candidate = st.lists(st.tuples(st.sampled_from(["a.py", "b.py"]), _texts), max_size=6)
_names = st.sampled_from(["seen", "understood", "flagged", "unseen"])


def hunks_of(candidate: list[tuple[str, str]], shift: int) -> list[Hunk]:
    """Hunks as the git room makes them: the same content further down has the same id, equal ones get an ordinal."""
    count: Counter[tuple[str, str]] = Counter()
    made: list[Hunk] = []
    for at, (path, text) in enumerate(candidate):
        name = hunk_id(path, [("+", text.encode())], ordinal=count[path, text])
        count[path, text] += 1
        line = DiffLine(kind="+", old=0, new=shift + at, text=text)
        made.append(
            Hunk(id=name, path=path, old_start=shift + at, new_start=shift + at, section=str(shift), lines=(line,))
        )
    return made


@given(
    st.lists(
        st.tuples(_candidate, st.integers(0, 50), st.lists(st.tuples(st.integers(0, 5), _names), max_size=6)),
        max_size=8,
    )
)
def test_whatever_the_rounds_do_no_text_counts_as_read_more_often_than_it_was_read(rounds):
    own: dict = {}
    read: dict[tuple[str, str], set[str]] = {}
    for candidate, shift, acts in rounds:
        hunks = hunks_of(candidate, shift)
        for index, name in acts:
            if index < len(hunks):
                chosen = hunks[index]
                mark(own, [chosen.id], name)
                known = read.setdefault((chosen.path, chosen.lines[0].text), set())
                known.discard(chosen.id) if name == "unseen" else known.add(chosen.id)
        shown = marks_for(hunks, own)
        counted = Counter((h.path, h.lines[0].text) for h in hunks if marks.is_read(shown[h.id]))
        for content, times in counted.items():
            assert times <= len(read.get(content, ()))


@given(_candidate, _candidate, st.integers(0, 50))
def test_a_hunk_that_was_read_stays_read_wherever_it_moves_and_a_changed_one_is_unread(first, second, shift):
    own: dict = {}
    mark(own, [hunk.id for hunk in hunks_of(first, 0)], "seen")
    left = unread(hunks_of(second, shift), own)
    expected = Counter(second) - Counter(first)
    assert Counter((hunk.path, hunk.lines[0].text) for hunk in left) == expected


@given(st.lists(st.tuples(st.sampled_from("abc"), _names)))
def test_automatic_reading_never_takes_away_what_a_person_said(acts):
    own: dict = {}
    for hunk, name in acts:
        before = own.get(hunk)
        mark(own, [hunk], name)
        if name == "seen" and before:
            assert own[hunk] == before


def test_a_flagged_hunk_was_read_and_stands_out():
    (first, *_), own = CHANGES[0].hunks, {}
    mark(own, [first.id], "flagged")
    assert first not in unread(CHANGES[0].hunks, own)
    assert flagged(CHANGES[0].hunks, own) == (first,)


def test_hunks_are_named_by_the_beginning_of_their_id():
    hunks = CHANGES[0].hunks
    event = decide_mark(
        run(), 1, hunks, actor=f"person:{ADA}", names=[hunks[0].id[:8], hunks[1].id, hunks[0].id], name="seen"
    )
    assert event.hunks == (hunks[0].id, hunks[1].id)
    assert event.by == ADA


def test_a_name_that_no_hunk_has_or_that_several_have_is_an_error():
    hunks = CHANGES[0].hunks
    with pytest.raises(NotFoundError):
        decide_mark(run(), 1, hunks, actor=f"person:{ADA}", names=["zzz"], name="seen")
    with pytest.raises(NotFoundError):
        decide_mark(run(), 1, hunks, actor=f"person:{ADA}", names=[""], name="seen")
    with pytest.raises(UsageError):
        decide_mark(run(), 1, hunks, actor=f"person:{ADA}", names=[], name="seen")


@pytest.mark.parametrize("actor", ["agent:codex", "podium:worker", ""])
def test_only_a_person_reads(actor):
    with pytest.raises(PodiumError, match="only a named person"):
        decide_mark(run(), 1, CHANGES[0].hunks, actor=actor, names=[CHANGES[0].hunks[0].id], name="seen")
