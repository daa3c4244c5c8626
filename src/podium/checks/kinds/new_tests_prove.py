"""Do the new tests prove the change? The candidate's tests are run on the old source: red before, green after.

It is the cheapest strong signal there is: one run of the tests more. What passes on both sides proves nothing about
the change, whatever it is called.
"""

from __future__ import annotations

from collections import Counter

from podium.checks.bench import Bench, Sighting
from podium.checks.junit import TestResult
from podium.checks.kind import Answer, Cost, GatherOrder, Job
from podium.checks.python_claims import UnreadableError, parse_tests
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Blind, Fails, Holds, NotRun, Outcome
from podium.evidence.test_code import belongs_to_tests, is_code, is_test_file
from podium.runs.model import FileChange

_PATIENCE = 3  # times what the candidate takes
_PATIENCE_SECONDS = 20.0
_RED = ("failed", "error")


class NewTestsProve:
    """One job, where source code changed and the project has a test command."""

    name = "new-tests-prove"

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        source = any(is_code(change.path) and not belongs_to_tests(change.path) for change in order.changes)
        command = order.settings.environment.test
        if not source or not command:
            return ()
        return (
            Job(
                kind=self.name,
                name="new tests prove the change",
                work=_work,
                cost=Cost.SUITE,
                command=command,
                rests_on="runs",
            ),
        )


async def _work(bench: Bench) -> Answer:
    paths = _paths(bench.order.changes)
    if not any(is_test_file(change.path) and change.status != "deleted" for change in bench.order.changes):
        return Answer(outcome=Fails(why="no test is added or changed"), tool="podium")
    environment = bench.order.settings.environment
    seconds = environment.test_minutes * 60
    # New tests can hang on old source; how long the candidate takes (known anyway) says what is long.
    candidate = await bench.observe("candidate", environment.test, timeout_seconds=seconds)
    patience = min(seconds, _PATIENCE_SECONDS + _PATIENCE * candidate.execution.seconds)
    mixed = await bench.observe("base", environment.test, timeout_seconds=patience, from_candidate=paths)
    outcome, found = _judge(bench, mixed, candidate)
    return Answer(
        outcome=outcome, findings=found.all(), base=mixed.execution, candidate=candidate.execution, tool="podium"
    )


def _paths(changes: tuple[FileChange, ...]) -> tuple[str, ...]:
    """Everything of the tests that the candidate changes, the names that are gone included."""
    both = (path for change in changes for path in (change.path, change.old_path) if belongs_to_tests(path))
    return tuple(dict.fromkeys(both))


def _judge(bench: Bench, mixed: Sighting, candidate: Sighting) -> tuple[Outcome, Findings]:
    found = Findings()
    for sighting, where in ((mixed, "on the old source"), (candidate, "on the candidate")):
        if sighting.execution.how != "exited":
            detail = sighting.execution.detail or sighting.execution.how
            return NotRun(why=f"the tests did not run to their end {where}: {detail}"), found
    if candidate.tests is None or mixed.tests is None:
        return Blind(why="the test command writes no report that names its tests (JUnit XML)"), found
    before = {test.name: test for test in mixed.tests}
    green = [test for test in candidate.tests if test.verdict == "passed"]
    red = [test for test in green if _is_red(before.get(test.name), test, before)]
    if not green:
        return Blind(why="no test passes on the candidate, so that none can prove anything"), found
    functions = _changed_functions(bench)
    idle = [test for test in green if _changed(test, functions) and test not in red]
    for name, cases in Counter(test.name.partition("[")[0] for test in idle).items():
        which = f"{name} ({cases} cases)" if cases > 1 else name
        found.add("proves-nothing", "note", f"{which} passes on the old source too", text=name)
    if red:
        return Holds(), found
    count = f"none of {len(idle)} new or changed tests" if idle else "no test"
    return Fails(why=f"{count} fails on the old source"), found


def _is_red(before: TestResult | None, test: TestResult, known: dict[str, TestResult]) -> bool:
    """Red on the old source: it fails there, or its file cannot even be imported (pytest reports the file then)."""
    if before is not None:
        return before.verdict in _RED
    module = test.name.partition("::")[0]
    return any(
        each.verdict in _RED and (module == name or module.startswith(f"{name}."))
        for each in known.values()
        if (name := each.name.rpartition("::")[2])
    )


def _changed(test: TestResult, functions: tuple[tuple[str, str, str], ...]) -> bool:
    """Whether this is a Python test that the candidate adds or changes."""
    module, _, name = test.name.rpartition("::")
    plain = name.partition("[")[0]
    return any(f"{module}.".endswith(f"{stem}.{prefix}") and plain == function for stem, prefix, function in functions)


def _changed_functions(bench: Bench) -> tuple[tuple[str, str, str], ...]:
    """Each new or changed test function: its file's module name, its classes with a dot each, its name."""
    functions: list[tuple[str, str, str]] = []
    for change in bench.order.changes:
        if not is_test_file(change.path) or not change.path.endswith(".py") or change.status == "deleted":
            continue
        try:
            new = parse_tests(bench.source.read("candidate", change.path) or b"")
            old = parse_tests(b"" if change.status == "added" else bench.source.read("base", change.old_path) or b"")
        except UnreadableError:
            continue
        stem = change.path.rpartition("/")[2].removesuffix(".py")
        for name, test in new.items():
            if test.is_test and (name not in old or old[name].body != test.body):
                classes, _, function = name.rpartition(".")
                functions.append((stem, f"{classes}." if classes else "", function))
    return tuple(functions)


NEW_TESTS_PROVE = NewTestsProve()
