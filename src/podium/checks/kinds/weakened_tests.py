"""Weakened tests: Python, JavaScript, TypeScript, Go and Rust by their syntax, every other language by its lines."""

from __future__ import annotations

import re

from podium.checks.bench import Bench
from podium.checks.kind import Answer, GatherOrder, Job
from podium.checks.languages.claimed_tests import claimed_tests, reads_tests
from podium.checks.ports import UnreadableError
from podium.checks.python_claims import Test, parse_tests
from podium.checks.python_weakened import TestFile, weakenings
from podium.checks.reading import in_part, reading, why_blind
from podium.evidence.change_rules import changed_lines
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Blind, Fails, Holds
from podium.evidence.rules import diff_command
from podium.evidence.test_code import is_test_file
from podium.evidence.weakened import focused_lines, test_program_changed, test_rules_changed, weakened_lines
from podium.runs.model import FileChange

_LINE_LIMIT = 2000
_HOOK = re.compile(
    r"\bdef\s+pytest_(?:collection|runtest|ignore|itemcollected|report|sessionfinish|pyfunc)\w*|^collect_ignore"
)
_ENDING = re.compile(r"\bos\._exit\s*\(|\bos\.kill\s*\(\s*os\.getpid|\bpytest\.exit\s*\(")
_LEAVES = re.compile(r"\bos\._exit\b")
_KNOWS_THE_TEST = re.compile(
    r"PYTEST_CURRENT_TEST|[\"']pytest[\"']\s+in\s+sys\.modules|\bsys\.modules\b.*[\"'](?:pytest|unittest)[\"']"
    r"|\bsys\._called_from_test\b|process\.env\.(?:JEST_WORKER_ID|VITEST)|NODE_ENV\W+test\b|\btesting\.Testing\(\)"
)


class WeakenedTests:
    """One job; reads the changed test files on both sides and runs nothing."""

    name = "weakened-tests"

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        command = diff_command(order.base_tree, order.tree)
        job = Job(
            kind="weakened-tests",
            name="weakened tests",
            work=_work,
            command=command,
            rests_on="trees",
            reads_diff="code",
        )
        return (job,)


async def _work(bench: Bench) -> Answer:
    found, files, blind = Findings(), list[TestFile](), list[str]()
    wanted = [change for change in bench.order.changes if _read_by_syntax(change)]
    for change, old, new in reading(bench.source, wanted, blind):
        try:
            files.append(_file(change, old, new))
        except UnreadableError as error:
            blind.append(f"{change.path}: {error}")
    read = {file.path for file in files}
    by_lines = tuple(change for change in bench.order.changes if change.path not in read)
    foreign = tuple(change for change in wanted if change.path in read and not change.path.endswith(".py"))
    for each in weakenings(tuple(files)):
        found.add(each.rule, each.level, each.message, path=each.path, line=each.line, side=each.side, text=each.text)
    weakened_lines(by_lines, found)
    focused_lines(foreign, found)
    _lines(bench.order.changes, found)
    test_rules_changed(bench.order.changes, found)
    test_program_changed(bench.order.changes, bench.order.settings.environment.test, found)
    if found.count:
        why = "a test may be weakened" if found.count == 1 else f"{found.count} places where tests may be weakened"
        return Answer(outcome=Fails(why=in_part(why, blind)), findings=found.all(), tool="podium")
    return Answer(outcome=Blind(why=why_blind(blind)) if blind else Holds(), tool="podium")


def _file(change: FileChange, old: bytes, new: bytes) -> TestFile:
    if not {change.old_mode[:3], change.new_mode[:3]} <= {"100", "000"}:
        raise UnreadableError("it is no regular file")
    return TestFile(change.path, change.old_path, _parsed(change.old_path, old), _parsed(change.path, new))


def _read_by_syntax(change: FileChange) -> bool:
    if change.binary or not (change.added or change.removed or change.path != change.old_path):
        return False
    if change.path.endswith(".py"):
        return is_test_file(change.path) or is_test_file(change.old_path)
    return reads_tests(change.path) or (change.path != change.old_path and reads_tests(change.old_path))


def _parsed(path: str, source: bytes) -> dict[str, Test]:
    if path.endswith(".py"):
        return parse_tests(source)
    found = claimed_tests(path, source) if reads_tests(path) else {}
    # Beside the code of Rust stand functions that assert and are no tests.
    return found if is_test_file(path) else {name: test for name, test in found.items() if test.declared}


def _lines(changes: tuple[FileChange, ...], found: Findings) -> None:
    for change in changes:
        tests = is_test_file(change.path)
        for line in changed_lines(change):
            text = line.text[:_LINE_LIMIT]
            if line.kind == "-":
                continue
            if tests and change.path.endswith("conftest.py") and _HOOK.search(text):
                found.add_line("test-hook", "error", "it changes which tests run or what they report", change, line)
            elif tests and _ENDING.search(text):
                found.add_line("ends-test-run", "error", "it ends the test run", change, line)
            elif not tests and change.path.endswith(".py") and _LEAVES.search(text):
                found.add_line("ends-test-run", "warning", "it ends whatever runs it, a test run too", change, line)
            elif not tests and _KNOWS_THE_TEST.search(text):
                found.add_line("knows-the-test", "error", "the source asks whether it is being tested", change, line)


WEAKENED_TESTS = WeakenedTests()
