"""The tests that a task is to satisfy as they are: those files that the checks of its clauses name. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from podium.evidence.test_code import belongs_to_tests

_WORDS = re.compile(r"[^\s'\"=;|&()<>`$]+")


def guarded_tests(checks: Iterable[str], files: Collection[str]) -> tuple[str, ...]:
    """The test files among `files` that one of these commands names (`pytest tests/test_a.py::test_x`, say).

    A folder that a command names guards nothing: an honest task adds its own tests there.
    """
    known = set(files)
    named = (word.partition("::")[0].removeprefix("./") for check in checks for word in _WORDS.findall(check))
    return tuple(dict.fromkeys(path for path in named if path in known and belongs_to_tests(path)))
