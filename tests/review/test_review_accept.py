"""When an accept is possible, when it is refused, and what a waiver can do."""

from __future__ import annotations

import msgspec
import pytest
from review_cases import (
    ADA,
    BEA,
    CHANGES,
    TREE,
    all_read,
    candidate,
    case,
    change,
    delivered,
    hunk,
    item,
    run,
    with_review,
)

from podium.evidence.model import Blind, BrokenBefore, Execution, Fails, Holds, NotRun
from podium.kernel.errors import UsageError
from podium.review.model import Approval, Decided, Look, Point, ProtectedTouch, Rejected, TaskReview, Waiver
from podium.review.rules import Cleared, Refused, SecondWanted, decide_accept, same_ground, seal
from podium.runs.model import Gathering, Round, Working

TWO = ProtectedTouch(rule="two-reviewers", place="src/limit.py", reason="money")


def codes(decision) -> list[str]:
    assert isinstance(decision, Refused | SecondWanted), decision
    return [refusal.code for refusal in decision.refusals]


def waive(code: str, reason: str = "known and harmless", by: str = ADA) -> tuple[Waiver, ...]:
    return (Waiver(refusal=code, reason=reason, by=by),)


def point(**more) -> Point:
    return Point(**({"id": "P1", "text": "E1 fails", "round": 1, "by": ADA} | more))


def test_a_candidate_that_is_read_and_holds_is_cleared():
    decision = decide_accept(case())
    assert isinstance(decision, Cleared)
    receipt = decision.receipt
    assert (receipt.tree, receipt.reviewer, receipt.round) == (TREE, ADA, 1)
    assert [each.mark for each in receipt.hunks] == ["seen"] * 3
    assert "clause-check E1: holds [item-E1]" in receipt.evidence
    assert not receipt.waivers


OBSTACLES = {
    "unread": {"review": TaskReview(spec="rate-limit", task="T2")},
    "flagged": {"review": with_review(marks=all_read(mark="flagged"))},
    "superseded": {"run": run(delivered(), delivered(2))},
    "intent-void": {"intent_void": "the spec was edited"},
    "evidence-unfinished": {"evidence_finished": False},
    "check-failed:E1": {"items": (item("B1"), item("E1", Fails(why="exit 1")), item("project tests"))},
    "check-broken-before:project tests": {
        "items": (item("B1"), item("E1"), item("project tests", BrokenBefore(why="exit 1")))
    },
    "check-not-run:E1": {"items": (item("B1"), item("E1", NotRun(why="budget")), item("project tests"))},
    "check-blind:E1": {"items": (item("B1"), item("E1", Blind(why="0 tests")), item("project tests"))},
    "open-point:P1": {"review": with_review(points=(point(),))},
    "conflict": {"conflicts": ("src/limit.py",)},
    "protected:two-reviewers:src/limit.py": {"protected": (TWO,)},
    "protected:extra-checks:src/limit.py": {
        "protected": (ProtectedTouch(rule="extra-checks", place="src/limit.py", checks=("make fuzz",)),)
    },
}


@pytest.mark.parametrize("code", OBSTACLES)
def test_each_obstacle_refuses_by_its_own_code_alone(code):
    assert codes(decide_accept(case(**OBSTACLES[code]))) == [code]


@pytest.mark.parametrize("code", OBSTACLES)
def test_each_obstacle_is_waived_by_name_and_the_reason_is_in_the_receipt(code):
    decision = decide_accept(case(**OBSTACLES[code], waivers=waive(code)))
    assert isinstance(decision, Cleared)
    assert decision.receipt.waivers == waive(code)


@pytest.mark.parametrize("code", [code for code in OBSTACLES if code != "conflict"])
def test_a_waiver_of_one_obstacle_leaves_the_others(code):
    assert codes(decide_accept(case(**OBSTACLES[code], conflicts=("a",), waivers=waive(code)))) == ["conflict"]


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_waiver_without_a_reason_is_an_error(reason):
    with pytest.raises(UsageError, match="without a reason"):
        decide_accept(case(conflicts=(), waivers=waive("conflict", reason)))


def test_a_waiver_of_what_is_no_obstacle_is_an_error_that_names_the_obstacles():
    with pytest.raises(UsageError, match="nothing to waive called unread") as error:
        decide_accept(case(conflicts=(), waivers=waive("unread")))
    assert "conflict" in error.value.do


