"""Hunks as lines of a terminal: numbers, signs, marked words, and long lines wrapped rather than hidden."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from podium.render.paint import Paint, Tone
from podium.render.rows import FileRow, HunkRow, LineRow, NoteRow, file_row, hunk_rows
from podium.render.safe_text import chop, columns
from podium.review.model import MarkName
from podium.review.reading import Placed
from podium.runs.model import FileChange

Piece: TypeAlias = tuple[str, Tone]

_MARKS: dict[MarkName, tuple[str, str, Tone]] = {
    "unseen": ("unread", "unread", "warn"),
    "seen": ("seen", "seen", "quiet"),
    "understood": ("understood", "understood", "good"),
    "flagged": ("flagged", "flagged", "bad"),
}
_TONES: dict[str, tuple[Tone, Tone]] = {
    "+": ("added", "added word"),
    "-": ("removed", "removed word"),
    " ": ("plain", "plain"),
}
_SHORT_ID = 8
_LEAST = 12  # columns for where a hunk is, before a reason is dropped


def file_lines(change: FileChange, *, width: int, paint: Paint) -> list[str]:
    """The head of a file: its name, what happens to it, and how much."""
    row = file_row(change)
    name = f"{row.old_path} {paint.glyph('to')} {row.path}" if row.old_path else row.path
    facts = ", ".join((row.status, *row.notes))
    counts: list[Piece] = [(f"+{row.added}", "added")] if row.added else []
    if row.removed:
        counts.append((f"-{row.removed}", "removed"))
    told = paint(facts, "quiet") + "".join(f" {paint(text, tone)}" for text, tone in counts)
    room = width - columns(facts) - sum(1 + columns(text) for text, _ in counts) - 2
    if columns(name) > room:  # a long name gets lines of its own: which file it is must never be cut off
        return [*(paint(part, "strong") for part in chop(name, width)), f"  {told}"]
    return [f"{paint(paint.pad(name, room), 'strong')}  {told}"]


def hunk_lines(placed: Placed, mark: MarkName, *, width: int, paint: Paint, most: int = 0) -> Iterator[str]:
    """One hunk: its head with mark, id and reasons, then its lines; `most` bounds them (0 = all)."""
    rows = hunk_rows(placed.change, placed.hunk)
    digits = _digits(placed)
    for row in islice(rows, most + 1) if most else rows:
        match row:
            case HunkRow():
                yield hunk_head(placed, mark, width=width, paint=paint)
            case LineRow():
                yield from _line(row, digits, width, paint)
            case NoteRow(text=text):
                yield "  " + paint(paint.cut(text, width - 2), "quiet")
            case FileRow():
                pass
    left = len(placed.hunk.lines) - most
    if most and left > 0:
        yield "  " + paint(f"{paint.glyph('more')} {left:,} more lines of this hunk", "warn")


def hunk_head(placed: Placed, mark: MarkName, *, width: int, paint: Paint) -> str:
    """The head of a hunk on one line: mark, id, where it is, and why it stands here."""
    glyph, word, tone = _MARKS[mark]
    head = f"{paint.glyph(glyph)} {word}"
    name = placed.hunk.id[:_SHORT_ID]
    where = f"@@ {placed.hunk.new_start} {safe_section(placed)}".rstrip() if placed.hunk.lines else "@@"
    room = width - columns(head) - len(name) - 4
    reasons = _fitting(placed.reasons, room - min(columns(where), _LEAST) - 2)
    if reasons:
        where = paint.pad(where, room - columns(reasons) - 2)
    parts = [paint(head, tone), paint(name, "name"), paint(paint.cut(where, room), "quiet"), paint(reasons, "quiet")]
    return "  ".join(part for part in parts if part).rstrip()


def _fitting(reasons: Sequence[str], room: int) -> str:
    """As many reasons as there is room for."""
    for count in range(len(reasons), 0, -1):
        if columns(text := ", ".join(reasons[:count])) <= room:
            return text
    return ""


def safe_section(placed: Placed) -> str:
    """The line that git names a hunk by, safe."""
    return next((row.section for row in hunk_rows(placed.change, placed.hunk) if isinstance(row, HunkRow)), "")


def flow(pieces: Iterable[Piece], width: int) -> list[list[Piece]]:
    """Pieces broken into lines of at most `width` columns, anywhere (at least one line)."""
    lines: list[list[Piece]] = [[]]
    used = 0
    for text, tone in pieces:
        rest = text
        while rest:
            room = width - used
            part = rest if columns(rest) <= room else _head(rest, room)
            if part:
                lines[-1].append((part, tone))
                used += columns(part)
                rest = rest[len(part) :]
            if rest:
                lines.append([])
                used = 0
    return lines


def _head(text: str, room: int) -> str:
    if room < 1 or (room < 2 and not text[0].isascii()):
        return ""
    part = chop(text, room)[0]
    return part if columns(part) <= room else ""


def _line(row: LineRow, digits: int, width: int, paint: Paint) -> Iterator[str]:
    tone, word = _TONES[row.kind]
    numbers = f"{row.old or '':>{digits}} {row.new or '':>{digits}} "
    room = max(8, width - len(numbers) - 1)
    pieces: list[Piece] = [(part.text, _tone(part.changed, part.hidden, tone, word)) for part in row.segments]
    if row.left_out:
        pieces.append((f" {paint.glyph('more')} {row.left_out:,} more characters", "warn"))
    for number, parts in enumerate(flow(pieces, room)):
        gutter = numbers if number == 0 else " " * (len(numbers) - 2) + paint.glyph("wrap") + " "
        sign = paint(row.kind, tone) if number == 0 else paint(row.kind, "quiet")
        yield (paint(gutter, "quiet") + sign + _run(parts, paint)).rstrip()
    if row.no_newline:
        yield " " * len(numbers) + paint("\\ no newline at the end of the file", "quiet")


def _tone(changed: bool, hidden: bool, tone: Tone, word: Tone) -> Tone:
    if hidden:
        return "hidden"
    return word if changed else tone


def _run(parts: Sequence[Piece], paint: Paint) -> str:
    return "".join(paint(text, tone) for text, tone in parts)


def _digits(placed: Placed) -> int:
    return max([3, *(len(str(max(line.old, line.new))) for line in placed.hunk.lines)])
