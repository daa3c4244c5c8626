"""Do the new tests prove the change? The candidate's tests are run on the old source: red before, green after.

It is the cheapest strong signal there is: one run of the tests more, and less than that where only modules of tests
changed. Then these are run alone: the others come out as they do on the base, which is known. That a test is red on the
old source counts only if it is green on the candidate among the same few tests, so that none is red for the lack of
what another one leaves behind. What passes on both sides proves nothing about the change, whatever it is called.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass

from podium.checks.bench import Bench, Sighting
from podium.checks.bring_in import bring_in
from podium.checks.changed_tests import alone, tells_the_rest
from podium.checks.junit import TestResult
from podium.checks.kind import Answer, Cost, GatherOrder, Job
from podium.checks.ports import UnreadableError
from podium.checks.python_claims import parse_tests
from podium.checks.reading import reading
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
    known = await _of_few(bench, candidate, paths, patience)
    if known is None:
        mixed = await bench.observe("base", environment.test, timeout_seconds=patience, from_candidate=paths)
        known = Known(mixed, _by_name(mixed))
    outcome, found = _judge(bench, known, candidate)
    return Answer(
        outcome=outcome, findings=found.all(), base=known.run.execution, candidate=candidate.execution, tool="podium"
    )


@dataclass(frozen=True)
class Known:
    """What is known of the candidate's tests on the old source: the run, and each test that came out in a way."""

    run: Sighting
    tests: dict[str, TestResult]


def _by_name(seen: Sighting) -> dict[str, TestResult]:
    return {test.name: test for test in seen.tests or ()}


async def _of_few(bench: Bench, candidate: Sighting, paths: tuple[str, ...], patience: float) -> Known | None:
    """The same from the changed files of tests alone; None where that would not tell it all."""
    environment = bench.order.settings.environment
    files = alone(bench, candidate)
    if not files:
        return None
    base = await bench.observe("base", environment.test, timeout_seconds=environment.test_minutes * 60)
    if not tells_the_rest(base):
        return None
    brought = bring_in("only_plugin", files, environment.test, bench.order.settings)
    mixed, control = await asyncio.gather(
        bench.observe(
            "base",
            brought.command,
            timeout_seconds=patience,
            env=brought.env,
            inputs=brought.inputs,
            from_candidate=paths,
        ),
        bench.observe("candidate", brought.command, timeout_seconds=patience, env=brought.env, inputs=brought.inputs),
    )
    if mixed.execution.how != "exited" or mixed.tests is None or not control.tests:
        return None
    tests = {name: TestResult(name=name, verdict="failed") for name in base.execution.failing}
    known = Known(mixed, tests | _by_name(mixed))
    fine = {test.name for test in control.tests if test.verdict == "passed"}
    red = [test.name for test in _red(known, candidate) if test.name not in base.execution.failing]
    return known if fine.issuperset(red) else None


def _paths(changes: tuple[FileChange, ...]) -> tuple[str, ...]:
    """Everything of the tests that the candidate changes, the names that are gone included."""
    both = (path for change in changes for path in (change.path, change.old_path) if belongs_to_tests(path))
    return tuple(dict.fromkeys(both))


def _judge(bench: Bench, known: Known, candidate: Sighting) -> tuple[Outcome, Findings]:
    found = Findings()
    for sighting, where in ((known.run, "on the old source"), (candidate, "on the candidate")):
        if sighting.execution.how != "exited":
            detail = sighting.execution.detail or sighting.execution.how
            return NotRun(why=f"the tests did not run to their end {where}: {detail}"), found
    if candidate.tests is None or known.run.tests is None:
        return Blind(why="the test command writes no report that names its tests (JUnit XML)"), found
    green = [test for test in candidate.tests if test.verdict == "passed"]
    if not green:
        return Blind(why="no test passes on the candidate, so that none can prove anything"), found
    red = {test.name for test in _red(known, candidate)}
    functions = _changed_functions(bench)
    idle = [test for test in green if test.name not in red and _changed(test, functions)]
    for name, cases in Counter(test.name.partition("[")[0] for test in idle).items():
        which = f"{name} ({cases} cases)" if cases > 1 else name
        found.add("proves-nothing", "note", f"{which} passes on the old source too", text=name)
    if red:
        return Holds(), found
    count = f"none of {len(idle)} new or changed tests" if idle else "no test"
    return Fails(why=f"{count} fails on the old source"), found


def _red(known: Known, candidate: Sighting) -> list[TestResult]:
    """The tests that pass now and are red on the old source.

    They fail there, or their file cannot even be imported (pytest reports the file then).
    """
    broken = {name.rpartition("::")[2] for name, each in known.tests.items() if each.verdict in _RED}
    found: list[TestResult] = []
    for test in candidate.tests or ():
        before = known.tests.get(test.name)
        if test.verdict != "passed":
            continue
        if before.verdict in _RED if before is not None else not broken.isdisjoint(_outer(test.name)):
            found.append(test)
    return found


def _outer(name: str) -> list[str]:
    """The names by which the file of a test may be reported: its module, and all that this is in."""
    parts = name.partition("::")[0].split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _changed(test: TestResult, functions: dict[str, list[str]]) -> bool:
    """Whether this is a Python test that the candidate adds or changes."""
    module, _, name = test.name.rpartition("::")
    return any(f"{module}.".endswith(place) for place in functions.get(name.partition("[")[0], ()))


def _changed_functions(bench: Bench) -> dict[str, list[str]]:
    """Each new or changed test function by its name: its file's module name and its classes, with a dot each."""
    functions: defaultdict[str, list[str]] = defaultdict(list)
    wanted = (
        change
        for change in bench.order.changes
        if is_test_file(change.path) and change.path.endswith(".py") and change.status != "deleted"
    )
    for change, before, after in reading(bench.source, wanted, []):  # of others it is not told that they prove nothing
        try:
            new, old = parse_tests(after), parse_tests(before)
        except UnreadableError:
            continue
        stem = change.path.rpartition("/")[2].removesuffix(".py")
        for name, test in new.items():
            if test.is_test and (name not in old or old[name].body != test.body):
                classes, _, function = name.rpartition(".")
                functions[function].append(f"{stem}.{classes}." if classes else f"{stem}.")
    return functions


NEW_TESTS_PROVE = NewTestsProve()
