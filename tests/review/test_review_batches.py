"""What pages send of a person's reading: queues that come twice, late, out of order, from two tabs, with odd clocks."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_cases import ADA, BEA, CHANGES, fold, record

from podium.kernel.errors import PodiumError, UsageError
from podium.review import pace
from podium.review.batch import Marked, ReadingBatch, decide_batch
from podium.review.events import HunksMarked, TimeRecorded
from podium.review.model import HunkTime, TaskReview, TimeBatch
from podium.review.person import key
from podium.review.store import Reviews

IDS = tuple(hunk.id for change in CHANGES for hunk in change.hunks)
EMPTY = TaskReview(spec="rate-limit", task="T2")
NOW = "2026-03-01T12:00:00.000Z"


def at(second: int) -> str:
    return f"2026-03-01T{10 + second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000Z"


def batch(
    name: str = "b1", *marks: tuple[str, str, int], began: int = 0, ended: int = 60, **times: float
) -> ReadingBatch:
    return ReadingBatch(
        id=name,
        run="run1",
        round=1,
        began=at(began),
        ended=at(ended),
        marks=tuple(Marked(hunk=hunk, mark=mark, at=at(second)) for hunk, mark, second in marks),
        times=tuple(HunkTime(hunk=hunk, seconds=seconds) for hunk, seconds in times.items()),
    )


def taken(each: ReadingBatch, review: TaskReview = EMPTY, actor: str = f"person:{ADA}", now: str = NOW):
    return decide_batch(each, review=review, hunks=IDS, actor=actor, now=now)


_marks = st.lists(
    st.tuples(st.sampled_from(IDS), st.sampled_from(["seen", "understood", "flagged", "unseen"]), st.integers(0, 9)),
    max_size=5,
)


@given(st.lists(_marks, max_size=6), st.randoms(use_true_random=False))
def test_marks_end_the_same_in_whatever_order_and_however_often_their_batches_arrive(tabs, rnd: random.Random):
    """Each moment is given one mark per hunk, as one person can give it: ties have no right order."""
    seen: set[tuple[str, int]] = set()
    batches: list[ReadingBatch] = []
    for number, marks in enumerate(tabs):
        own = [mark for mark in marks if (mark[0], mark[2]) not in seen and not seen.add((mark[0], mark[2]))]
        batches.append(batch(f"b{number}", *own))

    def end(order: list[ReadingBatch]) -> dict:
        reviews = Reviews()
        for seq, each in enumerate(order, 1):
            for event in taken(each, reviews.of("rate-limit", "T2")).events:
                reviews.apply(record(event, seq, NOW))
        return reviews.of("rate-limit", "T2").marks.get(key(ADA), {})

    shuffled = [*batches, *batches[: len(batches) // 2]]
    rnd.shuffle(shuffled)
    assert end(shuffled) == end(batches)


def test_a_flag_given_offline_is_not_lost_when_another_tab_saw_the_hunk_later():
    first, late = IDS[0], batch("late", (IDS[0], "flagged", 5))
    review = fold(*taken(batch("b1", (first, "seen", 9))).events, *taken(late).events, at=NOW)
    assert review.marks[key(ADA)][first] == "flagged"


def test_a_mark_that_was_taken_back_is_not_given_again_by_a_late_tab():
    first = IDS[0]
    events = (*taken(batch("b1", (first, "unseen", 9))).events, *taken(batch("b2", (first, "seen", 5))).events)
    assert first not in fold(*events, at=NOW).marks.get(key(ADA), {})


def test_a_batch_that_was_taken_changes_nothing_when_it_comes_again():
    once = batch("b1", (IDS[0], "seen", 1), **{IDS[0]: 3.0})
    review = fold(*taken(once).events)
    again = taken(once, review)
    assert again.repeated
    assert again.events == ()
    assert not taken(once, review, f"person:{BEA}").repeated  # another person's batch of that name is another batch


def test_two_reviewers_have_marks_of_their_own():
    both = (
        *taken(batch("b1", (IDS[0], "seen", 1))).events,
        *taken(batch("b1", (IDS[1], "seen", 1)), actor=f"person:{BEA}").events,
    )
    review = fold(*both)
    assert review.marks == {key(ADA): {IDS[0]: "seen"}, key(BEA): {IDS[1]: "seen"}}


def test_hunks_that_the_round_lacks_are_named_and_do_not_stop_the_queue():
    found = taken(batch("b1", ("gone", "seen", 1), (IDS[0], "seen", 1), ghost=2.0))
    assert found.unknown == ("gone", "ghost")
    assert [event.hunks for event in found.events] == [(IDS[0],)]
    assert found.times is None


def test_a_clock_that_is_ahead_marks_nothing_in_the_future_and_time_is_never_more_than_passed():
    ahead = ReadingBatch(
        id="b1",
        run="run1",
        round=1,
        began="2027-01-01T00:00:00.000Z",
        ended="2027-01-01T00:01:00.000Z",
        marks=(Marked(hunk=IDS[0], mark="seen", at="2027-01-01T00:00:30.000Z"),),
        times=(HunkTime(hunk=IDS[0], seconds=90.0), HunkTime(hunk=IDS[1], seconds=float("nan"))),
    )
    found = taken(ahead)
    assert found.events[0].marked_at == NOW
    assert found.times is not None
    assert (found.times.began, found.times.ended) == ("2026-03-01T11:59:00.000Z", NOW)
    assert found.times.times == (HunkTime(hunk=IDS[0], seconds=60.0),)


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": "x" * 65},
        {"id": "a\n"},
        {"began": "soon"},
        {"ended": at(0), "began": at(9)},
        {"began": "2026-03-01"},
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(change):
    import msgspec

    with pytest.raises(UsageError):
        taken(msgspec.structs.replace(batch(), **change))


def test_only_a_person_reads():
    with pytest.raises(PodiumError, match="only a named person"):
        taken(batch(), actor="agent:codex")


# --- pace -------------------------------------------------------------------------------------------------------------


def times(name: str, began: int, ended: int, **seconds: float) -> TimeBatch:
    listed = tuple(HunkTime(hunk=hunk, seconds=spent) for hunk, spent in seconds.items())
    return TimeBatch(id=name, run="run1", round=1, by=ADA, began=at(began), ended=at(ended), times=listed)


def test_times_of_two_tabs_that_overlap_are_one_sitting_and_a_batch_counts_once():
    hunks = [hunk for change in CHANGES for hunk in change.hunks]
    read = {hunk.id: "seen" for hunk in hunks}
    one, two = times("1", 0, 600, **{hunks[0].id: 90.0}), times("2", 300, 900, **{hunks[1].id: 30.0})
    found = pace.pace([one, two, two], hunks, read, at(960))
    assert found.sitting_minutes == 15.0
    assert found.minutes == 2.0
    assert found.lines == 4  # changed lines of the two hunks
    assert found.lines_an_hour == 120
    assert found.hints == ()
    assert found.said == "4 changed lines in 2 min, 120 lines an hour"


def test_a_break_begins_another_sitting_and_nothing_measured_says_nothing():
    long_ago = times("1", 0, 60, **{IDS[0]: 60.0})
    found = pace.pace([long_ago], [hunk for change in CHANGES for hunk in change.hunks], {}, at(3000))
    assert found.sitting_minutes == 0
    assert pace.pace([], [], {}, at(0)).said == ""


def test_the_known_limits_are_hints():
    hunks = [hunk for change in CHANGES for hunk in change.hunks]
    read = {hunk.id: "seen" for hunk in hunks}
    batches = [times(str(n), n * 600, n * 600 + 600) for n in range(6)]
    assert "attention falls" in pace.pace(batches, hunks, read, "2026-03-01T11:00:00.000Z").hints[0]
    from review_cases import change, hunk

    big = hunk("a.py", [], ["x"] * 450)
    fast = pace.pace([times("1", 0, 600, **{big.id: 600.0})], change("a.py", big).hunks, {big.id: "seen"}, at(600))
    assert [hint.split(" ")[1] for hint in fast.hints] == ["lines", "lines"]


def test_a_hunk_needs_time_to_be_seen_but_not_for_ever():
    from review_cases import hunk

    assert pace.least_seconds(hunk("a", [], ["x"])) == 0.8
    assert pace.least_seconds(hunk("a", [], ["x"] * 10)) == 4.0
    assert pace.least_seconds(hunk("a", [], ["x"] * 1000)) == 20.0


def test_shared_times_are_folded_once():
    recorded = TimeRecorded(spec="rate-limit", task="T2", batch=times("1", 0, 9, **{IDS[0]: 5.0}))
    assert len(fold(recorded, recorded).times) == 1


def test_old_ledgers_without_the_new_fields_are_read():
    import msgspec

    old = (
        b'{"type":"review.hunks-marked","spec":"rate-limit","task":"T2","run":"r","round":1,'
        b'"hunks":["a"],"mark":"seen","by":"Ada"}'
    )
    assert msgspec.json.decode(old, type=HunksMarked).marked_at == ""
