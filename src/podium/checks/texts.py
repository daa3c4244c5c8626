"""The files of the candidate that a job searches, as far as there is room, and what it could not search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from podium.checks.bench import Bench
from podium.checks.ports import UnreadableError

MOST_BYTES = 40_000_000
"""Of files that are read for one job: a second or two of searching, and no more memory than that."""


@dataclass(frozen=True)
class Texts:
    """Files by path, and why others were left out."""

    files: tuple[tuple[str, bytes], ...]
    blind: tuple[str, ...]


def texts(bench: Bench, wanted: Callable[[str], bool]) -> Texts:
    """The candidate's files whose path is wanted; binary ones are no texts."""
    room, files, blind = MOST_BYTES, list[tuple[str, bytes]](), list[str]()
    for path in bench.source.paths("candidate"):
        if not wanted(path):
            continue
        try:
            text = bench.source.read("candidate", path)
        except UnreadableError as error:
            blind.append(f"{path}: {error}")
            continue
        if text is None or b"\0" in text[:1000]:
            continue
        room -= len(text)
        if room < 0:
            blind.append(f"the tree is too large to search: only {MOST_BYTES // 10**6} MB of it were")
            break
        files.append((path, text))
    return Texts(tuple(files), tuple(blind))


def ends_with(endings: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path ends with one of these."""
    return lambda path: path.endswith(endings)
