"""Some hunks of a file's change without the others: exact to the byte, by ranges of lines, never by matching text.

The two whole files are at hand, so a hunk need not be searched for: it says which lines of the old file it replaces by
which lines of the new one.
"""

from __future__ import annotations

from collections.abc import Iterable

from podium.kernel.errors import PodiumError
from podium.runs.model import DiffLine, Hunk


def take(old: bytes, new: bytes, hunks: Iterable[Hunk]) -> bytes:
    """`old` with only these hunks of the change to `new`. Raises PodiumError for a hunk that does not fit them."""
    return _replaced(old, new, ((*_old(hunk), *_new(hunk)) for hunk in hunks))


def leave(old: bytes, new: bytes, hunks: Iterable[Hunk]) -> bytes:
    """`new` with these hunks of the change from `old` undone. Raises as `take` does."""
    return _replaced(new, old, ((*_new(hunk), *_old(hunk)) for hunk in hunks))


def _replaced(into: bytes, source: bytes, ranges: Iterable[tuple[int, int, int, int]]) -> bytes:
    lines, others = _lines(into), _lines(source)
    out: list[bytes] = []
    at = 0
    for start, count, other_start, other_count in sorted(ranges):
        if start < at or start + count > len(lines) or other_start < 0 or other_start + other_count > len(others):
            raise PodiumError("a hunk does not fit the file that it belongs to")
        out += lines[at:start]
        out += others[other_start : other_start + other_count]
        at = start + count
    return b"".join([*out, *lines[at:]])


def _lines(content: bytes) -> list[bytes]:
    """Lines with their newlines, as git counts them: only a line feed ends one."""
    parts = content.split(b"\n")
    whole = [part + b"\n" for part in parts[:-1]]
    return [*whole, parts[-1]] if parts[-1] else whole


def _old(hunk: Hunk) -> tuple[int, int]:
    return _range(hunk.old_start, sum(line.kind != "+" for line in _known(hunk)))


def _new(hunk: Hunk) -> tuple[int, int]:
    return _range(hunk.new_start, sum(line.kind != "-" for line in _known(hunk)))


def _range(start: int, count: int) -> tuple[int, int]:
    """From git's numbers (from 1; the line before, where the range is empty) to an index and a length."""
    return (start - 1 if count else start), count


def _known(hunk: Hunk) -> tuple[DiffLine, ...]:
    """The lines of a hunk. Raises PodiumError when some were left out: then nobody knows how many."""
    if any(line.old == 0 and line.new == 0 for line in hunk.lines):
        raise PodiumError("this hunk is too long to be taken apart from its file")
    return hunk.lines
