"""Files that are gone from where texts say that they are. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from podium.checks.mentions.search import wanted_text
from podium.checks.mentions.untrue import Untrue
from podium.runs.model import FileChange

_SHORTEST = 6  # letters of a path that is looked for


def files_gone(changes: tuple[FileChange, ...], there: frozenset[str]) -> Iterator[Untrue]:
    """Whole paths, with a folder: a file's name alone is that of many."""
    for change in changes:
        path = change.old_path
        gone = change.status in ("deleted", "renamed") and path not in there
        if not gone or "/" not in path or len(path) < _SHORTEST or not wanted_text(path):
            continue
        now = f"which is {change.path} now" if change.status == "renamed" else "which is gone"
        message = f"names the file {path}, {now}"
        yield Untrue(needle=path, unless=_other(change), message=message, where="anywhere", rule="file-left")


def _other(change: FileChange) -> str:
    return change.path if change.status == "renamed" else ""
