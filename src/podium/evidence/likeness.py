"""How alike two patches for one task are: by place, by names, by lines and by neighbouring tokens. Pure.

Four views, because each is blind where another sees: the same place with other code, the same names in another order,
the same line elsewhere in the hunk. Comments and white space count for nothing, and of a line that was replaced only
what differs counts. Files of tests count only in a patch that has nothing else.
"""

from __future__ import annotations

import keyword
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple, TypeVar

from podium.evidence.test_code import is_test_file
from podium.runs.model import DiffLine, FileChange, Hunk

NEAR = 3  # lines of the base between two edits that count as one place
_LONGEST = 2000  # characters of a line that are looked at
_MOST = 20_000  # changed lines of a patch that are looked at
_TOKEN = re.compile(r"[^\W\d]\w*|\d+(?:\.\d+)?|[^\w\s]")
_HASH = frozenset(
    {"", ".py", ".pyi", ".rb", ".sh", ".bash", ".toml", ".yml", ".yaml", ".pl", ".r", ".jl", ".ex", ".mk"}
)
_HASH_COMMENT = re.compile(r"(?:^|\s)#.*")
_SLASH_COMMENT = re.compile(r"(?:^|\s)(?://.*|/?\*.*)")  # also the inner lines of a block comment
_Key = TypeVar("_Key")


class Edited(NamedTuple):
    """One changed line of code, at its place in the base."""

    path: str  # in the base
    at: int  # line in the base; for an added line the one that it stands before
    kind: str  # "+" or "-"
    text: str  # stripped, without comment


class Shape(NamedTuple):
    """What of one patch is compared."""

    places: Mapping[str, Sequence[int]]  # path -> sorted lines of the base
    names: Counter[str]  # identifiers that the patch adds
    lines: frozenset[tuple[str, str]]  # added lines of more than three characters, by file, without white space
    pairs: Counter[tuple[str, str, str]]  # neighbouring tokens that it adds or removes
    added: int  # lines of code
    removed: int
    tokens: int  # that it adds or removes


class Likeness(NamedTuple):
    """Four answers from 0 (nothing in common) to 1 (the same)."""

    place: float
    names: float
    lines: float
    pairs: float

    @property
    def overall(self) -> float:
        """The plain mean; no view is trusted more than another."""
        return sum(self) / len(self)


def edits(changes: Iterable[FileChange]) -> Iterator[Edited]:
    """The changed lines of code of a patch; blank lines and comments are left out."""
    for change in changes:
        for hunk in change.hunks:
            for line, at in base_lines(hunk):
                text = code(line.text, change.old_path) if line.kind != " " else ""
                if text:
                    yield Edited(change.old_path, at, line.kind, text)


def base_lines(hunk: Hunk) -> Iterator[tuple[DiffLine, int]]:
    """Each line of a hunk with its line in the base; an added one has that of the line it stands before."""
    # With nothing of the base in it, a hunk is addressed by the line that it follows.
    at = hunk.old_start if any(line.kind != "+" for line in hunk.lines) else hunk.old_start + 1
    for line in hunk.lines:
        at = line.old or at
        yield line, at
        at += line.kind != "+"


def code(text: str, path: str) -> str:
    """A line without its comment and outer white space, as far as one line tells; "" where nothing is left."""
    comment = _HASH_COMMENT if PurePosixPath(path).suffix in _HASH else _SLASH_COMMENT
    return comment.sub("", text[:_LONGEST]).strip()


def production(changes: Sequence[FileChange]) -> Sequence[FileChange]:
    """The changes outside tests; all of them where there are only tests."""
    return [change for change in changes if not is_test_file(change.path)] or changes


def shape(changes: Sequence[FileChange]) -> Shape:
    """What of a patch is compared with other patches for the same task."""
    found = [edit for edit, _ in zip(edits(production(changes)), range(_MOST), strict=False)]
    places: dict[str, set[int]] = {}
    tokens: dict[str, Counter[str]] = {"+": Counter(), "-": Counter()}
    pairs: dict[str, Counter[tuple[str, str]]] = {"+": Counter(), "-": Counter()}
    lines: set[tuple[str, str]] = set()
    for edit in found:
        words = _TOKEN.findall(edit.text)
        places.setdefault(edit.path, set()).add(edit.at)
        tokens[edit.kind].update(words)
        pairs[edit.kind].update(zip(["", *words], [*words, ""], strict=True))
        if edit.kind == "+" and sum(map(len, words)) > 3:
            lines.add((edit.path, "".join(words)))
    gained, lost = tokens["+"] - tokens["-"], tokens["-"] - tokens["+"]
    return Shape(
        places={path: sorted(at) for path, at in places.items()},
        names=Counter({word: n for word, n in gained.items() if word.isidentifier() and not keyword.iskeyword(word)}),
        lines=frozenset(lines),
        pairs=_signed(pairs["+"] - pairs["-"], "+") + _signed(pairs["-"] - pairs["+"], "-"),
        added=sum(edit.kind == "+" for edit in found),
        removed=sum(edit.kind == "-" for edit in found),
        tokens=gained.total() + lost.total(),
    )


def _signed(pairs: Counter[tuple[str, str]], kind: str) -> Counter[tuple[str, str, str]]:
    return Counter({(kind, *pair): count for pair, count in pairs.items()})


def likeness(one: Shape, other: Shape) -> Likeness:
    """How alike two patches are; symmetric."""
    there, back = covered(one.places, other.places), covered(other.places, one.places)
    both, either = len(one.lines & other.lines), len(one.lines | other.lines)
    return Likeness(
        place=2 * there * back / (there + back) if there + back else 0.0,
        names=_shared(one.names, other.names),
        lines=both / either if either else 1.0,
        pairs=_shared(one.pairs, other.pairs),
    )


def covered(places: Mapping[str, Sequence[int]], by: Mapping[str, Sequence[int]]) -> float:
    """The share of the edited lines that lie near an edited line of another patch."""
    total = sum(map(len, places.values()))
    hits = sum(is_near(line, by.get(path, ())) for path, lines in places.items() for line in lines)
    return hits / total if total else 0.0


def is_near(line: int, others: Sequence[int], distance: int = NEAR) -> bool:
    """Whether one of the sorted lines is at most so far away."""
    at = bisect_left(others, line - distance)
    return at < len(others) and others[at] <= line + distance


def _shared(one: Counter[_Key], other: Counter[_Key]) -> float:
    """Jaccard's index of two multisets; two empty ones are the same."""
    either = (one | other).total()
    return (one & other).total() / either if either else 1.0
