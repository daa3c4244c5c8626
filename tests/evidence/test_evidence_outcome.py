from __future__ import annotations

import pytest
from evidence_cases import ran

from podium.evidence.model import Blind, BrokenBefore, Fails, Holds, NotRun
from podium.evidence.outcome import outcome_of


def test_success_holds_whatever_the_base_did() -> None:
    for base in (None, ran(0), ran(1), ran(None, how="timeout"), ran(None, how="absent")):
        assert outcome_of(base, ran(0)) == Holds()


def test_what_nobody_ran_is_not_run() -> None:
    assert isinstance(outcome_of(ran(0), None), NotRun)


def test_a_broken_sandbox_says_nothing_about_the_command() -> None:
    outcome = outcome_of(ran(0), ran(None, how="broken", detail="no space left"))
    assert outcome == NotRun(why="the sandbox broke: no space left")


def test_a_spent_budget_is_not_run() -> None:
    assert outcome_of(None, ran(None, how="budget", detail="300 s")) == NotRun(why="the time budget was spent: 300 s")


def test_a_failure_that_the_base_did_not_have_fails() -> None:
    outcome = outcome_of(ran(0), ran(1, output="Traceback\nAssertionError: 3 != 4\n\n====\n"))
    assert outcome == Fails(why="exit 1: AssertionError: 3 != 4")


def test_a_kept_check_that_failed_on_the_base_was_broken_before() -> None:
    assert isinstance(outcome_of(ran(1), ran(1)), BrokenBefore)


def test_a_clause_that_does_not_hold_yet_fails_although_it_failed_on_the_base() -> None:
    assert isinstance(outcome_of(ran(1), ran(1), expectation="new"), Fails)


def test_a_broken_base_does_not_hide_tests_that_fail_newly() -> None:
    base = ran(1, passed=9, failed=1, failing=("a::old",))
    candidate = ran(1, passed=9, failed=1, failing=("a::new",))
    assert outcome_of(base, candidate) == Fails(why="1 failing that did not fail on the base: a::new")


def test_a_suite_that_does_not_begin_any_more_fails_although_a_test_was_red_before() -> None:
    base = ran(1, passed=9, failed=1, failing=("a",))
    output = "x.py: error: unrecognized arguments: --cov\n  inifile: /workspace/tox.ini\n  rootdir: /workspace\n\n"
    outcome = outcome_of(base, ran(4, output=output))
    assert outcome == Fails(why="exit 4: x.py: error: unrecognized arguments: --cov; on the base 9 passed")
    assert isinstance(outcome_of(ran(4, output=output), ran(4, output=output)), BrokenBefore)


def test_the_same_tests_failing_on_both_were_broken_before() -> None:
    base = ran(1, passed=9, failed=1, failing=("a::old",))
    assert isinstance(outcome_of(base, base), BrokenBefore)


def test_more_failures_than_can_be_named_are_told_by_their_number() -> None:
    names = tuple(f"t{n}" for n in range(100))
    base, candidate = ran(1, passed=0, failed=100, failing=names), ran(1, passed=0, failed=120, failing=names)
    assert outcome_of(base, candidate) == Fails(why="120 tests fail; on the base 100")


@pytest.mark.parametrize("exit_code", [0, 5])
def test_no_test_executed_is_blind_and_not_a_success(exit_code: int) -> None:
    outcome = outcome_of(None, ran(exit_code, passed=0, failed=0, skipped=3))
    assert outcome == Blind(why="no test was executed (3 skipped)")


def test_a_test_run_without_report_that_says_it_ran_none_is_blind() -> None:
    assert isinstance(outcome_of(None, ran(5, output="NO TESTS RAN")), Blind)


def test_a_suite_that_executes_no_test_any_more_fails() -> None:
    outcome = outcome_of(ran(0, passed=12, failed=0), ran(5, passed=0, failed=0))
    assert outcome == Fails(why="it executes no test any more; on the base it executed 12")


def test_success_without_the_report_that_the_base_wrote_is_blind() -> None:
    assert isinstance(outcome_of(ran(0, passed=12, failed=0), ran(0)), Blind)


def test_success_with_an_unreadable_report_is_blind() -> None:
    outcome = outcome_of(None, ran(0, detail="its test report is not XML"))
    assert outcome == Blind(why="it ended with exit 0, but its test report is not XML")


def test_success_that_reports_failed_tests_fails() -> None:
    outcome = outcome_of(ran(0, passed=2, failed=0), ran(0, passed=1, failed=1, failing=("t::x",)))
    assert outcome == Fails(why="exit 0: 1 of 2 tests fail: t::x")


def test_a_hang_fails_and_tells_how_long_the_base_took() -> None:
    outcome = outcome_of(ran(0, seconds=3.21), ran(None, how="timeout", seconds=60.0))
    assert outcome == Fails(why="it did not end within 60 s; on the base it took 3.2 s")


def test_a_hang_on_both_trees_was_broken_before() -> None:
    hang = ran(None, how="timeout", seconds=60.0)
    assert isinstance(outcome_of(hang, hang), BrokenBefore)
    assert isinstance(outcome_of(hang, hang, expectation="new"), Fails)


def test_a_command_that_exists_on_neither_tree_was_not_run() -> None:
    missing = ran(127, output="sh: 1: pytset: not found")
    assert outcome_of(missing, missing) == NotRun(why="the command was not found: sh: 1: pytset: not found")


def test_a_command_that_the_task_was_to_bring_fails_when_it_is_missing() -> None:
    missing = ran(127, output="sh: 1: bin/tool: not found")
    assert isinstance(outcome_of(missing, missing, expectation="new"), Fails)


def test_runs_of_one_tree_that_disagree_are_blind_as_flaky() -> None:
    outcome = outcome_of(ran(0), ran(1), repeats=(ran(0),))
    assert outcome == Blind(why="flaky: on the same tree it held in 1 of 2 runs")


def test_a_failure_that_repeats_stays_a_failure() -> None:
    assert isinstance(outcome_of(ran(0), ran(1), repeats=(ran(1),)), Fails)


def test_unittest_that_ran_no_test_and_ended_well_is_blind() -> None:
    empty = ran(0, output="\n------\nRan 0 tests in 0.000s\n\nOK\n")
    assert isinstance(outcome_of(None, empty), Blind)
    assert outcome_of(None, ran(0, output="Ran 10 tests in 0.1s\n\nOK\n")) == Holds()
