"""The fold of review records."""

from __future__ import annotations

import time

from review_cases import ADA, BEA, fold, record

from podium.ledger.event import Payload
from podium.review import events
from podium.review.store import Reviews

WHERE = {"spec": "rate-limit", "task": "T2"}
AT = {"run": "run1", "round": 1}


class Foreign(Payload, frozen=True, kw_only=True, tag="runs.started"):
    @property
    def subject(self) -> str:
        return "run:1"


def test_records_of_other_nouns_are_left_alone():
    reviews = Reviews()
    reviews.apply(record(Foreign()))
    assert reviews.tasks() == []


def test_a_task_without_a_review_is_empty():
    assert Reviews().of("rate-limit", "T9").decisions == ()


def test_only_the_first_look_of_a_person_at_a_round_counts():
    look = events.Looked(**WHERE, **AT, by=ADA)
    reviews = Reviews()
    reviews.apply(record(look, 1, at="2026-03-01T10:00:00.000Z"))
    reviews.apply(record(look, 2, at="2026-03-01T11:00:00.000Z"))
    reviews.apply(record(events.Looked(**WHERE, **AT, by=BEA), 3))
    assert [each.at for each in reviews.of("rate-limit", "T2").looks] == ["2026-03-01T10:00:00.000Z"] * 2


def test_seen_never_lowers_a_mark_and_unseen_takes_it_back():
    def mark(name, *hunks):
        return events.HunksMarked(**WHERE, **AT, hunks=hunks, mark=name, by=ADA)

    review = fold(
        mark("understood", "a"),
        mark("flagged", "b"),
        mark("seen", "a", "b", "c"),
        mark("seen", "d"),
        mark("unseen", "d"),
    )
    assert review.marks == {"ada@example.org": {"a": "understood", "b": "flagged", "c": "seen"}}


def test_a_review_given_out_does_not_change_afterwards():
    reviews = Reviews()
    reviews.apply(record(events.HunksMarked(**WHERE, **AT, hunks=("a",), mark="seen", by=ADA)))
    before = reviews.of("rate-limit", "T2")
    reviews.apply(record(events.HunksMarked(**WHERE, **AT, hunks=("b",), mark="seen", by=ADA), 2))
    assert before.marks == {"ada@example.org": {"a": "seen"}}


def test_every_event_survives_its_json_form():
    for payload in (
        events.Looked(**WHERE, **AT, by=ADA),
        events.ApprovalGiven(**WHERE, **AT, tree="7" * 40, by=ADA),
        events.PointClosed(**WHERE, point="P1", why="x", by=ADA),
        events.TaskRejected(**WHERE, reason="x", by=ADA),
        events.AcceptVoided(**WHERE, **AT, why="x", by=ADA),
    ):
        assert payload.kind.startswith("review.")
        assert payload.subject == "task:rate-limit/T2"
        fold(payload)


def test_twenty_thousand_records_fold_in_a_moment():
    marked = [
        record(events.HunksMarked(spec="s", task=f"T{n % 50}", **AT, hunks=(f"h{n}",), mark="seen", by=ADA), n + 1)
        for n in range(20_000)
    ]
    reviews = Reviews()
    before = time.process_time()
    for each in marked:
        reviews.apply(each)
    assert time.process_time() - before < 2.0
