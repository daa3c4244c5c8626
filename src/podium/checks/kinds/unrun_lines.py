"""Changed lines that no test runs, by a map of which test runs which line (Python with pytest).

Watching the lines is a second run of the same tests on the same tree, so that it also shows which of them are not to be
relied on: one that passed and now fails. That the watching itself is to blame cannot be ruled out, and is said.
"""

from __future__ import annotations

from itertools import groupby

from podium.checks.bench import Bench, Sighting
from podium.checks.changed_python import ChangedPython, Statement, changed_python, source_changes
from podium.checks.kind import Answer, Cost, GatherOrder, Job
from podium.checks.line_map import LineMap, read_map
from podium.checks.watched import watched
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Blind, Fails, Holds, NotRun, Outcome
from podium.evidence.test_code import is_test_file

NAME = "unrun-lines"
_MOST_UNSTEADY = 20
_MOST_LINES = 2000  # of which the ledger keeps what runs them


class UnrunLines:
    """One job, where Python source changed and the project has a test command."""

    name = NAME

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        command = order.settings.environment.test
        wanted = order.settings.evidence
        if not command or not wanted.test_map or not wanted.budget_seconds or not source_changes(order.changes):
            return ()
        return (
            Job(kind=NAME, name="changed lines are run", work=_work, cost=Cost.MANY, command=command, rests_on="runs"),
        )


async def _work(bench: Bench) -> Answer:
    changed = changed_python(bench.order.changes, bench.source)
    if not changed.statements:
        why = "; ".join(changed.blind[:3])
        return Answer(outcome=Blind(why=why) if why else Holds(), tool="podium")
    untold = await bench.tests_told()
    if untold:
        return Answer(outcome=Blind(why=untold), tool="podium")
    seen = await watched(bench, changed)
    if seen is None:
        return Answer(outcome=NotRun(why="the time for the dearer kinds was spent"), tool="podium")
    found = Findings()
    told = read_map(seen.artefacts)
    outcome = _judge(seen.execution.how, told, changed, found)
    unsteady = await _unsteady(bench, seen, found)
    if unsteady and isinstance(outcome, Holds):
        outcome = Fails(why=unsteady)
    ran = told.named(_MOST_LINES) if told else ()
    return Answer(outcome=outcome, findings=found.all(), candidate=seen.execution, tool="podium", ran=ran)


async def _unsteady(bench: Bench, seen: Sighting, found: Findings) -> str:
    """Tell which tests passed in the plain run, which is known, and failed in this one; a summary, or nothing."""
    environment = bench.order.settings.environment
    plain = await bench.observe("candidate", environment.test, timeout_seconds=environment.test_minutes * 60)
    if seen.execution.how != "exited" or not plain.tests or not seen.tests:
        return ""
    green = {test.name for test in plain.tests if test.verdict == "passed"}
    lost = sorted({test.name for test in seen.tests if test.verdict in ("failed", "error")} & green)
    own = {
        change.path.rpartition("/")[2].partition(".")[0] for change in bench.order.changes if is_test_file(change.path)
    }
    for name in lost[:_MOST_UNSTEADY]:
        level = "warning" if own.intersection(name.partition("::")[0].split(".")) else "note"
        message = f"{name} passed, and failed when the same tests ran again with their lines watched"
        found.add("unsteady", level, message, text=name)
    if not lost:
        return ""
    told = "a test that passed" if len(lost) == 1 else f"{len(lost)} tests that passed"
    return f"{told} failed when the same tests ran again"


def _judge(how: str, told: LineMap | None, changed: ChangedPython, found: Findings) -> Outcome:
    if how != "exited":
        return NotRun(why=f"the tests did not run to their end: {how}")
    if told is None:
        return Blind(why="the test command told nothing: it is no pytest, or it was ended early")
    if not told.tests:
        return Blind(why="no test was executed")
    if not (told.entered | told.early) & {each.path for each in changed.statements}:
        return Blind(why="none of the changed files was run from the workspace: are they installed elsewhere?")
    seen = [each for each in changed.statements if each.function or each.path not in told.early]
    if not seen:
        return Blind(why="what was changed runs at import, and was imported before the tests began")
    unrun = [each for each in seen if not _runs(each, told)]
    for path, statements in groupby(unrun, key=lambda each: each.path):
        for start, end, function in _joined(list(statements)):
            place = f"line {start}" if start == end else f"lines {start} to {end}"
            message = f"no test runs {place}{f' of {function}' if function else ''}"
            found.add("unrun", "warning", message, path=path, line=start, text=f"{function} {end - start}")
    if unrun:
        return Fails(why=f"{len(unrun)} of {len(seen)} changed statements are run by no test")
    return Blind(why="; ".join(changed.blind[:3])) if changed.blind else Holds()


def _runs(statement: Statement, told: LineMap) -> bool:
    """Whether a test runs it; what runs at import only has to be imported."""
    tests = told.of(statement.path, statement.start, statement.end)
    return bool(tests - {""}) if statement.function else bool(tests)


def _joined(statements: list[Statement]) -> list[tuple[int, int, str]]:
    """Neighbours within one function as one range."""
    ranges: list[tuple[int, int, str]] = []
    for each in sorted(statements, key=lambda s: s.start):
        if ranges and ranges[-1][2] == each.function and each.start - ranges[-1][1] <= 2:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], each.end), each.function)
        else:
            ranges.append((each.start, each.end, each.function))
    return ranges


UNRUN_LINES = UnrunLines()