def test_nobody_waives_for_somebody_else():
    with pytest.raises(UsageError, match="cannot waive for"):
        decide_accept(case(conflicts=(), waivers=waive("conflict", by=BEA)))


@pytest.mark.parametrize(
    ("code", "spoiled"),
    [
        (
            "human-only:.github/ci.yml",
            {"protected": (ProtectedTouch(rule="human-only", place=".github/ci.yml"),)},
        ),
        ("not-a-person", {"actor": "agent:codex"}),
        ("not-a-person", {"actor": "podium:worker-1"}),
        ("not-a-person", {"actor": ""}),
        ("not-a-person", {"actor": "person:"}),
        ("decided", {"landed": True}),
        ("decided", {"review": with_review(decisions=(Decided(decision=Rejected(reason="no", by=BEA, at="")),))}),
        ("no-candidate", {"run": run(archived="run2 was accepted")}),
        ("no-candidate", {"run": run(Round(number=1, kind="first", base="", state=Working(attempt=1)))}),
        ("no-candidate", {"round": 7}),
    ],
)
def test_some_obstacles_can_be_waived_by_nobody(code, spoiled):
    assert code in codes(decide_accept(case(**spoiled)))
    with pytest.raises(UsageError, match=r"cannot be waived|cannot waive for"):
        decide_accept(case(**spoiled, waivers=waive(code)))


def test_reading_by_another_person_does_not_count_as_mine():
    assert codes(decide_accept(case(review=with_review(marks=all_read(by=BEA))))) == ["unread"]


def test_marks_follow_the_address_when_the_name_is_spelled_otherwise():
    assert isinstance(decide_accept(case(actor="person:Ada Lovelace <ADA@example.org>")), Cleared)


def test_evidence_of_another_tree_counts_for_nothing():
    stale = tuple(msgspec.structs.replace(each, tree="0" * 40) for each in case().items)
    assert codes(decide_accept(case(items=stale))) == [
        "check-not-run:B1",
        "check-not-run:E1",
        "check-not-run:project tests",
    ]


def test_what_was_broken_before_refuses_nothing_when_both_reports_name_the_same_tests():
    def ran(tree: str, *failing: str) -> Execution:
        return Execution(
            tree=tree, exit_code=1, seconds=1, output="", output_digest="", passed=3, failed=1, failing=failing
        )

    broken = BrokenBefore(why="1 of 4")
    named = item("project tests", broken, clause="", base=ran("0" * 40, "t::a"), candidate=ran(TREE, "t::a"))
    nameless = msgspec.structs.replace(named, base=ran("0" * 40))
    items = (item("B1"), item("E1"))
    assert isinstance(decide_accept(case(items=(*items, named))), Cleared)
    assert codes(decide_accept(case(items=(*items, nameless)))) == ["check-broken-before:project tests"]


def test_evidence_that_is_not_required_refuses_nothing():
    noise = item("scope", Fails(why="outside"), clause="", kind="scope", required=False)
    assert isinstance(decide_accept(case(items=(*case().items, noise))), Cleared)


def test_a_candidate_is_not_acceptable_while_evidence_is_still_being_gathered():
    gathering = Round(number=1, kind="first", base="", state=Gathering(candidate=candidate()))
    spoiled = case(run=run(gathering), evidence_finished=False, items=())
    assert codes(decide_accept(spoiled))[0] == "evidence-unfinished"


def test_an_extra_check_that_holds_on_this_tree_satisfies_its_protected_area():
    guard = ProtectedTouch(rule="extra-checks", place="src/limit.py", checks=("make fuzz",))
    fuzz = item("make fuzz", kind="extra-check", clause="")
    assert isinstance(decide_accept(case(protected=(guard,), items=(*case().items, fuzz))), Cleared)
    other = msgspec.structs.replace(fuzz, tree="0" * 40)
    assert codes(decide_accept(case(protected=(guard,), items=(*case().items, other))))


