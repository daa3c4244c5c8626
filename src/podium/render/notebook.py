"""Notebooks as what a person wrote in them: the sources of their cells, without outputs and numbers of runs."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any, cast

import msgspec

from podium.runs.model import DiffLine, FileChange, Hunk

NOTEBOOK = ".ipynb"
_MOST_LINES = 5_000


def cell_lines(data: bytes) -> list[str]:
    """The sources of all cells, each with a heading; nothing for what is no notebook."""
    try:
        found: Any = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError):
        return []
    cells: Any = cast("dict[str, Any]", found).get("cells") if isinstance(found, dict) else None
    lines: list[str] = []
    for number, cell in enumerate(cast("list[Any]", cells) if isinstance(cells, list) else [], start=1):
        if not isinstance(cell, dict):
            continue
        known = cast("dict[str, Any]", cell)
        source: Any = known.get("source", "")
        parts = cast("list[Any]", source) if isinstance(source, list) else [source]
        text = "".join(part for part in parts if isinstance(part, str))
        lines.append(f"--- cell {number}: {str(known.get('cell_type', ''))[:20]}")
        lines.extend(text.split("\n"))
        if len(lines) > _MOST_LINES:
            return [*lines[:_MOST_LINES], "--- more cells are not shown"]
    return lines


def compared(change: FileChange, old: list[str], new: list[str]) -> FileChange:
    """The change of a notebook as one hunk over the lines of its cells."""
    lines: list[DiffLine] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            lines.extend(
                DiffLine(kind=" ", old=a + at + 1, new=c + at + 1, text=text) for at, text in enumerate(old[a:b])
            )
            continue
        lines.extend(DiffLine(kind="-", old=a + at + 1, new=0, text=text) for at, text in enumerate(old[a:b]))
        lines.extend(DiffLine(kind="+", old=0, new=c + at + 1, text=text) for at, text in enumerate(new[c:d]))
    hunk = Hunk(id="notebook", path=change.path, old_start=1, new_start=1, section="", lines=tuple(lines))
    return msgspec.structs.replace(change, hunks=(hunk,))
