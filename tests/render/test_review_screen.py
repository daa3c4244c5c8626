"""The review in a terminal: its order, its width, and that nothing in it acts on the terminal."""

from __future__ import annotations

import re
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from render_cases import ADA, CHANGES, case, change

from podium.evidence.model import Fails
from podium.render.paint import Paint
from podium.render.safe_text import columns
from podium.render.terminal import in_order, review_screen
from podium.review.model import Refusal
from podium.runs.model import ByHand

PLAIN = Paint(color=False)
_SGR = re.compile(r"\x1b\[[0-9;]+m")


def screen(given_case=None, width: int = 80, paint: Paint = PLAIN, **more) -> list[str]:
    return list(review_screen(given_case or case(), width=width, paint=paint, **more))


def at(lines: list[str], text: str) -> int:
    return next(number for number, line in enumerate(lines) if text in line)


def test_what_was_asked_comes_first_then_facts_then_code_and_the_claim_comes_last():
    found = screen(refusals=())
    order = ["WHAT WAS ASKED", "B1  It limits.", "FACTS", "1 file outside", "THE CHANGE", "AGAINST AN ACCEPT", "CLAIM"]
    places = [at(found, text) for text in order]
    assert places == sorted(places)
    assert "All tests pass." in found[-1]
    assert "nobody has checked it" in "\n".join(found)


def test_each_clause_stands_beside_what_was_observed_of_it():
    found = screen()
    assert found[at(found, "B1  It limits.")].endswith("✓ holds")
    assert found[at(found, "E1  Zero")].endswith("no check")


def test_what_fails_comes_before_what_holds():
    found = screen()
    assert at(found, "✗ fails  scope") < at(found, "✓ holds  B1")


def test_unread_hunks_come_before_read_ones_and_read_ones_are_folded():
    read = {CHANGES[1].hunks[0].id: "seen"}
    ordered = in_order(case(marks=read))
    assert [(placed.change.path, mark) for placed, mark in ordered] == [
        ("src/limit.py", "unseen"),
        ("README.md", "seen"),
    ]
    folded, unfolded = screen(case(marks=read)), screen(case(marks=read), every=True)
    assert not any("+Words." in line for line in folded)
    assert any("◐ seen" in line for line in folded)
    assert any("+Words." in line for line in unfolded)


def test_a_flagged_hunk_is_shown_first_and_in_full():
    flagged = {CHANGES[1].hunks[0].id: "flagged", CHANGES[0].hunks[0].id: "understood"}
    found = screen(case(marks=flagged))
    assert at(found, "⚑ flagged") < at(found, "● understood")
    assert any("+Words." in line for line in found)


def test_marks_of_another_person_are_not_mine():
    found = screen(case(marks={CHANGES[0].hunks[0].id: "seen"}, actor="person:Bea <bea@example.org>"))
    assert any("2 of 2 hunks unread by you" in line for line in found)


def test_refusals_are_shown_with_the_code_that_a_waiver_names():
    refusal = Refusal(code="human-only:ci.yml", message="people only", do="undo it", waivable=False)
    found = "\n".join(screen(refusals=(refusal,)))
    assert "human-only:ci.yml (cannot be waived)" in found
    assert "nothing: podium accept rate-limit/T2" in "\n".join(screen(refusals=()))


def test_points_say_how_they_stand():
    points = (
        {"id": "P1", "text": "B1 is wrong", "round": 1, "by": ADA, "failing": ("B1",)},
        {"id": "P2", "text": "rename it", "round": 1, "by": ADA},
        {"id": "P3", "text": "docs", "round": 1, "by": ADA, "closed": "written", "closed_by": ADA},
    )
    found = "\n".join(screen(case(points=points)))
    assert "✓ met       P1" in found
    assert "○ open      P2" in found
    assert "✓ closed    P3" in found


def test_missing_evidence_is_said_and_never_silent():
    assert any("No evidence was gathered" in line for line in screen(case(items=())))
    assert any("still being gathered" in line for line in screen(case(evidence_finished=False)))


def test_evidence_of_another_tree_is_not_shown_as_a_fact():
    stale = tuple(msgspec.structs.replace(item, tree="0" * 40) for item in case().items)
    assert any("No evidence was gathered" in line for line in screen(case(items=stale)))


def test_a_long_line_is_wrapped_so_that_nothing_hides_beyond_the_edge():
    found = screen(case(changes=(change("a.py", "+" + "x" * 300 + "evil()"),)))
    assert "evil()" in "".join(line[9:] for line in found)
    assert any("↳" in line for line in found)


def test_a_very_long_line_is_cut_with_the_number_of_characters_that_are_missing():
    found = screen(case(changes=(change("a.py", "+" + "x" * 1_000_000),)))
    assert any("996,000 more characters" in line for line in found)
    assert len(found) < 200


