"""Changes and executions for the tests of evidence, built from texts."""

from __future__ import annotations

import difflib
from typing import Any

from podium.evidence.model import Execution
from podium.plan.model import Task
from podium.runs.model import DiffLine, FileChange, Hunk

REGULAR, EXECUTABLE, SYMLINK, GITLINK, NOTHING = "100644", "100755", "120000", "160000", "000000"


def changed(path: str, old: str | None, new: str | None, *, old_path: str = "", **modes: str) -> FileChange:
    """The change of one file from one text to another; None = there is no such file."""
    before, after = (old or "").splitlines(), (new or "").splitlines()
    hunks = tuple(_hunks(path, before, after))
    rows = [line for hunk in hunks for line in hunk.lines]
    status = "added" if old is None else "deleted" if new is None else "renamed" if old_path else "modified"
    return FileChange(
        path=path,
        old_path=old_path or path,
        status=status,
        old_mode=modes.get("old_mode", NOTHING if old is None else REGULAR),
        new_mode=modes.get("new_mode", NOTHING if new is None else REGULAR),
        old_blob="1" * 40,
        new_blob="2" * 40,
        added=sum(row.kind == "+" for row in rows),
        removed=sum(row.kind == "-" for row in rows),
        binary=False,
        hunks=hunks,
    )


def _hunks(path: str, before: list[str], after: list[str]) -> list[Hunk]:
    hunks: list[Hunk] = []
    for number, group in enumerate(difflib.SequenceMatcher(a=before, b=after, autojunk=False).get_grouped_opcodes(3)):
        rows: list[DiffLine] = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                rows += [DiffLine(kind=" ", old=i + 1, new=j1 + i - i1 + 1, text=before[i]) for i in range(i1, i2)]
                continue
            rows += [DiffLine(kind="-", old=i + 1, new=0, text=before[i]) for i in range(i1, i2)]
            rows += [DiffLine(kind="+", old=0, new=j + 1, text=after[j]) for j in range(j1, j2)]
        _, first, _, second, _ = group[0]
        hunks.append(
            Hunk(id=f"{path}#{number}", path=path, old_start=first, new_start=second, section="", lines=tuple(rows))
        )
    return hunks


def task(**fields: Any) -> Task:
    """A task with plain defaults."""
    return Task(**{"id": "T1", "title": "Do it", "clauses": ("B1",), "scope": ("**",), **fields})


def ran(exit_code: int | None = 0, **fields: Any) -> Execution:
    """One execution."""
    plain = {"tree": "t", "exit_code": exit_code, "seconds": 1.0, "output": "", "output_digest": "sha256:0"}
    return Execution(**{**plain, **fields})
