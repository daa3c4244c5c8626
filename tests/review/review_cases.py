"""Builders for the tests of the review noun: a case that can be accepted, to be spoiled in one respect."""

from __future__ import annotations

import hashlib

import msgspec

from podium.evidence.model import Holds, Item, Outcome
from podium.kernel.value import canonical
from podium.ledger.event import GENESIS, Payload, Record
from podium.plan.model import Task
from podium.review.case import Case
from podium.review.model import TaskReview
from podium.review.person import key
from podium.review.store import Reviews
from podium.runs.model import Candidate, Delivered, DiffLine, FileChange, Hunk, Round, Run
from podium.spec.model import Clause

ADA = "Ada <ada@example.org>"
BEA = "Bea <bea@example.org>"
NOW = "2026-03-01T10:00:00.000Z"
TREE = "7" * 40
COMMIT = "c" * 40


def hunk(path: str, removed: list[str], added: list[str], *, start: int = 10, ordinal: int = 1) -> Hunk:
    lines = [DiffLine(kind="-", old=start + n, new=0, text=text) for n, text in enumerate(removed)]
    lines += [DiffLine(kind="+", old=0, new=start + n, text=text) for n, text in enumerate(added)]
    name = hashlib.sha256(repr((path, removed, added, ordinal)).encode()).hexdigest()[:16]
    return Hunk(id=name, path=path, old_start=start, new_start=start, section="", lines=tuple(lines))


def change(path: str, *hunks: Hunk, status: str = "modified") -> FileChange:
    lines = [line.kind for each in hunks for line in each.lines]
    return FileChange(
        path=path,
        old_path=path,
        status=status,
        old_mode="100644",
        new_mode="100644",
        old_blob="1" * 40,
        new_blob="2" * 40,
        added=lines.count("+"),
        removed=lines.count("-"),
        binary=False,
        hunks=hunks,
    )


CHANGES = (
    change(
        "src/limit.py",
        hunk("src/limit.py", ["    return True"], ["    if count >= limit:", "        return False"]),
        hunk("src/limit.py", [], ["import time"], start=1),
    ),
    change("tests/test_limit.py", hunk("tests/test_limit.py", [], ["def test_limit():", "    assert limit(3)"])),
)


def item(name: str, outcome: Outcome | None = None, **more) -> Item:
    fields = {"kind": "clause-check", "tree": TREE, "base_tree": "0" * 40, "required": True, "clause": name} | more
    return Item(id=f"item-{name}", name=name, outcome=outcome or Holds(), **fields)


def candidate(number: int = 1, tree: str = TREE) -> Candidate:
    return Candidate(
        base="b" * 40, commit=COMMIT, tree=tree, files=2, added=5, removed=1, ref=f"refs/podium/candidates/r1/{number}"
    )


def run(*rounds: Round, name: str = "run1", agent: str = "scripted", archived: str = "") -> Run:
    return Run(
        id=name,
        spec="rate-limit",
        task="T2",
        agent=agent,
        plan_blob="p" * 40,
        started_at=NOW,
        rounds=rounds or (delivered(),),
        archived=archived,
    )


def delivered(number: int = 1, tree: str = TREE) -> Round:
    kind = "first" if number == 1 else "refine"
    return Round(number=number, kind=kind, base="b" * 40, state=Delivered(candidate=candidate(number, tree)))


def record(payload: Payload, seq: int = 1, at: str = NOW, actor: str = f"person:{ADA}") -> Record:
    return Record(
        seq=seq,
        project="p1",
        at=at,
        actor=actor,
        kind=payload.kind,
        subject=payload.subject,
        data=canonical(payload),
        previous=GENESIS,
        hash="",
    )


def fold(*payloads: Payload, at: str = NOW) -> TaskReview:
    reviews = Reviews()
    for seq, payload in enumerate(payloads, 1):
        reviews.apply(record(payload, seq, at))
    return reviews.of("rate-limit", "T2")


def all_read(changes=CHANGES, by: str = ADA, mark: str = "seen") -> dict[str, dict[str, str]]:
    return {key(by): {each.id: mark for every in changes for each in every.hunks}}


def case(**more) -> Case:
    """A case in which nothing stands against the accept, unless `more` says otherwise."""
    fields = {
        "actor": f"person:{ADA}",
        "at": NOW,
        "project": "p1",
        "spec": "rate-limit",
        "spec_blob": "5" * 40,
        "plan_blob": "p" * 40,
        "task": Task(id="T2", title="Limit", clauses=("B1", "E1"), scope=("src/**",)),
        "clauses": (
            Clause(id="B1", kind="behaviour", text="It limits.", line=1, column=1, check="pytest -q tests"),
            Clause(id="E1", kind="edge", text="Empty.", line=2, column=1, check="pytest -q tests -k empty"),
            Clause(id="E2", kind="edge", text="Another task's.", line=3, column=1, check="false"),
        ),
        "run": run(),
        "round": 1,
        "changes": CHANGES,
        "items": (item("B1"), item("E1"), item("project tests", clause="", kind="project-tests")),
        "evidence_finished": True,
        "review": TaskReview(spec="rate-limit", task="T2", marks=all_read()),
        "receipt_id": "r1",
        "ledger_head": "f" * 64,
        "expected": ("project tests",),
    }
    return Case(**(fields | more))


def with_review(**more) -> TaskReview:
    return msgspec.structs.replace(TaskReview(spec="rate-limit", task="T2", marks=all_read()), **more)
