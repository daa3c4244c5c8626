"""Parts of a sheet as HTML. Scripts find what they need in data attributes; nothing here is a script or a style."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from podium.render.colours import Colours
from podium.render.line_html import escape, line_html
from podium.render.moved import Moves, Place
from podium.render.rows import LONGEST, FileRow, NoteRow, blocks, file_row, hunk_rows
from podium.render.safe_text import safe_line
from podium.render.sheet import Part, Sheet, pairs
from podium.render.words import Spans, changed_words
from podium.review.model import MarkName
from podium.runs.model import DiffLine, FileChange, Hunk

MARK_WORDS: Mapping[MarkName, str] = {
    "unseen": "unread",
    "seen": "seen",
    "understood": "understood",
    "flagged": "flagged",
}

_WHOLE_BLOCK = 300  # lines of a changed block that are paired by likeness

ColoursOf = Callable[[str, str], Colours | None]
"""(blob, path) -> its colours, None as long as they are not known."""


class Drawing:
    """Draws parts of a sheet.

    `badge` and `file_badge` give HTML for the heads of hunks and files; `picture` gives the address of the old or the
    new side of a picture, empty where there is none. With `blind`, what a machine found at a hunk that has no mark
    is not told as a reason.
    """

    def __init__(
        self,
        sheet: Sheet,
        *,
        marks: Mapping[str, MarkName],
        colours: ColoursOf,
        moves: Moves,
        badge: Callable[[Hunk], str] = lambda _: "",
        file_badge: Callable[[FileChange], str] = lambda _: "",
        picture: Callable[[FileChange, str], str] = lambda _, __: "",
        blind: bool = False,
    ) -> None:
        self._sheet = sheet
        self._marks = marks
        self._colours = colours
        self._moves = moves
        self._badge = badge
        self._file_badge = file_badge
        self._picture = picture
        self._blind = blind

    def rows(self, start: int, end: int) -> str:
        """The rows from `start` up to `end`."""
        return "".join(self._part(part) for part in self._sheet.parts(start, end))

    def _part(self, part: Part) -> str:
        hunk = part.place.entry.hunk
        mark = self._marks.get(hunk.id, "unseen")
        whole = part.hunk_head and part.last == part.place.lines
        head = self._file_head(part) if part.file_head else ""
        inside = (self._hunk_head(part, mark) if part.hunk_head else "") + "".join(self._lines(part))
        if part.hunk_head and hunk is part.place.entry.change.hunks[0]:
            inside += self._pictures(part.place.entry.change)
        name = f"{hunk.path}, line {hunk.new_start}, {self._word(hunk, mark)}"
        folded = " data-folded" if hunk.id in self._sheet.folded else ""
        label = f' role="group" aria-label="{escape(safe_line(name))}"' if part.hunk_head else ""
        identity = f' id="hunk-{escape(hunk.id)}"' if part.hunk_head else ""
        return (
            f'{head}<section class="hunk{"" if whole else " cut"}"{identity} data-hunk="{escape(hunk.id)}" '
            f'data-mark="{mark}" data-first="{part.first}" data-last="{part.last}" '
            f'data-rows="{part.place.lines}"{folded}{label}>{inside}</section>'
        )

    def _word(self, hunk: Hunk, mark: MarkName) -> str:
        return "folded" if mark == "unseen" and hunk.id in self._sheet.folded else MARK_WORDS[mark]

    # --- heads --------------------------------------------------------------------------------------------------------

    def _file_head(self, part: Part) -> str:
        change = part.place.entry.change
        row = file_row(change)
        return (
            f'<header class="file" data-path="{escape(row.path)}">{_file_name(row)}'
            f'<span class="facts">{escape(", ".join((row.status, *row.notes)))}</span>{_counts(row)}'
            f"{self._file_badge(change)}</header>"
        )

    def _hunk_head(self, part: Part, mark: MarkName) -> str:
        entry = part.place.entry
        hunk = entry.hunk
        hide = self._blind and mark == "unseen"
        folded = hunk.id in self._sheet.folded  # what is proven of it stands there instead
        told = [each for each in entry.reasons if not folded and not (hide and each.startswith("finding:"))]
        reasons = "".join(f'<span class="reason">{escape(safe_line(reason))}</span>' for reason in told)
        section = escape(safe_line(hunk.section.strip())[:200])
        where = f"line {hunk.new_start}" if hunk.lines else ""
        expand = ""
        if _has_text(entry.change) and not folded:
            expand = '<button type="button" class="expand" data-way="up" title="Show lines above">↑</button>'
        hidden = '<span class="warn">hidden characters</span>' if has_hidden(hunk) else ""
        return (
            f'<div class="head"><span class="mark" data-mark="{mark}">{self._word(hunk, mark)}</span>'
            f'{expand}<a class="place" href="#hunk-{escape(hunk.id)}">{where}</a>'
            f'<span class="section">{section}</span>{hidden}{self._badge(hunk)}'
            f'<span class="reasons">{reasons}</span>'
            f'<button type="button" class="why" aria-expanded="false" title="Why it is here (e)">why</button></div>'
        )

    def _pictures(self, change: FileChange) -> str:
        sides = [(side, self._picture(change, side)) for side in ("old", "new")]
        figures = [
            f'<figure><img src="{escape(address)}" alt="{escape(f"{side} picture: {safe_line(change.path)}")}">'
            f"<figcaption>{side}</figcaption></figure>"
            for side, address in sides
            if address
        ]
        return f'<div class="pictures">{"".join(figures)}</div>' if figures else ""

    # --- lines --------------------------------------------------------------------------------------------------------

    def _lines(self, part: Part) -> Iterator[str]:
        entry = part.place.entry
        hunk = entry.hunk
        proof = self._sheet.folded.get(hunk.id)
        if proof is not None:
            if part.first < part.last:
                yield (
                    f'<div class="note folded"><span class="chip good">folded</span> {escape(safe_line(proof))} '
                    f'<button type="button" class="unfold">Show it</button></div>'
                )
            return
        if not hunk.lines:
            if part.first < part.last:
                note = next(row for row in hunk_rows(entry.change, hunk) if isinstance(row, NoteRow))
                yield f'<div class="note">{escape(note.text)}</div>'
            return
        if self._sheet.view == "unified":
            spans = changed_in(hunk.lines, part.first, part.last)
            for index in range(part.first, part.last):
                yield self._line(entry.change, hunk, index, spans)
            return
        shown = list(islice(pairs(hunk.lines), part.first, part.last))
        indices = [index for pair in shown for index in pair if index >= 0]
        spans = changed_in(hunk.lines, min(indices, default=0), max(indices, default=-1) + 1)
        for left, right in shown:
            sides = (
                self._half(entry.change, hunk, left, "-", spans),
                self._half(entry.change, hunk, right, "+", spans),
            )
            yield f'<div class="s">{sides[0]}{sides[1]}</div>'

    def _half(self, change: FileChange, hunk: Hunk, index: int, side: str, spans: Mapping[int, Spans]) -> str:
        if index < 0:
            return '<div class="l gap"></div>'
        return self._line(change, hunk, index, spans, side)

    def _line(self, change: FileChange, hunk: Hunk, index: int, spans: Mapping[int, Spans], side: str = "") -> str:
        line = hunk.lines[index]
        old = side == "-" or (not side and line.kind == "-")
        blob, path, number = (
            (change.old_blob, change.old_path, line.old)
            if old
            else (
                change.new_blob,
                change.path,
                line.new,
            )
        )
        colours = self._colours(blob, path) if number else None
        own = colours[number - 1] if colours and number <= len(colours) else ()
        place = self._moves.get((hunk.id, index))
        numbers = (f' data-o="{line.old}"' if line.old and side != "+" else "") + (
            f' data-n="{line.new}"' if line.new and side != "-" else ""
        )
        ending = '<span class="eof">no newline at the end</span>' if line.no_newline else ""
        text = _without_return(line, hunk)
        kind = {"+": "a", "-": "d", " ": "x"}[line.kind]
        moved = f' m" title="{_moved(line, place)}' if place else ""
        return (
            f'<div class="l {kind}{moved}" data-i="{index}"{numbers}>'
            f"<code>{line_html(text, own, spans.get(index, ()))}{ending}</code></div>"
        )


def has_hidden(hunk: Hunk) -> bool:
    """Whether a hunk has changed lines with characters that hide or turn text around."""
    from podium.render.safe_text import is_hidden

    return any(
        line.kind == "+" and any(is_hidden(char) for char in line.text if not " " <= char <= "~" and char not in "\t\r")
        for line in hunk.lines
        if not (line.text.isascii() and line.text.isprintable())
    )


def changed_in(lines: Sequence[DiffLine], first: int, last: int) -> dict[int, Spans]:
    """The changed words of the lines from `first` up to `last`, by index."""
    found: dict[int, Spans] = {}
    at = 0
    for removed, added, context in blocks(lines):
        end = at + len(removed) + len(added)
        if at < last and end > first and removed and added:
            _mark_changes(removed, added, at, (first, last), found)
        at = end + len(context)
        if at >= last:
            break
    return found


def _mark_changes(
    removed: Sequence[DiffLine], added: Sequence[DiffLine], at: int, drawn: tuple[int, int], found: dict[int, Spans]
) -> None:
    if len(removed) + len(added) <= _WHOLE_BLOCK:
        old, new = changed_words([line.text[:LONGEST] for line in removed], [line.text[:LONGEST] for line in added])
        found.update((at + index, spans) for index, spans in enumerate((*old, *new)) if spans)
        return
    first, last = drawn
    middle = at + len(removed)
    for row in range(min(len(removed), len(added))):  # such a block is paired by position: each pair by itself
        if first <= at + row < last or first <= middle + row < last:
            (left,), (right,) = changed_words([removed[row].text[:LONGEST]], [added[row].text[:LONGEST]])
            found.update((index, spans) for index, spans in ((at + row, left), (middle + row, right)) if spans)


def _without_return(line: DiffLine, hunk: Hunk) -> str:
    """The text without its CR where the whole hunk has them: that is how the file is."""
    if line.text.endswith("\r") and all(each.text.endswith("\r") for each in hunk.lines[:50]):
        return line.text[:-1]
    return line.text


def _moved(line: DiffLine, place: Place) -> str:
    word = "moved to" if line.kind == "-" else "moved from"
    return escape(f"{word} {safe_line(place.path)}:{place.line}")


def _file_name(row: FileRow) -> str:
    folder, slash, name = row.path.rpartition("/")
    new = f'<span class="folder">{escape(folder + slash)}</span><b>{escape(name)}</b>'
    old = f'<span class="old">{escape(row.old_path)} → </span>' if row.old_path else ""
    return f'<h3 class="name">{old}{new}</h3>'


def _counts(row: FileRow) -> str:
    plus, minus = f'<span class="plus">+{row.added}</span>', f'<span class="minus">-{row.removed}</span>'
    return f'<span class="counts">{plus} {minus}</span>'


def _has_text(change: FileChange) -> bool:
    return not change.binary and any(hunk.lines for hunk in change.hunks)
