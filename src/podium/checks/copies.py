"""Added blocks that stand elsewhere in the tree too, line by line without layout. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

WINDOW = 8
"""Telling lines in a row that make a copy; fewer are how code looks."""

MOST_LINES = 20_000
"""Added lines of one file that are looked at."""

_DULL = re.compile(
    r"^(?:[\s{}()\[\];,]*|(?:import|from|use|package|#include)\b.*|#.*|//.*|\*.*|/\*.*|else:?|try:?|pass)$"
)


@dataclass(frozen=True)
class Block:
    """The added lines of one file: number and text."""

    path: str
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Copy:
    """A run of added lines, and where they stand too."""

    path: str
    line: int
    lines: int
    other: str
    other_line: int
    text: str  # its first line


def copies(blocks: Iterable[Block], texts: Iterable[tuple[str, bytes]]) -> Iterator[Copy]:
    """Every run of at least `WINDOW` added telling lines that stands in another place of `texts`, each told once."""
    wanted = [(block.path, _telling(block.lines[:MOST_LINES])) for block in blocks]
    heads = {window for _, lines in wanted for window, _ in _windows(lines) if window}
    places: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for path, text in texts if heads else ():
        numbered = enumerate(text.decode("utf-8", "replace").splitlines(), 1)
        for window, line in _windows(_telling(numbered)):
            if window in heads and len(places.setdefault(window, [])) < 20:
                places[window].append((path, line))
    for path, lines in wanted:
        yield from _of_file(path, lines, places)


def _of_file(
    path: str, lines: list[tuple[int, str]], places: dict[tuple[str, ...], list[tuple[str, int]]]
) -> Iterator[Copy]:
    last: Copy | None = None
    until = -1
    for at, (window, line) in enumerate(_windows(lines)):
        own_end = lines[at + WINDOW - 1][0]
        others = [place for place in places.get(window, ()) if place[0] != path or not line - 1 <= place[1] <= own_end]
        if last is not None and at <= until:
            if others:
                until, last = (
                    at + WINDOW - 1,
                    Copy(path, last.line, last.lines + 1, last.other, last.other_line, last.text),
                )
            continue
        if last is not None:
            yield last
            last = None
        if others:
            other, other_line = others[0]
            last, until = Copy(path, line, WINDOW, other, other_line, lines[at][1]), at + WINDOW - 1
    if last is not None:
        yield last


def _telling(lines: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    return [(number, " ".join(text[:500].split())) for number, text in lines if not _DULL.match(text[:500].strip())]


def _windows(lines: list[tuple[int, str]]) -> Iterator[tuple[tuple[str, ...], int]]:
    texts = [text for _, text in lines]
    for start in range(len(texts) - WINDOW + 1):
        window = tuple(texts[start : start + WINDOW])
        if len(set(window)) > WINDOW // 2:
            yield window, lines[start][0]
        else:
            yield (), lines[start][0]
