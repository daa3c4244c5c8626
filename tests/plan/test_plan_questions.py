"""Questions before the start: found in an agent's answer, answered in the spec. Pure."""

from __future__ import annotations

import pytest

from podium.kernel.errors import UsageError
from podium.plan.model import Question, Task
from podium.plan.questions import MOST, questions_in
from podium.spec.answers import with_answer
from podium.spec.parse import parse_spec

TASK = Task(id="T1", title="x", clauses=("B1", "E2"), scope=("src/**",))
SPEC = """---
title: x
owner: Ada
risk: high
scope: [src/**]
---

# x

## Behaviour

- B1: it adds
  two numbers.
  check: `true`
- B2: it prints.

### B3
As a heading.

    code

## Edge cases

1. E1 nothing
"""


def asked(answer: str, *known: Question) -> list[tuple[str, str, str]]:
    return [(each.id, each.clause, each.text) for each in questions_in(answer, TASK, "claude", known=known)]


@pytest.mark.parametrize(
    "row",
    ["B1: why?", "- B1: why?", "* **B1**: why?", "1. B1 - why?", "> `B1` \u2013 why?", "**B1:** why?", "b1) why?"],
)
def test_a_question_is_found_however_it_is_adorned(row: str) -> None:
    assert asked(f"I read it.\n{row}\nThanks") == [("Q1", "B1", "why?")]


def test_questions_about_other_clauses_repeated_ones_and_too_many_are_left_out() -> None:
    assert asked("B7: other?\nNO QUESTIONS\nB1 is fine.") == []
    assert asked("B1: a?\nB1: a?\nE2: a?") == [("Q1", "B1", "a?"), ("Q2", "E2", "a?")]
    before = Question(id="Q1", task="T1", clause="B1", text="a?", agent="codex")
    assert asked("B1: a?\nB1: b?", before) == [("Q2", "B1", "b?")]
    assert len(asked("\n".join(f"B1: {number}?" for number in range(50)))) == MOST
    assert len(asked("B1: " + "x" * 100_000)[0][2]) == 400


@pytest.mark.parametrize("clause", ["B1", "B2", "B3", "E1"])
def test_an_answer_becomes_part_of_its_clause_and_of_nothing_else(clause: str) -> None:
    before, after = parse_spec(SPEC, "x.md"), parse_spec(with_answer(SPEC, "x.md", clause, "as  of\nold"), "x.md")
    texts = {each.id: each.text for each in after.clauses}
    assert "Decided: as of old" in texts.pop(clause)
    assert texts == {each.id: each.text for each in before.clauses if each.id != clause}
    assert [each.check for each in after.clauses] == [each.check for each in before.clauses]


@pytest.mark.parametrize("text", ["", "   ", "x" * 2000])
def test_an_answer_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        with_answer(SPEC, "x.md", "B1", text)


@pytest.mark.parametrize(
    "text", ["<!-- hidden", "check: `rm`", "# Heading", "- B9: another clause", "```", "> x", "--> x", "| a | b |"]
)
def test_an_answer_can_be_nothing_but_words_of_its_clause(text: str) -> None:
    after = parse_spec(with_answer(SPEC, "x.md", "B1", text), "x.md")
    assert [each.id for each in after.clauses] == ["B1", "B2", "B3", "E1"]
    assert after.clauses[0].check == "true"


def test_an_unknown_clause_is_refused() -> None:
    with pytest.raises(UsageError, match="no clause B8"):
        with_answer(SPEC, "x.md", "B8", "yes")
