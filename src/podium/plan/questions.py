"""Asking before the start: what an agent is asked, and the questions in its answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from podium.plan.model import ApprovedPlan, Question, Task
from podium.plan.prompts import prompt
from podium.spec.model import Spec

MOST = 8
LONGEST = 400
_QUESTION = re.compile(
    r"^[\s>*\-\d.)]*[*_`]*(?P<clause>[BEDbed]\d{1,4})[*_`]*\s*[:)\-\u2013\u2014]\s*[*_]*\s*(?P<text>\S.*)$"
)


def questions_prompt(task: Task, spec: Spec, approved: ApprovedPlan) -> str:
    """What an agent is asked before the first edit."""
    clauses = ", ".join(task.clauses)
    return f"""# Before you begin: your questions

You will be given the task below. Now only read: look at the repository as far as you need, and change nothing.

Ask what a person must decide before the work can be done right: where the task can be understood in two ways that
lead to different code, or where it does not fit what you find. Do not ask what you can find out yourself, nor for
permission.

Answer with one line for each question, {MOST} at the most, the most important first, and nothing else. Each line begins
with the clause that it is about ({clauses}):

B1: your question in one sentence?

If nothing is unclear, answer with the one line: NO QUESTIONS

---

{prompt(task, spec, approved)}"""


def questions_in(answer: str, task: Task, agent: str, *, known: Sequence[Question] = ()) -> tuple[Question, ...]:
    """The questions in an agent's answer that name a clause of its task; numbered on from the spec's `known` ones."""
    found: list[Question] = []
    seen = {(each.clause, each.text) for each in known}
    number = len(known)
    for row in answer[:50_000].split("\n"):
        match = _QUESTION.match(row[:2_000])
        if match is None or len(found) >= MOST:
            continue
        clause, text = match["clause"].upper(), " ".join(match["text"].split())[:LONGEST].rstrip("*_ ")
        if clause not in task.clauses or (clause, text) in seen:
            continue
        seen.add((clause, text))
        number += 1
        found.append(Question(id=f"Q{number}", task=task.id, clause=clause, text=text, agent=agent))
    return tuple(found)
