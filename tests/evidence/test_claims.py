from __future__ import annotations

import pytest

from podium.evidence.claims import Claim, claims
from podium.evidence.model import Blind, Execution, Fails, Finding, Holds, Item, NotRun, Outcome
from podium.runs.model import DiffLine, FileChange, Hunk


def item(kind: str, outcome: Outcome, *findings: str, name: str = "", **fields: object) -> Item:
    noted = tuple(
        Finding(fingerprint=text, rule=text.split(":")[0], level="warning", message=text) for text in findings
    )
    return Item(
        id=f"e-{kind}", kind=kind, name=name or kind, tree="t", base_tree="b", outcome=outcome, required=False,
        findings=noted, **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def ran(code: int, passed: int | None = None) -> Execution:
    return Execution(tree="t", exit_code=code, seconds=1, output="", output_digest="", passed=passed)


def change(path: str, *added: str, status: str = "modified") -> FileChange:
    lines = tuple(DiffLine(kind="+", old=0, new=n, text=text) for n, text in enumerate(added, 1))
    hunk = Hunk(id=path, path=path, old_start=1, new_start=1, section="", lines=lines)
    return FileChange(
        path=path, old_path=path, status=status, old_mode="100644", new_mode="100644",  # type: ignore[arg-type]
        old_blob="1", new_blob="2", added=len(lines), removed=0, binary=False, hunks=(hunk,),
    )  # fmt: skip


SOURCE = change("src/calc/add.py", "def add(a, b):", "    return a + b")
TESTS = change("tests/test_add.py", "def test_adds():", "    assert add(1, 2) == 3")
DOCS = change("docs/index.md", "words")


def only(summary: str, items: tuple[Item, ...] = (), changes: tuple[FileChange, ...] = (SOURCE,)) -> Claim:
    [found] = claims(summary, items, changes)
    return found


@pytest.mark.parametrize(
    ("sentence", "items", "changes", "standing"),
    [
        ("All tests pass.", (item("project-tests", Holds()),), (SOURCE,), "supported"),
        ("All tests pass.", (item("project-tests", Fails(why="1 of 3 fails")),), (SOURCE,), "contradicted"),
        ("The full test suite passes now.", (item("project-tests", Blind(why="no test ran")),), (SOURCE,), "unproven"),
        ("All tests pass.", (), (SOURCE,), "unproven"),
        ("All 40 tests pass.", (item("project-tests", Holds(), candidate=ran(0, 12)),), (SOURCE,), "contradicted"),
        ("All 12 tests pass.", (item("project-tests", Holds(), candidate=ran(0, 12)),), (SOURCE,), "supported"),
        ("Added tests for `add`.", (), (SOURCE, TESTS), "supported"),
        ("Added tests for `subtract`.", (), (SOURCE, TESTS), "unproven"),
        ("I added unit tests.", (), (SOURCE,), "contradicted"),
        ("I added tests.", (item("new-tests-prove", Fails(why="they pass before")),), (TESTS,), "unproven"),
        ("There is no API change.", (item("public-api", Holds()),), (SOURCE,), "supported"),
        ("The API is unchanged.", (item("public-api", Fails(why="x"), "signature: b"),), (SOURCE,), "contradicted"),
        ("This is backwards compatible.", (item("public-api", NotRun(why="x")),), (SOURCE,), "unproven"),
        ("Only touched `src/calc/add.py`.", (), (SOURCE,), "supported"),
        ("I only changed `add.py`.", (), (SOURCE, DOCS), "contradicted"),
        ("Only `add.py` was changed.", (), (SOURCE, DOCS), "contradicted"),
        ("No other files were changed.", (), (SOURCE,), "unproven"),
        ("No new dependencies.", (), (SOURCE,), "supported"),
        ("No new dependencies.", (item("security", Fails(why="x"), "dependency: left-pad", name="supply chain"),),
         (SOURCE,), "contradicted"),
        ("Existing tests are unchanged.", (), (SOURCE, change("tests/test_old.py", "x")), "contradicted"),
        ("I did not touch the tests.", (), (SOURCE, change("tests/test_old.py", "x")), "contradicted"),
        ("I haven't changed any test.", (), (SOURCE,), "supported"),
        ("This was done without modifying existing tests.", (), (SOURCE, change("tests/test_old.py", "x")),
         "contradicted"),
        ("I did not change the public API.", (item("public-api", Holds()),), (SOURCE,), "supported"),
        ("Updated the documentation.", (), (SOURCE,), "contradicted"),
        ("Updated the README.", (), (SOURCE, DOCS), "supported"),
        ("Fixed `add` for negative numbers.", (item("new-tests-prove", Holds()),), (SOURCE, TESTS), "supported"),
        ("Fixed `add` for negative numbers.", (), (SOURCE,), "unproven"),
        ("This fixes E1.", (item("clause-check", Fails(why="x"), clause="E1"),), (SOURCE,), "contradicted"),
        ("This fixes E1.", (item("clause-check", Holds(), clause="E1", base=ran(1)),), (SOURCE,), "supported"),
        ("Fixed the crash.", (), (DOCS,), "contradicted"),
        ("No behaviour changes.", (item("behaviour", Fails(why="x"), "add(1) 2 -> 3"),), (SOURCE,), "contradicted"),
        ("No behaviour changes.", (item("behaviour", Holds()),), (SOURCE,), "unproven"),
        ("Ruff passes with no errors.", (), (SOURCE,), "unproven"),
        ("I verified it in the browser.", (), (SOURCE,), "unproven"),
    ],
)  # fmt: skip
def test_a_sentence_is_held_against_what_was_observed(
    sentence: str, items: tuple[Item, ...], changes: tuple[FileChange, ...], standing: str
) -> None:
    found = only(sentence, items, changes)
    assert (found.standing, found.sentence) == (standing, sentence)
    assert found.why


def test_a_summary_is_taken_apart_into_sentences_and_bullets() -> None:
    summary = """## Summary
- Added tests for `add`. All tests pass.
* **Fixed** the rounding

```
all tests pass: 300 passed
```
The weather is fine. You should run the tests, they would pass.
"""
    found = claims(summary, (), (SOURCE, TESTS))
    assert [claim.about for claim in found] == ["tests-added", "tests-pass", "fixed"]


def test_what_nobody_can_check_is_no_claim() -> None:
    assert claims("I used a clean approach. Let me know what you think!", (), (SOURCE,)) == ()


def test_a_hostile_summary_costs_little() -> None:
    found = claims("all tests pass. " * 5000 + "`" * 50_000 + "no " * 50_000, (), (SOURCE,))
    assert len(found) <= 40


def test_a_claim_names_the_evidence_that_it_rests_on() -> None:
    assert only("All tests pass.", (item("project-tests", Holds()),)).items == ("e-project-tests",)
