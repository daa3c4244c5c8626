"""What a command line tells about itself before it is run. Pure."""

from __future__ import annotations

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
