"""Between rounds: what changed since I looked, what became of my points, where they are, and what I have not sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from review_cases import ADA, BEA, delivered, fold, item, run
from review_diffs import diff

from podium.evidence.model import Fails, Holds
from podium.kernel.errors import ConflictError, UsageError
from podium.review.anchors import anchor_at, find
from podium.review.drafts import Draft, Drafts, drop, put, unsent
from podium.review.events import Looked
from podium.review.model import Anchor, Point
from podium.review.points import Answered, Closed, Met, Open, state, still_open, write
from podium.review.replies import Reply, by_point, replies
from podium.review.since import last_look, since

BASE = b"".join(b"line %d\n" % n for n in range(40))


def edit(content: bytes, **lines: str) -> bytes:
    for name, text in lines.items():
        content = content.replace(b"line %d\n" % int(name[1:]), text.encode() + b"\n")
    return content


# --- since my last look -----------------------------------------------------------------------------------------------


def test_only_what_changed_between_rounds_is_told_line_by_line():
    older = [diff("a.py", BASE, edit(BASE, l3="three", l20="twenty"))]
    newer = [diff("a.py", BASE, edit(BASE, l3="three", l20="twenty!"))]
    found = since("run1", 1, 2, older, newer)
    assert found.same == 1
    assert found.gone == ()
    (changed,) = found.changed
    assert changed.before is not None
    assert [(row.kind, row.line.kind, row.line.text) for row in changed.rows if row.kind != "same"] == [
        ("gone", "+", "twenty"),
        ("come", "+", "twenty!"),
    ]


def test_a_shift_of_lines_or_another_base_changes_nothing():
    older = [diff("a.py", BASE, edit(BASE, l20="twenty"))]
    moved = b"new top\n" * 9 + BASE
    newer = [diff("a.py", moved, edit(moved, l20="twenty"))]
    assert since("run1", 1, 2, older, newer).is_empty


def test_new_and_gone_hunks_are_told_and_a_rename_is_followed():
    older = [diff("a.py", BASE, edit(BASE, l3="three", l20="twenty"))]
    newer = [diff("b.py", BASE, edit(BASE, l3="three"), old_path="a.py", status="renamed"), diff("c.py", b"", b"new\n")]
    found = since("run1", 1, 2, older, newer)
    assert [(each.hunk.path, each.before is None) for each in found.changed] == [("b.py", False), ("c.py", True)]
    assert len(found.gone) == 1


_texts = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=14).map(
    lambda each: ("\n".join(each) + "\n").encode()
)


@given(_texts, _texts, _texts)
def test_every_hunk_is_told_exactly_once(base, one, two):
    older, newer = [diff("a", base, one, context=1)], [diff("a", base, two, context=1)]
    found = since("r", 1, 2, older, newer)
    told = [each.hunk.id for each in found.changed]
    assert len(told) + found.same == len(newer[0].hunks)
    assert len(set(told)) == len(told)
    paired = [each.before.id for each in found.changed if each.before]
    assert sorted([*paired, *(hunk.id for hunk in found.gone)]) == sorted(
        hunk.id for hunk in older[0].hunks if hunk.id not in {h.id for h in newer[0].hunks}
    )


def test_everybody_has_a_last_look_of_their_own():
    looks = [
        Looked(spec="rate-limit", task="T2", run="run1", round=n, by=by) for n, by in ((1, ADA), (2, ADA), (1, BEA))
    ]
    review = fold(*looks)
    assert last_look(review, "run1", 3, ADA) == 2
    assert last_look(review, "run1", 2, ADA) == 1
    assert last_look(review, "run1", 3, BEA) == 1
    assert last_look(review, "run1", 1, ADA) == 0
    assert last_look(review, "run2", 3, ADA) == 0


# --- points: open, answered, met, closed ------------------------------------------------------------------------------

POINT = Point(id="P1", text="fix it", round=1, by=ADA)


def test_what_an_agent_says_of_a_point_answers_it_and_never_closes_it():
    second = replace(delivered(2), points=("P1",), claim="P1: done, and tested.")
    told = replies([POINT], run(delivered(1), second).rounds)
    assert told == {"P1": Reply(text="P1: done, and tested.", round=2)}
    assert state(POINT, [], told) == Answered(claim="P1: done, and tested.", round=2)
    assert still_open([POINT], []) == (POINT,)
    assert state(replace(POINT, closed="ok", closed_by=ADA), [], told) == Closed(why="ok", by=ADA)
    failing = replace(POINT, failing=("E1",))
    assert isinstance(state(failing, [item("E1", Holds())], told), Met)
    assert isinstance(state(failing, [item("E1", Fails(why="no"))], {}), Open)


def test_a_round_answers_only_the_points_that_it_was_given():
    early = replace(delivered(1), points=("P1",), claim="P1: done before it was said")
    stranger = replace(delivered(2), points=("P2",), claim="P1: done; P2: done")
    assert replies([POINT], [early, stranger]) == {}


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("P1: done.\nP2: not done,\nbecause of X.", {"P1": "P1: done.", "P2": "P2: not done, because of X."}),
        ("- **P1** - renamed\n- **P2** - kept", {"P1": "P1 - renamed", "P2": "P2 - kept"}),
        ("P1, P2: both are met.", {"P1": "P1, P2: both are met.", "P2": "P1, P2: both are met."}),
        ("I did it. P1 is met. Nothing else.", {"P1": "P1 is met."}),
        ("P1: like P2 was.", {"P1": "P1: like P2 was."}),
        ("UP1 and P1x and p1", {}),
        ("", {}),
    ],
)
def test_replies_are_found_in_what_agents_write(claim, told):
    assert by_point(claim) == told


def test_a_hostile_claim_costs_little():
    assert len(by_point("P1: " + "x" * 1_000_000)["P1"]) == 600
    assert by_point("P" * 1_000_000) == {}


# --- anchors ----------------------------------------------------------------------------------------------------------


def point_on(line: int, content: bytes, changed: bytes) -> Point:
    change = diff("a.py", content, changed)
    (made,) = write([f"a.py:{line} why"], review=fold(), by=ADA, round_number=1, clauses=(), changes=(change,))
    return made


def lines(content: bytes) -> list[str]:
    return content.decode().splitlines()


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_point_stays_at_its_line_wherever_that_goes(above, below):
    changed = edit(BASE, l20="the twentieth line")
    point = point_on(21, BASE, changed)
    moved = b"above\n" * above + changed + b"below\n" * below
    place = find(point, lines(moved))
    assert place is not None
    assert (place.how, place.line) == ("same", 21 + above)


def test_a_point_on_a_line_that_changed_is_found_by_its_neighbours_and_one_that_is_gone_is_nowhere():
    changed = edit(BASE, l20="the twentieth line")
    point = point_on(21, BASE, changed)
    place = find(point, lines(b"top\n" + edit(BASE, l20="quite another")))
    assert place is not None
    assert (place.how, place.line) == ("changed", 22)
    for other in (["something", "else"], [], None):
        place = find(point, other)
        assert place is not None
        assert (place.how, place.line) == ("gone", 0)
    assert find(replace(point, anchor=None), ["x"]) is None


def test_a_line_that_says_little_is_not_found_at_another_place():
    anchor = Anchor(text="}", before=("  return total", "  add(x)"), after=("function g() {",))
    point = Point(id="P1", text="t", round=1, by=ADA, path="a.js", line=9, anchor=anchor)
    place = find(point, ["if (x) {", "  y()", "}"])
    assert place is not None
    assert place.how == "gone"


def test_of_equal_lines_the_one_with_its_neighbours_is_meant():
    content = ["def a():", "    return None", "", "def b():", "    return None", ""]
    anchor = anchor_at("a.py", 5, [diff("a.py", b"", ("\n".join(content) + "\n").encode())])
    point = Point(id="P1", text="t", round=1, by=ADA, path="a.py", line=5, anchor=anchor)
    place = find(point, ["# new", *content])
    assert place is not None
    assert place.line == 6


# --- drafts -----------------------------------------------------------------------------------------------------------


def draft(name: str = "d1", text: str = "why?", **more) -> Draft:
    return Draft(id=name, text=text, run="run1", round=1, **more)


def test_a_draft_that_was_changed_in_another_window_is_not_overwritten():
    known = put(Drafts(), draft())
    known = put(known, draft(text="why so?", revision=2))
    assert put(known, draft(text="why so?", revision=2)) == known  # sent again
    with pytest.raises(ConflictError, match="another window"):
        put(known, draft(text="why not?", revision=2))
    assert put(known, draft("d2")).drafts[1].id == "d2"


def test_a_draft_that_was_sent_is_not_shown_again_after_a_crash():
    known = put(put(Drafts(), draft()), draft("d2"))
    assert [each.id for each in unsent(known, [replace(POINT, draft="d1")]).drafts] == ["d2"]
    assert drop(known, ["d1", "nobody"]).drafts == (draft("d2"),)


@pytest.mark.parametrize("bad", [draft(""), draft("x" * 65), draft(text=" "), draft(text="x" * 20_001)])
def test_a_draft_that_makes_no_sense_is_refused(bad):
    with pytest.raises(UsageError):
        put(Drafts(), bad)


def test_a_draft_names_its_place_once():
    assert draft(path="a.py", line=3).said == "a.py:3 why?"
    assert draft(text="a.py:3 why?", path="a.py", line=3).said == "a.py:3 why?"
