"""Runs that race, side by side."""

from __future__ import annotations

from review_cases import CHANGES, TREE, all_read, change, delivered, hunk, item, run

from podium.evidence.model import Fails
from podium.review.compare import Entrant, compare, losers
from podium.review.model import TaskReview
from podium.runs.model import Round, Working

REVIEW = TaskReview(spec="rate-limit", task="T2")
OTHER = "8" * 40


def entrant(name: str, tree: str = TREE, changes=CHANGES, items=(), rounds=None) -> Entrant:
    return Entrant(run=run(*(rounds or [delivered(1, tree)]), name=name), changes=changes, items=items)


def test_the_run_with_fewer_required_failures_comes_first():
    bad = entrant("a", items=(item("E1", Fails(why="x")),))
    good = entrant("b", tree=OTHER, items=(item("E1", tree=OTHER), item("B1", tree=OTHER)))
    first, second = compare([bad, good], REVIEW, {})
    assert (first.run, first.holds, first.fails) == ("b", 2, ())
    assert (second.run, second.holds, second.fails) == ("a", 0, ("E1",))


def test_evidence_of_another_tree_is_not_counted():
    (row,) = compare([entrant("a", items=(item("E1", tree=OTHER),))], REVIEW, {})
    assert row.holds == 0


def test_files_that_one_run_alone_changed_and_files_that_it_left_out_are_named():
    extra = (*CHANGES, change("setup.cfg", hunk("setup.cfg", [], ["x"])))
    few = CHANGES[:1]
    rows = {
        row.run: row
        for row in compare([entrant("a", changes=extra), entrant("b"), entrant("c", changes=few)], REVIEW, {})
    }
    assert rows["a"].alone == ("setup.cfg",)
    assert rows["c"].missing == ("tests/test_limit.py",)
    assert (rows["b"].alone, rows["b"].missing) == ((), ())


def test_runs_that_came_to_the_same_tree_are_named_as_such():
    first, second = compare([entrant("a"), entrant("b")], REVIEW, {})
    assert (first.same_as, second.same_as) == (("b",), ("a",))


def test_a_run_without_a_candidate_has_no_figures_and_comes_last():
    working = Round(number=1, kind="first", base="", state=Working(attempt=1))
    rows = compare([entrant("a", rounds=[working], changes=()), entrant("b")], REVIEW, {})
    assert [row.run for row in rows] == ["b", "a"]
    assert (rows[1].files, rows[1].holds, rows[1].unread, rows[1].state) == (None, None, None, "working")


def test_what_was_read_in_one_run_is_read_in_the_others_where_the_text_is_the_same():
    own = all_read(CHANGES[:1])["ada@example.org"]
    rows = compare([entrant("a"), entrant("b", changes=CHANGES[:1])], REVIEW, own)
    assert {row.run: row.unread for row in rows} == {"a": 1, "b": 0}


def test_accepting_one_run_archives_the_others_that_are_still_in_the_race():
    runs = [run(name="a"), run(name="b"), run(name="c", archived="stopped")]
    assert losers(runs, "b") == ("a",)
