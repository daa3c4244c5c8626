"""A diff of two contents as the git room gives it, made without git: for tests of what is computed from a diff."""

from __future__ import annotations

import difflib
from collections import Counter

from podium.runs.model import DiffLine, FileChange, Hunk
from podium.runs.rules import hunk_id


def lines_of(content: bytes) -> list[bytes]:
    parts = content.split(b"\n")
    whole = [part + b"\n" for part in parts[:-1]]
    return [*whole, parts[-1]] if parts[-1] else whole


def diff(path: str, old: bytes, new: bytes, *, context: int = 3, **more) -> FileChange:
    """The change of one file from `old` to `new`."""
    before, after = lines_of(old), lines_of(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    count: Counter[str] = Counter()
    hunks = tuple(_hunk(path, before, after, group, count) for group in matcher.get_grouped_opcodes(context))
    kinds = [line.kind for hunk in hunks for line in hunk.lines]
    fields = {
        "old_path": path,
        "status": "modified",
        "old_mode": "100644",
        "new_mode": "100644",
        "old_blob": "old",
        "new_blob": "new",
        "added": kinds.count("+"),
        "removed": kinds.count("-"),
        "binary": False,
        "hunks": hunks,
    }
    return FileChange(path=path, **(fields | more))


def _hunk(path, before, after, group, count) -> Hunk:
    rows: list[tuple[str, int, int, bytes]] = []
    for tag, old_start, old_end, new_start, new_end in group:
        if tag == "equal":
            rows += [
                (" ", old_start + n + 1, new_start + n + 1, before[old_start + n]) for n in range(old_end - old_start)
            ]
        else:
            rows += [("-", at + 1, 0, before[at]) for at in range(old_start, old_end)]
            rows += [("+", 0, at + 1, after[at]) for at in range(new_start, new_end)]
    content = [(kind, text) for kind, _, _, text in rows]
    first = hunk_id(path, content)
    name = hunk_id(path, content, ordinal=count[first])
    count[first] += 1
    old_count = sum(kind != "+" for kind, *_ in rows)
    new_count = sum(kind != "-" for kind, *_ in rows)
    return Hunk(
        id=name,
        path=path,
        old_start=group[0][1] + (1 if old_count else 0),
        new_start=group[0][3] + (1 if new_count else 0),
        section="",
        lines=tuple(
            DiffLine(
                kind=kind,
                old=old,
                new=new,
                text=text.decode("utf-8", "replace").removesuffix("\n"),
                no_newline=not text.endswith(b"\n"),
            )
            for kind, old, new, text in rows
        ),
    )
