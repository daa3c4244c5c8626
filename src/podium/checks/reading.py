"""How much of a change is read by the kinds that read whole files: one bound for all of them.

A change has no largest size, a review has a latest moment. The smallest files come first, so that many are looked at
and a file that is put there to hide the others hides only itself. What is left is named, and then nothing holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from podium.checks.ports import Source, UnreadableError
from podium.evidence.outcome import some_of
from podium.runs.model import FileChange

MOST_BYTES = 8_000_000
"""Of both sides of all files together, for one job. A parser of Python takes 0.6 s for a megabyte, and a dozen jobs
parse: a minute at the most, of one core. It is some 250,000 lines; a change of that size is read by nobody."""

PARSED = 2 * 1024 * 1024
"""Of one file: a syntax tree takes a hundred times as much memory. What parses refuses more than that."""

_LOOKED = "looked at the"
_SHOWN = 3
_ORDINARY = 20_000  # changed lines up to which files keep their order


def reading(
    source: Source, changes: Iterable[FileChange], blind: list[str]
) -> Iterator[tuple[FileChange, bytes, bytes]]:
    """Each changed file with its content on the base and on the candidate; empty where that side has none.

    Files that cannot be read, and those for which there is no room, are told in `blind`.
    """
    wanted = list(changes)
    if sum(each.added + each.removed for each in wanted) > _ORDINARY:
        wanted.sort(key=lambda each: (each.added + each.removed, each.path))
    room = MOST_BYTES
    for number, change in enumerate(wanted):
        try:
            old, new = _sides(source, change)
        except UnreadableError as error:
            blind.append(f"{change.path}: {error}")
            continue
        room -= sum(len(text) for text in (old, new) if len(text) <= PARSED)
        if room < 0:
            left = some_of(tuple(each.path for each in wanted[number:]))
            blind.insert(0, f"{_LOOKED} {number} smallest of {len(wanted)} changed files, and not at {left}")
            return
        yield change, old, new


def why_blind(blind: Sequence[str]) -> str:
    """Why a job is blind, in a line; empty where it is not."""
    more = f"; and {len(blind) - _SHOWN} more" if len(blind) > _SHOWN else ""
    return "; ".join(blind[:_SHOWN]) + more


def in_part(why: str, blind: Sequence[str]) -> str:
    """What was found, and that it was found in a part of the change only, where it was."""
    return f"{why}; {blind[0]}" if blind and blind[0].startswith(_LOOKED) else why


def _sides(source: Source, change: FileChange) -> tuple[bytes, bytes]:
    old = b"" if change.status in ("added", "copied") else source.read("base", change.old_path) or b""
    new = b"" if change.status == "deleted" else source.read("candidate", change.path) or b""
    return old, new
