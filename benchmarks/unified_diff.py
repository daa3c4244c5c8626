"""Reads the unified diffs of the data files, which git or other tools wrote, into the values that Podium compares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podium.runs.model import DiffLine, FileChange, Hunk

_HEAD = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
_NOWHERE = "/dev/null"


def changes(diff: str) -> tuple[FileChange, ...]:
    """The files of a diff, in its order. Lines are split at "\\n" only; what is no part of a hunk is passed over."""
    return tuple(_change(old, new, hunks) for old, new, hunks in _files(diff.split("\n")))


def _files(rows: list[str]) -> Iterator[tuple[str, str, list[Hunk]]]:
    old, new, hunks = "", "", list[Hunk]()
    at = 0
    while at < len(rows):
        row = rows[at]
        at += 1
        if row.startswith("--- ") and at < len(rows) and rows[at].startswith("+++ "):
            if hunks:
                yield old, new, hunks
            old, new, hunks = _path(row), _path(rows[at]), []
            at += 1
        elif found := _HEAD.match(row):
            hunk, at = _hunk(found, rows, at, new if new != _NOWHERE else old)
            hunks.append(hunk)
    if hunks:
        yield old, new, hunks


def _path(row: str) -> str:
    name = row[4:].split("\t")[0]
    return name[2:] if name.startswith(("a/", "b/")) else name


def _hunk(head: re.Match[str], rows: list[str], at: int, path: str) -> tuple[Hunk, int]:
    old, new = int(head[1]), int(head[3])
    old_end, new_end = old + int(head[2] or 1), new + int(head[4] or 1)
    next_old, next_new, lines = old, new, list[DiffLine]()
    while at < len(rows) and (next_old < old_end or next_new < new_end):
        kind, text = rows[at][:1], rows[at][1:]
        at += 1
        if kind == "+":
            lines.append(DiffLine(kind="+", old=0, new=next_new, text=text))
            next_new += 1
        elif kind == "-":
            lines.append(DiffLine(kind="-", old=next_old, new=0, text=text))
            next_old += 1
        elif kind != "\\":  # an empty row is an empty line whose space was trimmed
            lines.append(DiffLine(kind=" ", old=next_old, new=next_new, text=text))
            next_old, next_new = next_old + 1, next_new + 1
    identity = f"{path}:{old}:{new}"
    return Hunk(id=identity, path=path, old_start=old, new_start=new, section=head[5], lines=tuple(lines)), at


def _change(old: str, new: str, hunks: list[Hunk]) -> FileChange:
    kinds = [line.kind for hunk in hunks for line in hunk.lines]
    return FileChange(
        path=new if new != _NOWHERE else old,
        old_path=old if old != _NOWHERE else new,
        status="added" if old == _NOWHERE else "deleted" if new == _NOWHERE else "modified",
        old_mode="000000" if old == _NOWHERE else "100644",
        new_mode="000000" if new == _NOWHERE else "100644",
        old_blob="",
        new_blob="",
        added=kinds.count("+"),
        removed=kinds.count("-"),
        binary=False,
        hunks=tuple(hunks),
    )
