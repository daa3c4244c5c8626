"""Whether the changed files of tests can be run alone, in place of the whole suite, without any other verdict.

They can where every other test would come out as it does on the base: where the candidate changes nothing of the tests
but modules of tests, and none of them is named anywhere else among the tests. A changed conftest, helper or data file
may concern any test: then nothing less than all of them will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from podium.checks.bench import Bench, Sighting
from podium.checks.ports import UnreadableError
from podium.checks.recognise import absent_paths
from podium.evidence.outcome import FAILING_LIMIT
from podium.evidence.test_code import belongs_to_tests
from podium.runs.model import FileChange

_MODULE = re.compile(r"(?:^|/)(?:test_\w+|\w+_tests?)\.py$")
_MOST_FILES = 50
_MOST_BYTES = 20_000_000  # of the other files of tests, which are searched for the names of the changed ones
_FEW = 40  # tests; so few are run faster than it is found out which to leave
_SHARE = 4  # as many times as many tests there must be: the changed ones run twice


def alone(bench: Bench, candidate: Sighting) -> tuple[str, ...]:
    """The changed files of tests that can be run in place of the whole suite; nothing where all of it is needed."""
    changes = tuple(change for change in bench.order.changes if _concerns_tests(change))
    if not all(_is_module(change) for change in changes):
        return ()
    if absent_paths(bench.order.settings.environment.test, bench.order.changes):
        return ()
    there = tuple(change.path for change in changes if change.status != "deleted")
    if not 0 < len(there) <= _MOST_FILES or not _is_worth_it(candidate, there):
        return ()
    names = {_stem(path) for change in changes for path in (change.path, change.old_path)}
    return () if _is_named_elsewhere(bench, frozenset(there), names) else there


def tells_the_rest(base: Sighting) -> bool:
    """Whether a run on the base names all of its failing tests, so that nobody has to ask those that did not change."""
    known = base.execution
    return known.how == "exited" and known.passed is not None and len(known.failing) < FAILING_LIMIT


def _concerns_tests(change: FileChange) -> bool:
    return belongs_to_tests(change.path) or belongs_to_tests(change.old_path)


def _is_module(change: FileChange) -> bool:
    plain = {change.old_mode[:3], change.new_mode[:3]} <= {"100", "000"}
    return plain and bool(_MODULE.search(change.path) and _MODULE.search(change.old_path))


def _is_worth_it(candidate: Sighting, files: tuple[str, ...]) -> bool:
    stems = {_stem(path) for path in files}
    tests = candidate.tests or ()
    few = sum(not stems.isdisjoint(test.name.partition("::")[0].split(".")) for test in tests)
    return len(tests) >= _FEW and few * _SHARE <= len(tests)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")


def _is_named_elsewhere(bench: Bench, changed: frozenset[str], names: set[str]) -> bool:
    wanted = re.compile(rb"\b(?:" + b"|".join(re.escape(name.encode()) for name in sorted(names)) + rb")\b")
    try:
        return any(wanted.search(text) for text in _others(bench, changed))
    except UnreadableError:
        return True  # who cannot look must not leave anything out


def _others(bench: Bench, changed: frozenset[str]) -> Iterator[bytes]:
    room = _MOST_BYTES
    for path in bench.source.paths("candidate"):
        if path in changed or not path.endswith(".py") or not belongs_to_tests(path):
            continue
        text = bench.source.read("candidate", path) or b""
        room -= len(text)
        if room < 0:
            raise UnreadableError("the tests are too large to be searched")
        yield text
