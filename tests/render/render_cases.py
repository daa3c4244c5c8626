"""Builders for the tests of the render room."""

from __future__ import annotations

import hashlib

from podium.evidence.model import Fails, Finding, Holds, Item
from podium.plan.model import Task
from podium.review.case import Case
from podium.review.model import Point, TaskReview
from podium.runs.model import Candidate, Delivered, DiffLine, FileChange, Hunk, Round, Run
from podium.spec.model import Clause

ADA = "Ada <ada@example.org>"
TREE = "7" * 40


def lines(text: str, start: int = 1) -> tuple[DiffLine, ...]:
    """Diff lines from a patch body: each line begins with its sign."""
    made: list[DiffLine] = []
    old = new = start
    for row in text.split("\n"):
        kind, body = row[:1], row[1:]
        made.append(DiffLine(kind=kind, old=old if kind != "+" else 0, new=new if kind != "-" else 0, text=body))
        old += kind != "+"
        new += kind != "-"
    return tuple(made)


def change(path: str, *bodies: str, **more) -> FileChange:
    hunks = []
    for number, body in enumerate(bodies):
        made = lines(body, 1 + 100 * number) if body else ()
        name = hashlib.sha256(f"{path}{number}{body}".encode("utf-8", "replace")).hexdigest()[:40]
        hunks.append(
            Hunk(id=name, path=path, old_start=1 + 100 * number, new_start=1 + 100 * number, section="", lines=made)
        )
    kinds = [line.kind for hunk in hunks for line in hunk.lines]
    fields = {
        "path": path,
        "old_path": path,
        "status": "modified",
        "old_mode": "100644",
        "new_mode": "100644",
        "old_blob": "1" * 40,
        "new_blob": "2" * 40,
        "added": kinds.count("+"),
        "removed": kinds.count("-"),
        "binary": False,
        "hunks": tuple(hunks),
    }
    return FileChange(**(fields | more))


CHANGES = (
    change("src/limit.py", " def allow(client):\n-    return True\n+    return count[client] < limit"),
    change("README.md", "+Words."),
)


def case(changes=CHANGES, claim: str = "All tests pass.", marks=None, points=(), items=None, **more) -> Case:
    candidate = Candidate(
        base="b" * 40, commit="c" * 40, tree=TREE, files=len(changes), added=3, removed=1, ref="refs/podium/x"
    )
    round_ = Round(number=1, kind="first", base="b" * 40, state=Delivered(candidate=candidate), claim=claim)
    run = Run(id="r1", spec="rate-limit", task="T2", agent="codex", plan_blob="", started_at="", rounds=(round_,))
    review = TaskReview(
        spec="rate-limit", task="T2", marks={"ada@example.org": marks or {}}, points=tuple(Point(**p) for p in points)
    )
    finding = Finding(fingerprint="f", rule="scope", level="error", message="README.md is outside", path="README.md")
    fields = {
        "actor": f"person:{ADA}",
        "at": "2026-03-01T10:00:00.000Z",
        "project": "p",
        "spec": "rate-limit",
        "spec_blob": "",
        "plan_blob": "",
        "task": Task(id="T2", title="Limit requests", clauses=("B1", "E1"), scope=("src/**",)),
        "clauses": (
            Clause(id="B1", kind="behaviour", text="It limits.", line=1, column=1, check="pytest"),
            Clause(id="E1", kind="edge", text="Zero refuses all.", line=2, column=1),
        ),
        "run": run,
        "round": 1,
        "changes": changes,
        "items": items
        if items is not None
        else (
            Item(
                id="e1",
                kind="clause-check",
                name="B1",
                clause="B1",
                tree=TREE,
                base_tree="",
                outcome=Holds(),
                required=True,
            ),
            Item(
                id="e2",
                kind="scope",
                name="scope",
                tree=TREE,
                base_tree="",
                outcome=Fails(why="1 file outside"),
                required=False,
                findings=(finding,),
            ),
        ),
        "evidence_finished": True,
        "review": review,
        "receipt_id": "",
        "ledger_head": "",
    }
    return Case(**(fields | more))
