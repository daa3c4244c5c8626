"""Tests that a diff deletes or weakens, told by its lines. Pure.

Lines are what every language has. Where the project's language is understood better (`podium.checks.weakened_python`),
that takes the place of `weakened_lines` for its files.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections import Counter, defaultdict, deque
from difflib import get_close_matches

from podium.evidence.fingerprint import Findings
from podium.evidence.test_code import (
    asserts,
    focuses,
    hides_a_module,
    is_test_file,
    marks_a_test,
    rules_the_tests,
    runs_unasked,
    sets_a_rule,
    silences,
    skips,
    test_case,
)
from podium.runs.model import DiffLine, FileChange, Hunk

_COMPARISON = re.compile(r"^(?P<left>.*?)(?:==|, |\.toBe\(|\.toEqual\(|\.toStrictEqual\()(?P<right>.*)$")
_NEAR = re.compile(r"[^\W_]+")
_NOTHING = "000000"
_MOST_PAIRS = 20_000
"""Old names times new ones, or old lines times new ones, up to which it is asked which are alike: a second or less.
Beyond, what is not equal counts as gone, which is told as the graver thing."""
_MEANT = {
    "make": re.compile(r"(?:^|/)(?:GNUm|[Mm])akefile$|\.mk$"),
    "just": re.compile(r"(?:^|/)\.?[Jj]ustfile$|\.just$"),
    "task": re.compile(r"(?:^|/)[Tt]askfile(?:\.dist)?\.ya?ml$"),
    "rake": re.compile(r"(?:^|/)Rakefile$|\.rake$"),
    "hatch": re.compile(r"(?:^|/)hatch\.toml$"),
}
"""Where it stands what a program of the test command is to do."""


def deleted_tests(changes: tuple[FileChange, ...]) -> Findings:
    """Test files and test cases that are gone: not moved to another test file of the same candidate.

    A test that only changed its name or its file is a note.
    """
    found = Findings()
    arrived = Counter(name for change in changes if is_test_file(change.path) for name in _cases(change, "+"))
    for change in changes:
        if not is_test_file(change.old_path):
            continue
        if change.status == "deleted":
            _deleted_file(change, arrived, found)
            continue
        if change.status == "renamed" and not is_test_file(change.path):
            message = f"{change.old_path} is renamed to {change.path}, where no test runner looks for it"
            found.add("test-file-hidden", "error", message, path=change.path)
        for hunk in change.hunks:
            _deleted_cases(change, hunk, arrived, found)
        _fewer_marks(change, found)
    return found


def _cases(change: FileChange, kind: str) -> list[str]:
    lines = (line for hunk in change.hunks for line in hunk.lines if line.kind == kind)
    return [name for name in (test_case(line.text) for line in lines) if name]


def _deleted_file(change: FileChange, arrived: Counter[str], found: Findings) -> None:
    gone = [name for name in _cases(change, "-") if not _take(arrived, name)]
    moved = len(_cases(change, "-")) - len(gone)
    if moved and not gone:
        message = f"the test file {change.path} is gone; its {moved} tests are in other files now"
        found.add("test-file-moved", "note", message, path=change.path, side="old")
        return
    held = f" with {len(gone)} tests" if len(gone) > 1 else ""
    message = f"the test file {change.path} is deleted{held}"
    found.add("test-file-deleted", "error", message, path=change.path, side="old", text="deleted")


def _deleted_cases(change: FileChange, hunk: Hunk, arrived: Counter[str], found: Findings) -> None:
    old = {test_case(line.text) for line in hunk.lines if line.kind != "+"}
    fresh = [name for name in (test_case(line.text) for line in hunk.lines if line.kind == "+") if name not in old]
    few = len(old) * len(fresh) <= _MOST_PAIRS
    for line in hunk.lines:
        name = test_case(line.text) if line.kind == "-" else ""
        if not name or _take(arrived, name):
            continue
        renamed = next(iter(get_close_matches(name, fresh, n=1, cutoff=0.6)), "") if few else ""
        if renamed:
            fresh.remove(renamed)
            found.add_line("test-case-renamed", "note", f"the test {name} is now called {renamed}", change, line)
        else:
            found.add_line("test-case-deleted", "error", f"the test {name} is deleted", change, line)


def _take(arrived: Counter[str], name: str) -> bool:
    if arrived[name] <= 0:
        return False
    arrived[name] -= 1
    return True


def _fewer_marks(change: FileChange, found: Findings) -> None:
    """Rust and Java declare a test on a line of its own."""
    lines = [line for hunk in change.hunks for line in hunk.lines if marks_a_test(line.text)]
    lost = sum(line.kind == "-" for line in lines) - sum(line.kind == "+" for line in lines)
    if lost > 0:
        message = f"{lost} fewer declared tests than before"
        found.add("test-case-deleted", "error", message, path=change.old_path, side="old", text="declared")


def weakened_tests(changes: tuple[FileChange, ...]) -> Findings:
    """Signs that existing tests check less than before."""
    found = Findings()
    weakened_lines(changes, found)
    test_rules_changed(changes, found)
    return found


def weakened_lines(changes: tuple[FileChange, ...], found: Findings) -> None:
    """Assertions removed or changed, tests skipped, in test files of any language."""
    for change in changes:
        if not is_test_file(change.path) or change.status == "deleted":
            continue
        for hunk in change.hunks:
            _skipped(change, hunk, found)
            if change.status != "added":
                _assertions(change, hunk, found)


def focused_lines(changes: tuple[FileChange, ...], found: Findings) -> None:
    """New lines that make a runner leave out all other tests; the files' other lines are read better elsewhere."""
    for change in changes:
        for line in (line for hunk in change.hunks for line in hunk.lines if line.kind == "+"):
            if focuses(line.text):
                found.add_line("test-focused", "error", "the runner is made to leave out all other tests", change, line)


