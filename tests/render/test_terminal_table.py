"""Tables fit their width and cut visibly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from podium.render.paint import Paint
from podium.render.race import race_lines
from podium.render.safe_text import columns
from podium.render.table import Cell, Column, table
from podium.review.compare import Row
from podium.runs.model import Usage

COLUMNS = (
    Column("task"),
    Column("what it is about", gives=1, least=6),
    Column("n", right=True),
    Column("note", gives=2, may_go=True),
)


def test_columns_are_aligned_and_numbers_stand_to_the_right():
    assert table(COLUMNS, [["T1", "one", "7", "x"], ["T22", "two", "12", ""]], width=80, paint=Paint()) == [
        "task  what it is about   n  note",
        "T1    one                7  x",
        "T22   two               12",
    ]


def test_a_column_that_is_empty_everywhere_is_left_out():
    lines = table(COLUMNS, [["T1", "one", "7", ""]], width=80, paint=Paint())
    assert "note" not in lines[0]


def test_no_rows_are_no_lines():
    assert table(COLUMNS, [], width=80, paint=Paint()) == []


def test_what_may_give_way_gives_way_first_and_is_cut_visibly():
    row = ["T1", "a very long title that does not fit", "7", "a remark"]
    lines = table(COLUMNS, [row], width=34, paint=Paint())
    assert all(columns(line) <= 34 for line in lines)
    assert "T1" in lines[1]
    assert "7" in lines[1]
    assert "…" in lines[1]


_cells = st.text(alphabet="ab \x1b\n\u202e界", max_size=30)


@given(
    st.lists(st.tuples(st.just("T1"), _cells, st.just("7"), _cells), max_size=5), st.integers(30, 100), st.booleans()
)
def test_a_table_keeps_its_width_whatever_is_in_it(rows, width, color):
    painted = [[one, Cell(two, "bad"), three, four] for one, two, three, four in rows]
    for line in table(COLUMNS, painted, width=width, paint=Paint()):
        assert columns(line) <= width
        assert "\x1b" not in line
        assert "\n" not in line
    if color:
        assert not any("\x1b[2J" in line for line in table(COLUMNS, painted, width=width, paint=Paint(color=True)))


def row(**more) -> Row:
    fields = {
        "run": "01run",
        "agent": "codex",
        "round": 1,
        "state": "delivered",
        "waits": True,
        "files": 2,
        "added": 10,
        "removed": 1,
        "holds": 3,
        "fails": (),
        "findings": 0,
        "unread": 4,
        "alone": (),
        "missing": (),
        "same_as": (),
        "seconds": 61.0,
        "usage": Usage(cost_usd=0.5),
    }
    return Row(**(fields | more))


def test_runs_that_race_stand_side_by_side_with_what_sets_them_apart():
    lines = race_lines(
        [row(), row(run="02run", agent="claude", fails=("E1",), missing=("tests/test_a.py",), usage=Usage())],
        width=100,
        paint=Paint(),
    )
    text = "\n".join(lines)
    assert "all 3 hold" in text
    assert "E1 not held" in text
    assert "$0.50" in text
    assert "this run left out tests/test_a.py, which most others changed" in text


def test_a_run_without_a_candidate_claims_no_figures():
    empty = row(
        files=None, added=None, removed=None, holds=None, findings=None, unread=None, waits=False, state="failed"
    )
    assert "no candidate" in "\n".join(race_lines([empty], width=80, paint=Paint()))


def test_a_column_that_is_of_use_only_whole_goes_instead_of_being_cut() -> None:
    titles = [Column("task"), Column("what", gives=2, least=4), Column("do", gives=1, whole=True)]
    rows = [["T1", "3 files of 9", "podium review T1"]]
    told = {width: table(titles, rows, width=width, paint=Paint())[1].rstrip() for width in (36, 30, 20, 12)}
    assert told == {
        36: "T1    3 files of 9  podium review T1",
        30: "T1    3 fil…  podium review T1",
        20: "T1    3 files of 9",
        12: "T1    3 fil…",
    }
