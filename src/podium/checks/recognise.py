"""What a command line tells about itself before it is run. Pure."""

from __future__ import annotations

import posixpath
import shlex

from podium.runs.model import FileChange


def words(command: str) -> tuple[str, ...]:
    """The words of a shell command; of one that cannot be split as a shell would, its parts between white space."""
    try:
        return tuple(shlex.split(command))
    except ValueError:
        return tuple(command.split())


def absent_paths(command: str, changes: tuple[FileChange, ...]) -> tuple[str, ...]:
    """The files named in `command` that the candidate adds, so that the base cannot run it.

    A pytest node id (`tests/test_x.py::test_y`) names its file.
    """
    added = {change.path for change in changes if change.status in ("added", "copied", "renamed")}
    named = (word.partition("::")[0].removeprefix("./") for word in words(command))
    return tuple(dict.fromkeys(path for path in named if path in added))


_REPORTLESS = frozenset({"--collect-only", "--co", "--version", "-V", "--help", "-h", "--fixtures", "--markers"})


def writes_report(command: str) -> bool:
    """Whether this command is surely a run of pytest, which writes a report when it is asked to.

    If it does not, something ended it early: `os._exit(0)` in a conftest looks like success otherwise.
    """
    named = words(command)
    if not _REPORTLESS.isdisjoint(named) or "no:junitxml" in command:
        return False
    return any(posixpath.basename(word) in ("pytest", "py.test") for word in named)
