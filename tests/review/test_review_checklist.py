"""Questions that know the change, the lane that nobody skips, serious findings, and the trace from clause to hunk."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from review_cases import ADA, CHANGES, NOW, all_read, case, fold, item, with_review
from review_diffs import diff

from podium.evidence.model import Fails, Finding
from podium.kernel.errors import NotFoundError, PodiumError, UsageError
from podium.review.checklist import answer_lines, decide_answer, questions, unanswered
from podium.review.events import Looked
from podium.review.first_pass import hidden_findings, shown_items, shown_lane, shown_questions
from podium.review.folds import Fold
from podium.review.lane import InLane
from podium.review.model import Look, TaskReview, Waiver
from podium.review.obstacles import obstacles
from podium.review.rules import Cleared, Refused, decide_accept
from podium.review.trace import trace
from podium.spec.model import Clause

REVIEW = TaskReview(spec="rate-limit", task="T2")
ACTOR = f"person:{ADA}"


def sink(change, line: int, fingerprint: str = "f1"):
    finding = Finding(
        fingerprint=fingerprint,
        rule="sink/command",
        level="warning",
        message="runs a command",
        path=change.path,
        line=line,
    )
    return item("new risky calls", Fails(why="one"), kind="security", clause="", required=False, findings=(finding,))


def topics(path: str, text: str) -> list[str]:
    return [question.topic for question in questions([diff(path, b"", text.encode())], [])]


@pytest.mark.parametrize(
    ("path", "text", "topic"),
    [
        ("src/a.py", "lock = threading.Lock()\n", "concurrency"),
        ("a.go", "go func() { ch <- 1 }()\n", "concurrency"),
        ("src/a.py", "total_price = 3\n", "money"),
        ("src/a.js", "const netAmount = vat(total)\n", "money"),
        ("db/migrations/0001.sql", "SELECT 1;\n", "migration"),
        ("src/a.py", "ALTER TABLE users ADD x\n", "migration"),
        ("src/a.py", "    except ValueError:\n        pass\n", "errors"),
        ("src/a.py", "shutil.rmtree(path)\n", "deletion"),
        ("src/a.py", "if user.has_permission(x):\n", "access"),
        ("src/a.py", "now = datetime.now()\n", "time"),
    ],
)
def test_a_change_asks_what_it_gives_reason_for(path, text, topic):
    assert topic in topics(path, text)


def test_plain_code_and_tests_ask_nothing():
    assert topics("src/a.py", "x = compute(y)\n") == []
    assert topics("src/a.py", "private, accents = activate(concurrency_of(innovation))\n") == []
    assert topics("tests/test_a.py", "except ValueError:\n") == []


def test_each_sink_is_asked_for_and_all_of_them_want_a_pass_for_security_alone():
    change = diff("src/a.py", b"", b"import os\nos.system(x)\n")
    asked = questions([change], [sink(change, 2)])
    assert [question.topic for question in asked] == ["sink", "security-pass"]
    assert asked[0].places == ("src/a.py:2",)
    assert "Who controls this string" in asked[0].text


def test_an_answer_stays_while_the_hunks_stay_and_a_changed_hunk_asks_again():
    one = questions([diff("src/a.py", b"", b"price = 1\n")], [])
    answered = fold(decide_answer(REVIEW, one, actor=ACTOR, question="money", answer="yes", text="in cents"))
    assert unanswered(one, answered.answers, ADA) == ()
    assert answer_lines(one, answered.answers, ADA) == (f"{one[0].id}: yes (in cents)",)
    other = questions([diff("src/a.py", b"", b"price = 2\n")], [])
    assert unanswered(other, answered.answers, ADA) == other
    assert unanswered(one, answered.answers, "Bea <bea@example.org>") == one


def test_only_a_person_answers_and_with_a_word_of_why():
    one = questions([diff("src/a.py", b"", b"price = 1\n")], [])
    with pytest.raises(PodiumError, match="only a named person"):
        decide_answer(REVIEW, one, actor="agent:x", question="money", answer="yes", text="x")
    with pytest.raises(UsageError, match="few words"):
        decide_answer(REVIEW, one, actor=ACTOR, question="money", answer="yes", text=" ")
    with pytest.raises(NotFoundError, match="no question"):
        decide_answer(REVIEW, one, actor=ACTOR, question="time", answer="yes", text="x")


# --- what stands against an accept ------------------------------------------------------------------------------------


def codes(**more) -> set[str]:
    return {refusal.code for refusal in obstacles(case(**more))}


def test_where_the_risk_is_high_questions_want_an_answer_or_a_waiver():
    asked = questions([diff("src/a.py", b"", b"price = 1\n")], [])
    assert codes(questions=asked, risk="medium") == set()
    assert codes(questions=asked, risk="high") == {"checklist"}
    waived = (Waiver(refusal="checklist", reason="tried by hand", by=ADA),)
    decided = decide_accept(case(questions=asked, risk="high", waivers=waived))
    assert isinstance(decided, Cleared)
    assert decided.receipt.answers == (f"{asked[0].id}: not answered",)


@pytest.mark.parametrize(
    "kind", ["scope", "weakened-tests", "deleted-tests", "hidden-characters", "symlinks", "embedded"]
)
def test_serious_findings_stand_against_an_accept_and_lesser_ones_do_not(kind):
    serious = Finding(fingerprint="f", rule="r", level="error", message="src/x.py is outside", path="src/x.py")

    def found(finding):
        return item(kind, Fails(why="x"), kind=kind, clause="", required=False, findings=(finding,))

    assert codes(items=(*case().items, found(serious))) == {f"finding:{kind}"}
    assert codes(items=(*case().items, found(replace(serious, level="warning")))) == set()
    waived = (Waiver(refusal=f"finding:{kind}", reason="agreed", by=ADA),)
    assert isinstance(decide_accept(case(items=(*case().items, found(serious)), waivers=waived)), Cleared)


@pytest.mark.parametrize("rule", ["credential", "own-key"])
def test_a_key_in_a_candidate_stands_against_an_accept_and_other_risks_do_not(rule):
    def found(finding):
        return item("credentials", Fails(why="x"), kind="security", clause="", required=False, findings=(finding,))

    key = Finding(fingerprint="f", rule=rule, level="error", message="this looks like a key", path="src/x.py")
    assert codes(items=(*case().items, found(key))) == {"finding:credentials"}
    assert codes(items=(*case().items, found(replace(key, level="warning")))) == set()
    assert codes(items=(*case().items, found(replace(key, rule="dependency")))) == set()


def test_hunks_of_the_lane_cannot_be_skipped_and_the_waiver_of_unread_does_not_cover_them():
    hunk = CHANGES[0].hunks[0]
    lane = (InLane(hunk=hunk.id, path=hunk.path, reasons=("new sink",)),)
    review = with_review(marks={})
    assert codes(review=review, lane=lane) == {"unread", "unread-lane"}
    waived = (Waiver(refusal="unread", reason="trust", by=ADA),)
    refused = decide_accept(case(review=review, lane=lane, waivers=waived))
    assert isinstance(refused, Refused)
    assert [refusal.code for refusal in refused.refusals] == ["unread-lane"]
    with pytest.raises(UsageError, match="cannot be waived"):
        decide_accept(case(review=review, lane=lane, waivers=(Waiver(refusal="unread-lane", reason="no", by=ADA),)))
    assert codes(lane=lane) == set()


def test_a_folded_hunk_need_not_be_read_and_the_receipt_calls_it_folded_not_read():
    hunk = CHANGES[0].hunks[0]
    marks = all_read()
    next(iter(marks.values())).pop(hunk.id)
    fold_ = Fold(kind="formatting", path=hunk.path, hunks=(hunk.id,), proof="same tree", reproduce="git diff -w")
    assert codes(review=with_review(marks=marks)) == {"unread"}
    decided = decide_accept(case(review=with_review(marks=marks), folds=(fold_,)))
    assert isinstance(decided, Cleared)
    record = next(each for each in decided.receipt.hunks if each.hunk == hunk.id)
    assert (record.mark, record.folded) == ("unseen", "formatting: same tree")


@pytest.mark.parametrize(("blind", "told"), [(True, "blind"), (False, "open")])
def test_the_receipt_says_how_it_was_read_first(blind, told):
    look = Look(run="run1", round=1, by=ADA, at=NOW, blind=blind)
    decided = decide_accept(case(review=with_review(looks=(look,))))
    assert isinstance(decided, Cleared)
    assert decided.receipt.first_pass == told
    assert fold(Looked(spec="rate-limit", task="T2", run="run1", round=1, by=ADA, blind=blind)).looks[0].blind is blind


# --- clause to hunk and back ------------------------------------------------------------------------------------------


def clause(name: str, text: str, check: str = "") -> Clause:
    return Clause(id=name, kind="behaviour", text=text, line=1, column=1, check=check)


def links(changes, *clauses) -> dict[str, list[tuple[str, str]]]:
    """Clauses and reasons by path."""
    found = trace(changes, clauses)
    paths = {hunk.id: change.path for change in changes for hunk in change.hunks}
    return {paths[each]: [(link.clause, link.because) for link in told] for each, told in found.links.items()}


OTHER = clause("B9", "Zebras graze.")


def test_a_hunk_is_traced_to_its_clause_by_rules_that_can_be_said():
    test = diff("tests/test_limit.py", b"", b"def test_b1_limits():\n    assert allow(3)\n")
    code = diff("src/limit.py", b"", b"def allow(count):\n    return count < 3\n")
    found = links([test, code], clause("B1", "It limits."), OTHER)
    assert found["tests/test_limit.py"] == [("B1", "names B1")]
    assert found["src/limit.py"] == [("B1", "allow is used in tests/test_limit.py, which serves it")]


def test_checks_terms_and_rarer_words_explain_hunks():
    one = diff("tests/t.py", b"", b"def test_empty():\n    pass\n")
    assert links([one], clause("E1", "x", "pytest -q tests/t.py"), OTHER) == {
        "tests/t.py": [("E1", "the check of E1 runs this file")]
    }
    assert links([one], clause("E1", "x", "pytest -q -k empty"), OTHER) == {
        "tests/t.py": [("E1", "the check of E1 runs its test")]
    }
    two = diff("src/a.py", b"", b"retry_after = window\n")
    assert links([two], clause("B1", "Sends `retry_after`."), OTHER) == {"src/a.py": [("B1", "mentions `retry_after`")]}
    assert links([two], clause("B1", "Tells the window after which to retry."), OTHER) == {
        "src/a.py": [("B1", "shares its words: retry, window")]
    }


def test_a_function_whose_body_changes_is_the_term_of_its_clause():
    old = b"def total(price):\n    return 0\n"
    change = diff("src/shop.py", old, old.replace(b"0", b"price * 2"))
    assert links([change], clause("B1", "`total` doubles it."), OTHER) == {"src/shop.py": [("B1", "changes `total`")]}


def test_in_a_blind_pass_nothing_that_a_machine_found_is_told_before_its_hunk_is_marked():
    change = CHANGES[0]
    hunk = change.hunks[0]
    found = sink(change, next(line.new for line in hunk.lines if line.kind == "+"))
    fields = {
        "items": (*case().items, found),
        "lane": (InLane(hunk=hunk.id, path=hunk.path, reasons=("new sink",)),),
        "questions": questions(CHANGES, [found]),
        "risk": "high",
        "blind": True,
    }
    before = case(**fields, review=with_review(marks={}))
    assert hidden_findings(before) == 1
    assert [item.findings for item in shown_items(before)] == [()] * 4
    assert shown_questions(before) == ()
    assert shown_lane(before)[0].reasons == ()
    assert not any("sink" in refusal.message + refusal.do for refusal in obstacles(before))
    after = case(**fields)
    assert (hidden_findings(after), len(shown_questions(after)), shown_lane(after)) == (0, 2, fields["lane"])
    assert shown_items(case(**{**fields, "blind": False}, review=with_review(marks={}))) == fields["items"]


def test_what_no_clause_explains_and_what_nothing_touches_is_told():
    stray = diff("src/colours.py", b"", b"RED = 1\n")
    found = trace([stray], [clause("B1", "It limits requests."), clause("B2", "It says when to retry.")])
    assert found.unexplained == (stray.hunks[0].id,)
    assert found.untouched == ("B1", "B2")
    only = trace([stray], [clause("B1", "It limits requests.")])
    assert only.unexplained == ()
    assert only.links[stray.hunks[0].id][0].because == "the only clause of the task"
