"""A diff as rows: what the terminal and the page both draw. Every text in a row is safe to show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from podium.render.safe_text import pieces, safe_line
from podium.render.words import Spans, changed_words
from podium.runs.model import DiffLine, FileChange, Hunk

LONGEST = 4000
"""Characters of one line that are shown; the rest is counted, not shown."""

_STATUS = {
    "added": "new file",
    "deleted": "deleted",
    "modified": "modified",
    "renamed": "renamed",
    "copied": "copied",
    "type-changed": "type changed",
}
_KINDS = {"100644": "file", "100755": "executable", "120000": "symbolic link", "160000": "submodule"}


class Segment(NamedTuple):
    """A piece of a line. `changed`: its counterpart does not have it; `hidden`: a character that was made visible."""

    text: str
    changed: bool = False
    hidden: bool = False


class FileRow(NamedTuple):
    """Where the changes of a file begin."""

    path: str
    old_path: str  # empty unless renamed or copied
    status: str
    added: int
    removed: int
    notes: tuple[str, ...]  # mode, type, binary


class HunkRow(NamedTuple):
    """Where a hunk begins."""

    hunk: str
    section: str
    old_start: int
    new_start: int


class LineRow(NamedTuple):
    """One line. `old` and `new` are its numbers, 0 where it has none."""

    kind: Literal[" ", "+", "-"]
    old: int
    new: int
    segments: tuple[Segment, ...]
    no_newline: bool = False
    left_out: int = 0  # characters at its end that are not shown


class NoteRow(NamedTuple):
    """Something about the hunk that no line shows."""

    text: str


Row: TypeAlias = FileRow | HunkRow | LineRow | NoteRow


def file_row(change: FileChange) -> FileRow:
    """The head of a file's changes."""
    moved = change.old_path != change.path
    return FileRow(
        path=safe_line(change.path),
        old_path=safe_line(change.old_path) if moved else "",
        status=_STATUS[change.status],
        added=change.added,
        removed=change.removed,
        notes=tuple(_notes(change)),
    )


def hunk_rows(change: FileChange, hunk: Hunk) -> Iterator[Row]:
    """The rows of one hunk, its head first."""
    yield HunkRow(hunk.id, safe_line(hunk.section.strip())[:200], hunk.old_start, hunk.new_start)
    if not hunk.lines:
        yield NoteRow(_without_lines(change))
    # Where every line ends in CR LF that is how the file is; a CR in some lines only is something to see.
    returns = bool(hunk.lines) and all(line.text.endswith("\r") for line in hunk.lines)
    for removed, added, context in blocks(hunk.lines):
        for row in (*_block(removed, added), *(_line(line, ()) for line in context)):
            yield _without_return(row) if returns else row


def change_rows(change: FileChange) -> Iterator[Row]:
    """All rows of one file, in the order of the diff."""
    yield file_row(change)
    for hunk in change.hunks:
        yield from hunk_rows(change, hunk)


def _without_return(row: LineRow) -> LineRow:
    return row if row.left_out else row._replace(segments=row.segments[:-1])


def _block(removed: Sequence[DiffLine], added: Sequence[DiffLine]) -> Iterator[LineRow]:
    old, new = changed_words([line.text[:LONGEST] for line in removed], [line.text[:LONGEST] for line in added])
    yield from (_line(line, spans) for line, spans in zip(removed, old, strict=True))
    yield from (_line(line, spans) for line, spans in zip(added, new, strict=True))


def blocks(lines: Iterable[DiffLine]) -> Iterator[tuple[list[DiffLine], list[DiffLine], list[DiffLine]]]:
    """The lines of a hunk in groups: removed lines, the added lines after them, and the context after those."""
    removed: list[DiffLine] = []
    added: list[DiffLine] = []
    context: list[DiffLine] = []
    for line in lines:
        if (context and line.kind != " ") or (added and line.kind == "-"):
            yield removed, added, context
            removed, added, context = [], [], []
        {"-": removed, "+": added, " ": context}[line.kind].append(line)
    if removed or added or context:
        yield removed, added, context


def _line(line: DiffLine, spans: Spans) -> LineRow:
    return LineRow(
        kind=line.kind,
        old=line.old,
        new=line.new,
        segments=segments(line.text[:LONGEST], spans),
        no_newline=line.no_newline,
        left_out=max(0, len(line.text) - LONGEST),
    )


def segments(text: str, spans: Spans) -> tuple[Segment, ...]:
    """A line in pieces, safe, with its changed parts marked. Tabs become spaces by the column in the whole line."""
    found: list[Segment] = []
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    for number, (start, end) in enumerate(pairwise(edges)):
        part = _untabbed(text, start, end) if "\t" in text else text[start:end]
        found.extend(Segment(shown, changed=number % 2 == 1, hidden=hidden) for shown, hidden in pieces(part))
    return tuple(found)


def _untabbed(text: str, start: int, end: int) -> str:
    before = len(text[:start].expandtabs(4))
    return text[:end].expandtabs(4)[before:]


def _notes(change: FileChange) -> Iterator[str]:
    old, new = change.old_mode, change.new_mode
    if "000000" not in (old, new) and old != new:
        yield f"{_kind(old)} becomes {_kind(new)}"
    elif new not in ("100644", "000000"):
        yield _kind(new)
    if change.binary:
        yield "binary"


def _kind(mode: str) -> str:
    return _KINDS.get(mode, f"mode {mode}")


def _without_lines(change: FileChange) -> str:
    if change.binary:
        return f"Binary file: {change.old_blob[:12]} becomes {change.new_blob[:12]}. Its content is not shown."
    if "160000" in (change.old_mode, change.new_mode):
        return f"Another repository: {change.old_blob[:12]} becomes {change.new_blob[:12]}. Its content is not shown."
    if change.old_mode != change.new_mode and "000000" not in (change.old_mode, change.new_mode):
        return f"No line changed; {_kind(change.old_mode)} becomes {_kind(change.new_mode)}."
    if change.status in ("renamed", "copied"):
        return f"No line changed; it was {safe_line(change.old_path)}."
    return "An empty file."
