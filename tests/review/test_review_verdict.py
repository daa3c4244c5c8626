"""Refine, reject, points, and the one function that says how a task stands."""

from __future__ import annotations

import pytest
from review_cases import ADA, BEA, CHANGES, NOW, TREE, case, delivered, fold, item, run, with_review

from podium.evidence.model import Fails
from podium.kernel.errors import NotFoundError, PodiumError, UsageError
from podium.review import events, points
from podium.review.model import Accepted, Pending, Refined, Rejected, TaskReview, Undecided, Voided
from podium.review.rules import Cleared, Refused, decide_accept, decide_refine, decide_reject, seal
from podium.review.verdict import verdict, waits
from podium.runs.model import Failed, Gathering, Round, Working

WHERE = {"spec": "rate-limit", "task": "T2"}


def accepted(name: str = "run1") -> events.TaskAccepted:
    decision = decide_accept(case(run=run(name=name)))
    assert isinstance(decision, Cleared)
    return events.TaskAccepted(**WHERE, run=name, round=1, accepted=seal(decision, None))


def refined(number: int = 1, name: str = "run1") -> events.TaskRefined:
    return events.TaskRefined(**WHERE, run=name, round=number, points=(), open=("P1",), by=ADA)


VOIDED = events.AcceptVoided(**WHERE, run="run1", round=1, why="the base moved", by="podium")
REJECTED = events.TaskRejected(**WHERE, reason="weakened a test", by=ADA)
WORKING = Round(number=1, kind="first", base="", state=Working(attempt=1))


@pytest.mark.parametrize(
    ("happened", "runs", "expected"),
    [
        ((), (), Pending()),
        ((), (run(WORKING),), Pending()),
        ((), (run(Round(number=1, kind="first", base="", state=Failed(reason="x"))),), Pending()),
        ((), (run(),), Undecided(runs=("run1",))),
        ((), (run(), run(name="run2"), run(name="run3", archived="lost")), Undecided(runs=("run1", "run2"))),
        ((refined(),), (run(),), Refined(points=("P1",), by=ADA, at=NOW)),
        ((refined(),), (run(delivered(), delivered(2)),), Undecided(runs=("run1",))),
        ((refined(),), (run(), run(name="run2")), Undecided(runs=("run2",))),
        ((REJECTED,), (run(),), Rejected(reason="weakened a test", by=ADA, at=NOW)),
        ((accepted(),), (run(),), accepted().accepted),
        ((accepted(), VOIDED), (run(),), Voided(why="the base moved", by="podium", at=NOW)),
        ((accepted(), VOIDED, refined()), (run(),), Refined(points=("P1",), by=ADA, at=NOW)),
        ((accepted(), VOIDED, accepted()), (run(),), accepted().accepted),
    ],
)
def test_the_verdict_follows_from_what_was_decided_and_what_is_there(happened, runs, expected):
    assert verdict(fold(*happened), runs) == expected


def test_a_voided_accept_waits_for_a_person_again():
    review = fold(accepted(), VOIDED)
    assert waits(review, run())


def test_nothing_waits_once_the_task_is_accepted():
    assert not waits(fold(accepted()), run(name="run2"))


def test_a_round_whose_evidence_is_not_there_does_not_wait_for_a_person():
    gathering = Round(number=1, kind="first", base="", state=Gathering(candidate=delivered().state.candidate))
    assert not waits(fold(), run(gathering))


# --- refine -----------------------------------------------------------------------------------------------------------


def test_points_are_numbered_within_the_task_and_know_what_they_speak_of():
    first = decide_refine(case(), ["B1 is slow", "src/limit.py:11 returns too early"])
    assert isinstance(first, tuple)
    (event,) = first
    one, two = event.points
    assert (one.id, one.clause, one.path) == ("P1", "B1", "")
    assert (two.id, two.path, two.line, two.hunk) == ("P2", "src/limit.py", 11, CHANGES[0].hunks[0].id)
    (second,) = decide_refine(case(review=fold(event), run=run(delivered(), delivered(2)), round=2), ["again"])
    assert [each.id for each in second.points] == ["P3"]
    assert second.open == ("P1", "P2", "P3")


def test_a_point_remembers_which_checks_of_its_clause_failed():
    failing = (item("B1"), item("E1", Fails(why="exit 1")))
    (event,) = decide_refine(case(items=failing), ["E1 fails for an empty list", "B1 is slow"])
    assert [each.failing for each in event.points] == [("E1",), ()]


def test_a_point_that_evidence_met_is_not_sent_again():
    (event,) = decide_refine(case(items=(item("E1", Fails(why="exit 1")),)), ["E1 fails"])
    (second,) = decide_refine(case(review=fold(event), items=(item("E1"),)), ["and B1 is slow"])
    assert second.open == ("P2",)


