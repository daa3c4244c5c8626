from __future__ import annotations

import json

import pytest

from podium.evidence.in_toto import EVIDENCE, TEST_RESULT, to_in_toto
from podium.evidence.model import Blind, BrokenBefore, Execution, Fails, Finding, Holds, Item, NotRun, Outcome
from podium.evidence.sarif import MOST, to_sarif


def item(kind: str, outcome: Outcome, *findings: Finding, ran: bool = False, required: bool = False) -> Item:
    seen = Execution(tree="t" * 40, exit_code=1, seconds=1, output="", output_digest="sha256:0", failing=("a::b",))
    return Item(id=f"e-{kind}", kind=kind, name=kind, tree="t" * 40, base_tree="b" * 40, outcome=outcome,
                required=required, command="pytest", findings=findings, candidate=seen if ran else None)  # fmt: skip


def finding(path: str = "src/a b.py", line: int = 3, side: str = "new") -> Finding:
    return Finding(fingerprint="f", rule="r", level="warning", message="m", path=path, line=line, side=side)  # type: ignore[arg-type]


ITEMS = (
    item("scope", Fails(why="x"), finding(), finding("", 0), finding("gone.py", 7, "old"), finding("x.py", 0)),
    item("project-tests", Fails(why="1 fails"), ran=True, required=True),
    item("clause-check", BrokenBefore(why="as before"), ran=True),
    item("extra-check", Blind(why="no test"), ran=True, required=True),
    item("mutants", NotRun(why="no time")),
    item("public-api", Holds()),
)


def test_code_scanning_gets_all_that_it_demands_of_a_log() -> None:
    log = json.loads(json.dumps(to_sarif(ITEMS, version="1")))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    [run] = log["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert run["results"]
    for result in run["results"]:
        [place] = result["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"]
        assert " " not in place["physicalLocation"]["artifactLocation"]["uri"]
        assert place["physicalLocation"]["region"]["startLine"] >= 1
        assert result["message"]["text"]
        assert result["level"] in ("note", "warning", "error")
        assert result["partialFingerprints"]
        rule = rules[result["ruleId"]]
        assert all(rule[part]["text"] for part in ("shortDescription", "fullDescription", "help"))
    [invocation] = run["invocations"]
    assert [note["descriptor"]["id"] for note in invocation["toolExecutionNotifications"]] == [
        "clause-check",
        "extra-check",
        "mutants",
    ]


def test_a_removed_line_is_told_in_words() -> None:
    texts = [result["message"]["text"] for result in to_sarif(ITEMS, version="1")["runs"][0]["results"]]
    assert "m (removed: line 7 of the base)" in texts


def test_a_log_is_never_larger_than_code_scanning_takes() -> None:
    many = item("scope", Fails(why="x"), *(finding(line=n) for n in range(1, MOST + 100)))
    assert len(to_sarif((many,), version="1")["runs"][0]["results"]) == MOST


def test_statements_name_the_tree_and_never_pass_what_proves_nothing() -> None:
    *results, whole = to_in_toto(ITEMS, version="1")
    assert all(each["_type"] == "https://in-toto.io/Statement/v1" for each in (*results, whole))
    assert all(each["subject"] == [{"name": "tree", "digest": {"gitTree": "t" * 40}}] for each in (*results, whole))
    assert [each["predicateType"] for each in results] == [TEST_RESULT] * 3
    assert [each["predicate"]["result"] for each in results] == ["FAILED", "FAILED", "WARNED"]
    assert whole["predicateType"] == EVIDENCE
    assert [each["outcome"]["type"] for each in whole["predicate"]["items"]][-1] == "holds"


def test_statements_are_about_one_tree() -> None:
    other = Item(id="x", kind="k", name="n", tree="u" * 40, base_tree="b", outcome=Holds(), required=False)
    with pytest.raises(ValueError, match="one tree"):
        to_in_toto((*ITEMS, other), version="1")
    assert to_in_toto((), version="1") == ()
