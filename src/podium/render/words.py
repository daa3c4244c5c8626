"""Which words of a changed line changed: the old and the new line are paired, then compared word by word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

Spans: TypeAlias = tuple[tuple[int, int], ...]
"""Half-open ranges of characters, in order and apart."""

_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)
_ALIKE = 0.5  # lines that share less are two different lines: marks in them would be noise
_MOST_WORDS = 400  # SequenceMatcher is quadratic at worst
_MOST_LINES = 40  # of a block whose lines are paired by likeness; larger blocks are paired by position


def changed_words(removed: Sequence[str], added: Sequence[str]) -> tuple[list[Spans], list[Spans]]:
    """For each removed and each added line of one block, the parts that its counterpart does not have.

    A line without a counterpart has no spans: it is new or gone as a whole.
    """
    old: list[Spans] = [()] * len(removed)
    new: list[Spans] = [()] * len(added)
    for left, right in _pairs(removed, added):
        spans = _differ(removed[left], added[right])
        if spans:
            old[left], new[right] = spans
    return old, new


def _pairs(removed: Sequence[str], added: Sequence[str]) -> list[tuple[int, int]]:
    if not removed or not added:
        return []
    if len(removed) == len(added) or max(len(removed), len(added)) > _MOST_LINES:
        return list(zip(range(len(removed)), range(len(added)), strict=False))
    pairs: list[tuple[int, int]] = []
    start = 0
    for left, line in enumerate(removed):  # in order, each with the likest of those that are left
        likeness, best = max(((_likeness(line, added[at]), -at) for at in range(start, len(added))), default=(0.0, 0))
        if likeness >= _ALIKE:
            pairs.append((left, -best))
            start = -best + 1
    return pairs


def _likeness(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one[:300].strip(), other[:300].strip(), autojunk=False)
    return matcher.quick_ratio() if matcher.real_quick_ratio() >= _ALIKE else 0.0


def _differ(old: str, new: str) -> tuple[Spans, Spans] | None:
    left, right = _WORD.findall(old), _WORD.findall(new)
    if len(left) > _MOST_WORDS or len(right) > _MOST_WORDS:
        return None
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    blocks = matcher.get_matching_blocks()
    same = sum(len("".join(left[at : at + size]).strip()) for at, _, size in blocks)
    if same * 2 < _ALIKE * (len(old.strip()) + len(new.strip())):
        return None
    return _outside(left, [(at, size) for at, _, size in blocks]), _outside(
        right, [(at, size) for _, at, size in blocks]
    )


def _outside(words: Sequence[str], same: Sequence[tuple[int, int]]) -> Spans:
    """The ranges of characters of the words that lie in no block of equal words; neighbours over a space are one."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    spans: list[tuple[int, int]] = []
    after = 0
    for at, size in [*same, (len(words), 0)]:
        if at > after:
            start, end = starts[after], starts[at]
            blank = bool(spans) and not "".join(words)[spans[-1][1] : start].strip()
            if blank:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        after = max(after, at + size)
    return tuple(spans)