@pytest.mark.parametrize("texts", [[], [""], ["  ", "\n"]])
def test_a_refine_without_a_point_is_an_error(texts):
    with pytest.raises(UsageError, match="at least one point"):
        decide_refine(case(), texts)


@pytest.mark.parametrize(
    "text", ["src/secret.py:3 leaks", "see http://x:80/y", "a ratio of 3:4", "E9 is unknown", "VIB1 B1x"]
)
def test_a_text_that_names_nothing_known_is_a_point_about_nothing_in_particular(text):
    (event,) = decide_refine(case(), [text])
    assert (event.points[0].clause, event.points[0].path, event.points[0].line) == ("", "", 0)


def test_a_refine_after_an_accept_voids_the_accept_first():
    decided = decide_refine(case(review=fold(accepted())), ["E1 after all"])
    assert [type(event).__name__ for event in decided] == ["AcceptVoided", "TaskRefined"]
    assert isinstance(verdict(fold(accepted(), *decided), (run(),)), Refined)


@pytest.mark.parametrize(
    ("code", "spoiled"),
    [
        ("not-a-person", {"actor": "agent:codex"}),
        ("decided", {"landed": True}),
        ("decided", {"review": fold(REJECTED)}),
        ("at-work", {"run": run(delivered(), Round(number=2, kind="refine", base="", state=Working(attempt=1)))}),
        ("superseded", {"run": run(delivered(), delivered(2))}),
        ("no-candidate", {"run": run(archived="run2 was accepted")}),
    ],
)
def test_a_refine_is_refused_when_it_makes_no_sense(code, spoiled):
    decision = decide_refine(case(**spoiled), ["text"])
    assert isinstance(decision, Refused)
    assert code in [refusal.code for refusal in decision.refusals]


def test_podium_itself_may_send_back_what_did_not_land():
    decided = decide_refine(case(actor="podium:worker-1", review=fold(accepted())), ["conflicts in src/limit.py"])
    assert [event.by for event in decided] == ["podium", "podium"]


# --- reject -----------------------------------------------------------------------------------------------------------


def test_a_reject_keeps_its_reason():
    (event,) = decide_reject(case(), " weakened the test ")
    assert event.reason == "weakened the test"
    assert isinstance(verdict(fold(event), (run(),)), Rejected)


def test_a_reject_without_a_reason_is_an_error():
    with pytest.raises(UsageError, match="needs a reason"):
        decide_reject(case(), "  ")


@pytest.mark.parametrize("actor", ["agent:codex", "podium:worker-1", "", "person: "])
def test_only_a_person_rejects(actor):
    with pytest.raises(PodiumError, match="only a named person"):
        decide_reject(case(actor=actor), "bad")


def test_what_has_landed_cannot_be_rejected():
    assert isinstance(decide_reject(case(landed=True), "bad"), Refused)


# --- points -----------------------------------------------------------------------------------------------------------


def test_a_point_is_closed_by_a_person_with_a_reason():
    (event,) = decide_refine(case(), ["rename it"])
    review = fold(event)
    closed = points.close(review, actor=f"person:{BEA}", point="P1", why="done in round 2")
    after = fold(event, closed)
    assert points.state(after.points[0], ()) == points.Closed(why="done in round 2", by=BEA)
    with pytest.raises(NotFoundError, match="no open point P1"):
        points.close(after, actor=f"person:{BEA}", point="P1", why="again")


def test_an_agent_cannot_close_a_point():
    (event,) = decide_refine(case(), ["rename it"])
    with pytest.raises(PodiumError, match="only a named person"):
        points.close(fold(event), actor="agent:codex", point="P1", why="I did it")


def test_a_point_is_not_closed_without_a_reason():
    (event,) = decide_refine(case(), ["rename it"])
    with pytest.raises(UsageError, match="with a reason"):
        points.close(fold(event), actor=f"person:{ADA}", point="P1", why=" ")


def test_a_note_raised_while_reading_stands_against_the_accept():
    (note,) = points.write(["look at this"], review=TaskReview(**WHERE), by=ADA, round_number=1, clauses=())
    raised = fold(events.PointRaised(**WHERE, run="run1", point=note))
    decision = decide_accept(case(review=with_review(points=raised.points)))
    assert isinstance(decision, Refused)
    assert decision.refusals[0].code == "open-point:P1"


def test_an_accept_that_was_recorded_comes_back_as_it_was():
    review = fold(accepted())
    proof = review.decisions[-1].decision
    assert isinstance(proof, Accepted)
    assert proof.receipt.tree == TREE