def test_two_reviewers_means_another_person_and_the_same_tree():
    def approved(by: str, tree: str = TREE):
        given = Approval(run="run1", round=1, tree=tree, by=by, at="")
        return decide_accept(case(protected=(TWO,), review=with_review(approvals=(given,))))

    cleared = approved(BEA)
    assert isinstance(cleared, Cleared)
    assert cleared.receipt.approvals == (BEA,)
    assert isinstance(approved(BEA, tree="0" * 40), SecondWanted)
    assert isinstance(approved(ADA), SecondWanted)
    assert isinstance(approved("ada <ada@elsewhere.org>"), SecondWanted)
    assert isinstance(approved("A. Lovelace <ada@EXAMPLE.org>"), SecondWanted)


def test_the_first_of_two_reviewers_gives_an_approval_which_is_no_accept():
    decision = decide_accept(case(protected=(TWO,)))
    assert isinstance(decision, SecondWanted)
    assert (decision.approval.tree, decision.approval.by) == (TREE, ADA)


def test_the_first_of_two_reviewers_gives_no_approval_while_anything_else_stands_against_it():
    assert isinstance(decide_accept(case(protected=(TWO,), conflicts=())), Refused)


def test_what_the_first_reviewer_waived_is_in_the_receipt_of_the_second():
    given = Approval(run="run1", round=1, tree=TREE, by=BEA, at="", waivers=waive("unread", by=BEA))
    decision = decide_accept(case(protected=(TWO,), review=with_review(approvals=(given,))))
    assert isinstance(decision, Cleared)
    assert decision.receipt.waivers == waive("unread", by=BEA)


def test_a_point_whose_failing_check_holds_now_is_met_by_evidence():
    met = point(clause="E1", failing=("E1",))
    decision = decide_accept(case(review=with_review(points=(met,))))
    assert isinstance(decision, Cleared)
    assert decision.receipt.points == ("P1 met: E1 holds",)


def test_a_point_whose_check_held_when_it_was_raised_is_not_met_by_that_check():
    assert codes(decide_accept(case(review=with_review(points=(point(clause="E1"),))))) == ["open-point:P1"]


def test_the_time_from_the_first_look_at_this_round_is_in_the_receipt():
    looks = (
        Look(run="run1", round=1, by=ADA, at="2026-03-01T09:58:30.000Z"),
        Look(run="run1", round=1, by=BEA, at="2026-03-01T08:00:00.000Z"),
        Look(run="run1", round=2, by=ADA, at="2026-03-01T07:00:00.000Z"),
    )
    decision = decide_accept(case(review=with_review(looks=looks)))
    assert isinstance(decision, Cleared)
    assert decision.receipt.seconds == 90.0


@pytest.mark.parametrize("looks", [(), (Look(run="run1", round=1, by=ADA, at="2026-03-01T10:00:01.000Z"),)])
def test_no_time_is_claimed_without_a_look_or_when_the_clock_went_back(looks):
    decision = decide_accept(case(review=with_review(looks=looks)))
    assert isinstance(decision, Cleared)
    assert decision.receipt.seconds is None


def test_an_accept_without_a_signature_says_that_it_is_unsigned():
    decision = decide_accept(case())
    assert isinstance(decision, Cleared)
    accepted = seal(decision, None)
    assert accepted.signed is False
    assert '"signatures":[]' in accepted.envelope


def test_deciding_again_on_the_same_facts_is_the_same_ground_and_on_other_facts_is_not():
    first = decide_accept(case())
    again = decide_accept(case(receipt_id="r2", at="2026-03-01T10:00:09.000Z", ledger_head="e" * 64))
    moved = decide_accept(case(items=(*case().items, item("lint", Holds()))))
    assert isinstance(first, Cleared)
    assert isinstance(again, Cleared)
    assert isinstance(moved, Cleared)
    assert same_ground(first.receipt, again.receipt)
    assert not same_ground(first.receipt, moved.receipt)


def test_the_unwaivable_is_named_first():
    spoiled = case(conflicts=(), protected=(ProtectedTouch(rule="human-only", place="ci"),))
    assert codes(decide_accept(spoiled)) == ["human-only:ci", "conflict"]


def test_a_binary_file_has_to_be_read_too():
    binary = change("logo.png", hunk("logo.png", [], []))
    refused = decide_accept(case(changes=(*CHANGES, binary)))
    assert codes(refused) == ["unread"]
    assert "1 hunk of 4 in 1 file" in refused.refusals[0].message
