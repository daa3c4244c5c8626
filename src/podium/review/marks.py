"""What a person read, kept by content: a hunk id names its text, so a mark outlives line shifts, rebases and rounds.

A mark belongs to one person and one hunk id. A hunk whose text changed has another id and is unseen again. Equal hunks
of one file differ in their ids by an ordinal alone, so they are counted: of three equal hunks of which two were
read, one stays unseen, whichever of them moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from podium.review.model import MarkName
from podium.runs.model import Hunk

_READ: frozenset[MarkName] = frozenset({"seen", "understood", "flagged"})


def mark(marks: dict[str, MarkName], hunks: Iterable[str], name: MarkName) -> None:
    """Enter a mark into one person's `marks`: `seen` never lowers a mark, the others replace it, `unseen` removes it."""
    for hunk in hunks:
        if name == "unseen":
            marks.pop(hunk, None)
        elif name != "seen" or hunk not in marks:
            marks[hunk] = name


def marks_for(hunks: Iterable[Hunk], earlier: Mapping[str, MarkName]) -> dict[str, MarkName]:
    """The mark of each hunk of a candidate, given all that one person marked in this task before."""
    return {hunk.id: earlier.get(hunk.id, "unseen") for hunk in hunks}


def is_read(name: MarkName) -> bool:
    """Whether the mark says that the person has had the text before them. A flagged hunk was read."""
    return name in _READ


def unread(hunks: Iterable[Hunk], earlier: Mapping[str, MarkName]) -> tuple[Hunk, ...]:
    """The hunks, in the order given, that the person has not read."""
    return tuple(hunk for hunk in hunks if not is_read(earlier.get(hunk.id, "unseen")))


def flagged(hunks: Iterable[Hunk], earlier: Mapping[str, MarkName]) -> tuple[Hunk, ...]:
    """The hunks, in the order given, that the person flagged and has not taken back."""
    return tuple(hunk for hunk in hunks if earlier.get(hunk.id) == "flagged")
