"""Hunks that no clause explains, and clauses that no hunk or test touches: the review's trace, as evidence.

Both rest on the rules of `podium.review.trace`, so that the page and the evidence never tell two stories. Nothing is
guessed: a clause in whose text there is nothing to look for is left out, and so is one that a command checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from podium.checks.kind import GatherOrder
from podium.evidence.fingerprint import Findings
from podium.evidence.test_code import belongs_to_tests, is_code
from podium.review.trace import searchable, trace
from podium.runs.model import FileChange, Hunk
from podium.spec.model import Clause

_TERM = re.compile(r"`([A-Za-z_][\w.]{2,60})(?:\(\))?`")
_WITHOUT_WORDS = re.compile(r"(?:^|/)(?:[\w.-]+\.lock|[\w.-]+-lock\.(?:json|yaml)|go\.sum|CHANGE\w*(?:\.\w+)?)$")


def explains(order: GatherOrder) -> bool:
    """Whether it can be asked which clause a hunk serves: a single clause explains everything."""
    return len(order.clauses) > 1 and any(change.hunks for change in order.changes)


def searched_clauses(order: GatherOrder) -> tuple[Clause, ...]:
    """The clauses that a hunk or test should touch, and that nothing else proves."""
    return tuple(each for each in order.clauses if not each.check and each.kind != "done" and searchable(each))


def unexplained_hunks(order: GatherOrder, found: Findings) -> None:
    """Note each hunk that no rule ties to a clause of the task: source as a warning, the rest as a note."""
    wanted = frozenset(trace(order.changes, order.clauses).unexplained)
    for change in order.changes:
        if _WITHOUT_WORDS.search(change.path):
            continue
        source = is_code(change.path) and not belongs_to_tests(change.path)
        for hunk in change.hunks:
            lines = [line for line in hunk.lines if line.kind != " "]
            if hunk.id not in wanted or not any(line.text.strip() for line in lines):
                continue
            line = next((each for each in lines if each.text.strip()), lines[0])
            message = f"no clause explains this{_inside(change, hunk)}"
            found.add_line("hunk-unexplained", "warning" if source else "note", message, change, line)


def _inside(change: FileChange, hunk: Hunk) -> str:
    name = re.search(r"\b(?:def|class|function|func|fn|impl)\s+(?:\([^)]{0,60}\)\s*)?(\w+)", hunk.section[:400])
    if change.status == "added":
        return " new file"
    return f" change in {name[1]}" if name else " change"


def untouched_clauses(order: GatherOrder, tests: Iterable[tuple[str, bytes]], found: Findings) -> None:
    """Note each clause that no hunk serves: a warning where no test of the tree says its names either."""
    wanted = {clause.id: clause for clause in searched_clauses(order)}
    untouched = [wanted[name] for name in trace(order.changes, order.clauses).untouched if name in wanted]
    if not untouched:
        return
    named = {clause.id: tuple(dict.fromkeys(_TERM.findall(clause.text))) for clause in untouched}
    told = dict[str, str]()
    for path, text in tests:
        for name, terms in named.items():
            last = [term.rpartition(".")[2].encode() for term in terms]
            if last and name not in told and all(each in text for each in last):
                told[name] = path
    for clause in untouched:
        terms = ", ".join(f"`{term}`" for term in named[clause.id][:3])
        what = f"no hunk mentions {terms} of {clause.id}" if terms else f"no hunk shares the words of {clause.id}"
        if clause.id in told:
            message = f"{what}; {told[clause.id]} does, and is as it was"
            found.add("clause-untouched", "note", message, path=told[clause.id], side="not changed", text=clause.id)
        else:
            message = f"{what}, and no test does" if terms else what
            found.add("clause-untouched", "warning", message, text=clause.id)