def test_rules_changed(changes: tuple[FileChange, ...], found: Findings) -> None:
    """Files that rule how tests, coverage or CI run, and lines elsewhere that rule the same or silence a check."""
    for change in changes:
        if rules_the_tests(change.path) or rules_the_tests(change.old_path):
            message = f"{change.path} rules how tests or CI run"
            found.add("test-rules", "warning", message, path=change.path)
        elif runs_unasked(change.path):
            message = f"{change.path} runs before the tests, or in place of what runs them"
            found.add("test-runner", "warning", message, path=change.path)
        elif change.status != "modified" and change.new_mode != _NOTHING and hides_a_module(change.path):
            message = f"{change.path} is imported in place of Python's own module, by the tests' runner too"
            found.add("test-runner", "warning", message, path=change.path)
        else:
            _rules_by_line(change, found)


def test_program_changed(changes: tuple[FileChange, ...], command: str, found: Findings) -> None:
    """Files that the test command itself names, or that say what its words mean: a script can end well untested."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    named = {posixpath.normpath(word) for word in words if not word.startswith("-")}
    meant = [pattern for program, pattern in _MEANT.items() if any(posixpath.basename(w) == program for w in words)]
    for change in changes:
        by_name = change.path in named and not is_test_file(change.path)
        if by_name or any(pattern.search(change.path) for pattern in meant):
            message = f"{change.path} is what the test command runs: {command[:80]}"
            found.add("test-program", "warning", message, path=change.path)


def _rules_by_line(change: FileChange, found: Findings) -> None:
    gone = Counter(line.text.strip() for hunk in change.hunks for line in hunk.lines if line.kind == "-")
    for line in (line for hunk in change.hunks for line in hunk.lines if line.kind == "+"):
        if gone[line.text.strip()] > 0:
            gone[line.text.strip()] -= 1
        elif sets_a_rule(change.path, line.text):
            message = f"this rules which tests run, or what fails a check: {_said(line)}"
            found.add_line("test-rules", "warning", message, change, line)
        elif silences(change.path, line.text):
            message = f"a linter, a type checker or coverage is silenced: {_said(line)}"
            found.add_line("check-silenced", "warning", message, change, line)


def _said(line: DiffLine) -> str:
    text = " ".join(line.text[:400].split())
    return text if len(text) <= 80 else f"… {text[-80:]}"  # what silences stands at the end of a line


def _skipped(change: FileChange, hunk: Hunk, found: Findings) -> None:
    before = Counter(line.text.strip() for line in hunk.lines if line.kind == "-")
    for line in hunk.lines:
        if line.kind != "+":
            continue
        text = line.text.strip()
        if before[text] > 0:
            before[text] -= 1
        elif skips(line.text):
            found.add_line("test-skipped", "error", "a test is skipped or expected to fail", change, line)
        elif focuses(line.text):
            found.add_line("test-focused", "error", "the runner is made to leave out all other tests", change, line)


def _assertions(change: FileChange, hunk: Hunk, found: Findings) -> None:
    """Pair removed with added assertions of a hunk by what they are about; tell what was removed or changed."""
    removed = [line for line in hunk.lines if line.kind == "-" and asserts(line.text)]
    added = {line.new: line for line in hunk.lines if line.kind == "+" and asserts(line.text)}
    alike: defaultdict[str, deque[int]] = defaultdict(deque)
    for line in added.values():
        alike[_normal(line.text)].append(line.new)
    few = len(removed) * len(added) <= _MOST_PAIRS
    for line in removed:
        equal = alike[_normal(line.text)]
        while equal and equal[0] not in added:
            equal.popleft()
        if equal:
            del added[equal.popleft()]
            continue
        twin = next((other for other in added.values() if _same_subject(line.text, other.text)), None) if few else None
        if twin is not None:
            del added[twin.new]
            found.add_line("expectation-changed", "warning", "an existing test expects something else", change, twin)
            continue
        found.add_line("assertion-removed", "warning", "an assertion is removed from an existing test", change, line)


def _normal(text: str) -> str:
    return "".join(text.split())


def _same_subject(old: str, new: str) -> bool:
    one, other = _COMPARISON.match(old.strip()), _COMPARISON.match(new.strip())
    if one is not None and other is not None and _normal(one["left"]) == _normal(other["left"]):
        return True
    a, b = set(_NEAR.findall(old)), set(_NEAR.findall(new))
    return bool(a and b) and len(a & b) / len(a | b) >= 0.6
