from __future__ import annotations

from evidence_cases import ran

from podium.evidence.events import EvidenceFinished, EvidenceGathered
from podium.evidence.model import Blind, BrokenBefore, Fails, Finding, Holds, Item, NotRun, Outcome
from podium.evidence.rules import blocks, item_id, order, required
from podium.evidence.sarif import FINGERPRINT, to_sarif
from podium.evidence.store import Evidence
from podium.kernel.value import canonical
from podium.ledger.event import GENESIS, Payload, Record


def item(name: str, outcome: Outcome, *, kind: str = "clause-check", must: bool = False, **fields: object) -> Item:
    return Item(
        id=item_id(kind, name, "b", "t"),
        kind=kind,
        name=name,
        tree="t",
        base_tree="b",
        outcome=outcome,
        required=must,
        **fields,  # pyright: ignore[reportArgumentType]
    )


def record(payload: Payload, seq: int = 1) -> Record:
    return Record(
        seq=seq,
        project="p",
        at="2026-01-01T00:00:00.000Z",
        actor="podium:w",
        kind=payload.kind,
        subject=payload.subject,
        data=canonical(payload),
        previous=GENESIS,
        hash="",
    )


def test_what_should_change_a_mind_comes_first() -> None:
    finding = Finding(fingerprint="f", rule="scope", level="error", message="m")
    items = (
        item("E9", Holds(), must=True),
        item("note", Fails(why="x"), kind="modes"),
        item("suite", BrokenBefore(why="x"), kind="project-tests", must=True),
        item("later", NotRun(why="x")),
        item("scope", Fails(why="x"), kind="scope", findings=(finding,)),
        item("E1", Fails(why="x"), must=True),
        item("E2", Blind(why="x"), must=True),
        item("keys", Fails(why="x"), kind="protected", findings=(finding,)),
    )
    assert [entry.name for entry in order(items)] == ["keys", "E1", "scope", "note", "E2", "suite", "later", "E9"]


def test_only_required_items_that_do_not_hold_block() -> None:
    assert [entry.name for entry in required((item("a", Holds(), must=True), item("b", Holds())))] == ["a"]
    assert not blocks(item("a", Holds(), must=True))
    assert not blocks(item("a", Fails(why="x")))
    for outcome in (Fails(why="x"), NotRun(why="x"), Blind(why="x"), BrokenBefore(why="x")):
        assert blocks(item("a", outcome, must=True))


def test_an_item_is_the_same_question_about_the_same_trees() -> None:
    assert item_id("k", "n", "b", "t") == item_id("k", "n", "b", "t")
    assert len({item_id("k", "n", "b", "t"), item_id("k", "m", "b", "t"), item_id("k", "n", "b", "u")}) == 3


def test_evidence_folds_by_run_and_round_and_the_newest_item_counts() -> None:
    evidence, early = Evidence(), item("E1", Fails(why="x"), candidate=ran(1))
    events = (
        EvidenceGathered(run="r", round=1, item=early),
        EvidenceGathered(run="r", round=1, item=item("E2", Holds())),
        EvidenceGathered(run="r", round=1, item=item("E1", Holds(), candidate=ran(0))),
        EvidenceGathered(run="r", round=2, item=item("E1", NotRun(why="x"))),
    )
    for seq, event in enumerate(events, 1):
        evidence.apply(record(event, seq))
    assert [(entry.name, entry.outcome) for entry in evidence.items("r", 1)] == [("E1", Holds()), ("E2", Holds())]
    assert evidence.finished("r", 1) is None
    evidence.apply(record(EvidenceFinished(run="r", round=1, tree="t", items=("e1",), seconds=2.5), 5))
    finished = evidence.finished("r", 1)
    assert finished is not None
    assert finished.seconds == 2.5
    assert evidence.items("unknown", 1) == ()
    assert evidence.find(early.id) == ("r", 2, item("E1", NotRun(why="x")))
    assert evidence.find("e0") is None


def test_sarif_has_findings_failures_and_what_was_not_looked_at() -> None:
    findings = (
        Finding(fingerprint="f1", rule="assertion-removed", level="warning", message="m", path='"a\\377.py"', line=3),
        Finding(fingerprint="f2", rule="test-deleted", level="error", message="m", path="t st.py", line=9, side="old"),
    )
    log = to_sarif(
        (
            item("weak", Fails(why="x"), kind="weakened-tests", findings=findings),
            item("E1", Fails(why="exit 1"), must=True),
            item("E2", Holds(), must=True),
            item("D1", NotRun(why="the clause carries no check")),
            item("suite", Blind(why="no test was executed"), must=True),
        ),
        version="1.0",
    )
    run = log["runs"][0]
    assert [result["ruleId"] for result in run["results"]] == ["assertion-removed", "test-deleted", "clause-check"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a%FF.py"}, "region": {"startLine": 3}}
    assert run["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "t%20st.py"}
    assert run["results"][0]["partialFingerprints"] == {FINGERPRINT: "f1"}
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [note["message"]["text"] for note in notes] == [
        "D1 was not run: the clause carries no check",
        "suite is blind: no test was executed",
    ]
    assert [note["level"] for note in notes] == ["note", "error"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {result["ruleId"] for result in run["results"]}
