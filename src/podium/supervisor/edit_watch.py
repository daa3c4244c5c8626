"""What the edits of a live agent give away: work that is undone and done again, tests that are bent. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

from podium.agents.event import FileDiff, Tripped
from podium.evidence.fingerprint import Findings
from podium.evidence.test_code import is_test_file
from podium.evidence.weakened import deleted_tests, weakened_lines
from podium.runs.model import DiffLine, FileChange, Hunk

_MOST_PATHS = 500
_MOST_EDITS = 5_000  # distinct ones that are remembered
_MOST_TEXT = 200_000  # characters of one side of a diff that are looked at
_MOST_TOLD = 50  # weakenings of one round


class EditWatch:
    """Watches the edits of one round. `guarded` are the tests that the task must satisfy and may not change."""

    def __init__(self, *, flips: int, guarded: Sequence[str]) -> None:
        self._flips = flips
        self._guarded = frozenset(guarded)
        self._directions: dict[tuple[str, bytes], tuple[bytes, int]] = {}  # what was exchanged -> last way, turns
        self._thrashed: set[str] = set()
        self._touched: set[str] = set()
        self._told: set[tuple[str, str]] = set()
        self._own: set[str] = set()  # test files that the agent began itself

    def edited(self, path: str, diff: FileDiff) -> tuple[Tripped, ...]:
        """What one edit of a file (its path relative to the workspace) trips."""
        removed, added = lines_of(diff)
        return (*self._back_and_forth(path, removed, added), *self._bent(path, diff, removed, added))

    def changed(self, path: str) -> tuple[Tripped, ...]:
        """What a change of this file trips, however it was made; told once for each file."""
        if path not in self._guarded or path in self._touched:
            return ()
        self._touched.add(path)
        return (Tripped(name="test-edit", detail=f"changed {path}, which a check of its task runs"),)

    def _back_and_forth(self, path: str, removed: list[str], added: list[str]) -> Iterator[Tripped]:
        if self._flips <= 0 or path in self._thrashed or len(self._thrashed) >= _MOST_PATHS or removed == added:
            return
        one, other = _digest(removed), _digest(added)
        exchanged = (path, min(one, other) + max(one, other))
        way, turns = self._directions.get(exchanged, (b"", 0))
        if way == other:
            return  # the same edit told again
        if way:
            turns += 1
        if exchanged in self._directions or len(self._directions) < _MOST_EDITS:
            self._directions[exchanged] = (other, turns)
        if turns >= self._flips:
            self._thrashed.add(path)
            yield Tripped(name="thrash", detail=f"edited {path}, undid it and did it again ({turns + 1} times)")

    def _bent(self, path: str, diff: FileDiff, removed: list[str], added: list[str]) -> Iterator[Tripped]:
        if not is_test_file(path):
            return
        fresh = diff.old is None and not removed
        if fresh:
            self._own.add(path)
        if path in self._own or len(self._told) >= _MOST_TOLD:
            return
        change = _change(path, removed, added, deleted=diff.new == "" and bool(removed))
        found = deleted_tests((change,))
        weakened_lines((change,), found)
        yield from self._tell(path, found)

    def _tell(self, path: str, found: Findings) -> Iterator[Tripped]:
        for finding in found.all():
            # An honest task may have to expect something else; evidence shows that to the reviewer.
            if finding.level == "note" or finding.rule == "expectation-changed" or (path, finding.rule) in self._told:
                continue
            self._told.add((path, finding.rule))
            yield Tripped(name="weakened-test", detail=f"{path}: {finding.message}")


def lines_of(diff: FileDiff) -> tuple[list[str], list[str]]:
    """The lines that an edit takes away and brings, in order; what stands on both sides is neither."""
    if diff.unified:
        rows = diff.unified[:_MOST_TEXT].split("\n")
        old = [row[1:] for row in rows if row.startswith("-") and not row.startswith("---")]
        new = [row[1:] for row in rows if row.startswith("+") and not row.startswith("+++")]
    else:
        old = (diff.old or "")[:_MOST_TEXT].split("\n") if diff.old else []
        new = (diff.new or "")[:_MOST_TEXT].split("\n") if diff.new else []
    return _without(old, Counter(new)), _without(new, Counter(old))


def _without(lines: list[str], others: Counter[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if others[line] > 0:
            others[line] -= 1
        else:
            kept.append(line)
    return kept


def _digest(lines: list[str]) -> bytes:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).digest()[:16]


def _change(path: str, removed: list[str], added: list[str], *, deleted: bool) -> FileChange:
    rows = (
        *(DiffLine(kind="-", old=number, new=0, text=text) for number, text in enumerate(removed, 1)),
        *(DiffLine(kind="+", old=0, new=number, text=text) for number, text in enumerate(added, 1)),
    )
    hunk = Hunk(id="", path=path, old_start=1, new_start=1, section="", lines=rows)
    return FileChange(
        path=path,
        old_path=path,
        status="deleted" if deleted else "modified",
        old_mode="100644",
        new_mode="100644",
        old_blob="",
        new_blob="",
        added=len(added),
        removed=len(removed),
        binary=False,
        hunks=(hunk,),
    )