def test_a_long_file_name_is_never_cut():
    name = "deep/" * 40 + "end.py"
    assert name in "".join(screen(case(changes=(change(name, "+x"),))))


def test_without_colour_there_is_not_one_escape_and_with_colour_the_text_is_the_same():
    plain, coloured = screen(refusals=()), screen(refusals=(), paint=Paint(color=True))
    assert not any("\x1b" in line for line in plain)
    assert [_SGR.sub("", line).rstrip() for line in coloured] == [line.rstrip() for line in plain]
    assert any("\x1b[" in line for line in coloured)


def test_a_terminal_that_knows_ascii_only_gets_ascii_only():
    refusal = Refusal(code="unread", message="m", do="d", waivable=True)
    found = "\n".join(screen(paint=Paint(unicode=False), refusals=(refusal,), every=True))
    assert found.isascii()


_nasty = st.text(
    alphabet=st.sampled_from("ab \t\x1b\x07\x9b[31m\u202e\u2066\u200b\ufeff\u0301界🙂\x00\r"), min_size=1, max_size=120
)


@settings(max_examples=40, deadline=None)
@given(_nasty, _nasty, st.sampled_from([40, 61, 80, 140]), st.booleans())
def test_hostile_text_anywhere_neither_acts_on_the_terminal_nor_leaves_its_width(one, two, width, color):
    hostile = case(
        changes=(change(one, f"-{two}\n+{one}\n {two}"), change("b", "", old_path=two, status="renamed")),
        claim=f"{one}\n{two}",
        points=({"id": "P1", "text": one, "round": 1, "by": two, "path": two, "line": 3},),
        items=tuple(
            msgspec.structs.replace(item, name=one, outcome=Fails(why=two), command=two) for item in case().items
        ),
    )
    refusal = Refusal(code=f"check-failed:{one}", message=two, do=one, waivable=True)
    for line in screen(hostile, width=width, paint=Paint(color=color), refusals=(refusal,), every=True):
        bare = _SGR.sub("", line) if color else line
        assert not any(
            ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066\u200b\ufeff" for char in bare
        )
        assert columns(bare) <= width


def test_a_candidate_without_any_change_is_drawn():
    assert any("0 of 0 hunks" in line for line in screen(case(changes=())))


def test_few_hunks_that_hold_most_of_the_risk_are_announced():
    many = tuple(change(f"f{n}.py", "+if a[0] >= b and not c:") for n in range(2)) + tuple(
        change(f"g{n}.py", "+import os") for n in range(10)
    )
    assert any("of the risk in a fifth of the lines" in line for line in screen(case(changes=many)))


@pytest.mark.slow
def test_sixty_thousand_changed_lines_begin_at_once_and_are_drawn_in_some_seconds():
    body = "\n".join(f"-old_{n} = call({n})\n+new_{n} = call({n} + 1)" for n in range(300))
    huge = case(changes=tuple(change(f"src/m{n}.py", body) for n in range(100)))
    before = time.process_time()
    lines = review_screen(huge, width=100, paint=PLAIN)
    for _ in range(20):
        next(lines)
    began = time.process_time() - before
    count = sum(1 for _ in lines)
    assert count > 60_000
    assert began < 5.0
    assert time.process_time() - before < 40.0


def test_what_was_done_by_hand_and_what_was_left_out_stand_among_the_facts():
    made = case()
    first = msgspec.structs.replace(
        made.run.rounds[0], by_hand=(ByHand(by=ADA, paths=("src/\x1b[31ma.py",)),), notes=("left out: a",)
    )
    second = msgspec.structs.replace(first, number=2, by_hand=(), notes=("left out: b\u202e",))
    part = msgspec.structs.replace(first, number=2, kind="part", by_hand=(), notes=(), part_of=1)
    for last, wanted, unwanted in ((second, "left out: b", "left out: a"), (part, "in round 1, left out: a", "hand")):
        run = msgspec.structs.replace(made.run, rounds=(first, last))
        found = screen(msgspec.structs.replace(made, run=run, round=2))
        facts = "\n".join(found[at(found, "FACTS") : at(found, "THE CHANGE")])
        assert wanted in facts
        assert unwanted not in facts
        assert ("in round 1, changed by hand by Ada" in facts) == (last is second)
        assert "\x1b" not in facts
        assert "\u202e" not in facts


def test_what_is_still_being_gathered_is_told_among_the_facts():
    found = screen(case(pending=("mutants", "a\x1b[2Jb")))
    told = " ".join(found[at(found, "FACTS") : at(found, "THE CHANGE")])
    assert "Still being gathered, and no accept depends on it: mutants" in told
    assert "\x1b" not in told
    assert "Still being gathered" not in "\n".join(screen())
