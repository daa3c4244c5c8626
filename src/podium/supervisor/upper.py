"""Which files an agent has changed so far, by name, from the overlay's upper directory; bounded work at each look.

Only names are read, never contents, and no link is followed, not even one that is put in the way while we look: what
lies there was put there by the agent.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_DEEPEST = 64
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class ChangedFiles:
    """Walks the directory again and again, a bounded number of entries at each look."""

    def __init__(self, upper: Path, *, entries: int = 1000) -> None:
        self._upper = os.fspath(upper)
        self._entries = entries
        self._walk = self._begin()

    def look(self) -> tuple[str, ...]:
        """The next names, relative to the workspace; when a walk has ended, the next look begins another."""
        found: list[str] = []
        for count, path in enumerate(self._walk, start=1):
            if path:
                found.append(path)
            if count >= self._entries:
                return tuple(found)
        self._walk = self._begin()
        return tuple(found)

    def _begin(self) -> Iterator[str]:
        return _below(self._upper, None, "", 0)


def _below(name: str, parent: int | None, prefix: str, depth: int) -> Iterator[str]:
    """Every file below, and an empty text for a directory, so that the caller can count what it costs."""
    try:
        descriptor = os.open(name, _FLAGS, dir_fd=parent)
    except OSError:
        return  # gone again, a link by now, or not for us to read
    try:
        with os.scandir(descriptor) as listing:
            for entry in listing:
                path = f"{prefix}{entry.name}"
                if not entry.is_dir(follow_symlinks=False):
                    yield path
                elif depth < _DEEPEST:
                    yield ""
                    yield from _below(entry.name, descriptor, f"{path}/", depth + 1)
    finally:
        os.close(descriptor)
