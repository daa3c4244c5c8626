"""The verdict of one check, from how it ran on the base and on the candidate. Pure."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from podium.evidence.model import Blind, BrokenBefore, Execution, Fails, Holds, NotRun, Outcome

Expectation: TypeAlias = Literal["new", "kept"]
"""What a check is about: `new`, something that the task is to bring about, so that failing on the base is expected;
`kept`, something that held before and must still hold, so that failing on both is not the candidate's doing."""

_WHEREABOUTS = ("rootdir: ", "inifile: ", "configfile: ")
FAILING_LIMIT = 100
"""Names of failing tests that an execution keeps."""

_NOT_FOUND = 127
_NO_TESTS = 5  # pytest; unittest from Python 3.12


def outcome_of(
    base: Execution | None,
    candidate: Execution | None,
    *,
    expectation: Expectation = "kept",
    repeats: tuple[Execution, ...] = (),
) -> Outcome:
    """The verdict of a check that was run on both trees; None = it was not run there.

    `repeats` are further executions on the candidate: when they do not agree, nobody knows.
    """
    if candidate is None:
        return NotRun(why="nobody ran it")
    first = _single(base, candidate, expectation)
    if any(type(_single(base, again, expectation)) is not type(first) for again in repeats):
        held = sum(isinstance(_single(base, run, expectation), Holds) for run in (candidate, *repeats))
        return Blind(why=f"flaky: on the same tree it held in {held} of {1 + len(repeats)} runs")
    return _steady(base, first, (candidate, *repeats))


def _steady(base: Execution | None, first: Outcome, runs: tuple[Execution, ...]) -> Outcome:
    """A failure whose tests are named is one only where a test failed each time: another one every time is chance."""
    known: list[set[str]] = [set(newly_failing(base, run) if base is not None else run.failing) for run in runs]
    if not isinstance(first, Fails) or len(runs) < 2 or not all(known):
        return first
    if any(len(run.failing) >= FAILING_LIMIT for run in runs) or known[0].intersection(*known):
        return first
    named = some_of(tuple(sorted(known[0].union(*known))))
    return Blind(why=f"flaky: in {len(runs)} runs on the same tree no test failed each time: {named}")


def held(execution: Execution | None) -> bool:
    """Whether this execution, looked at alone, is a success that tells something."""
    return execution is not None and isinstance(_single(None, execution, "kept"), Holds)


def executed(execution: Execution | None) -> int | None:
    """How many tests it executed (skipped ones are not executed), or None where that is not known."""
    if execution is None or execution.passed is None:
        return None
    return execution.passed + (execution.failed or 0)


def newly_failing(base: Execution | None, candidate: Execution) -> tuple[str, ...]:
    """Tests that fail on the candidate and did not on the base, where both wrote a complete report."""
    if base is None or base.passed is None or len(base.failing) >= FAILING_LIMIT:
        return ()
    return tuple(name for name in candidate.failing if name not in base.failing)


def _single(base: Execution | None, candidate: Execution, expectation: Expectation) -> Outcome:
    if candidate.how in ("broken", "budget", "absent"):
        return NotRun(why=_why_not_run(candidate))
    if candidate.how in ("timeout", "limit"):
        return _cut_off(base, candidate, expectation)
    if _ran_no_tests(candidate):
        return _no_tests(base, candidate)
    if candidate.exit_code == 0 and not candidate.failed:
        return _success(base, candidate)
    return _failure(base, candidate, expectation)


def _why_not_run(execution: Execution) -> str:
    words = {
        "broken": "the sandbox broke",
        "budget": "the time budget was spent",
        "absent": "there is nothing to run",
    }
    head = words[execution.how]
    return f"{head}: {execution.detail}" if execution.detail else head


def _cut_off(base: Execution | None, candidate: Execution, expectation: Expectation) -> Outcome:
    if candidate.how == "timeout":
        why = f"it did not end within {candidate.seconds:.0f} s"
    else:
        why = f"it was stopped at a limit: {candidate.detail or 'unknown'}"
    if expectation == "kept" and base is not None and base.how == candidate.how:
        return BrokenBefore(why=f"{why}, on the base neither")
    if base is not None and base.how == "exited" and base.exit_code == 0:
        why += f"; on the base it took {base.seconds:.1f} s"
    return Fails(why=why)


def _ran_no_tests(execution: Execution) -> bool:
    count = executed(execution)
    if count == 0 and execution.exit_code in (0, _NO_TESTS):
        return True
    if count is None and execution.exit_code == 0:  # unittest before Python 3.12 ends well without a test
        return re.search(r"^Ran 0 tests in ", execution.output, re.MULTILINE) is not None
    return count is None and execution.exit_code == _NO_TESTS and "no tests ran" in execution.output.lower()


def _no_tests(base: Execution | None, candidate: Execution) -> Outcome:
    before = executed(base)
    if before:
        return Fails(why=f"it executes no test any more; on the base it executed {before}")
    skipped = f" ({candidate.skipped} skipped)" if candidate.skipped else ""
    return Blind(why=f"no test was executed{skipped}")


def _success(base: Execution | None, candidate: Execution) -> Outcome:
    # A candidate can end its own test run early with success; what it cannot do is write nothing where a report was.
    if candidate.passed is None and candidate.detail:
        return Blind(why=f"it ended with exit 0, but {candidate.detail}")
    if candidate.passed is None and base is not None and base.passed is not None:
        return Blind(why="it ended with exit 0 but wrote no test report; on the base it wrote one")
    return Holds()


def _failure(base: Execution | None, candidate: Execution, expectation: Expectation) -> Outcome:
    why = _failure_text(candidate)
    if expectation == "new" or base is None or base.how != "exited":
        return Fails(why=why)
    if candidate.exit_code == _NOT_FOUND and base.exit_code == _NOT_FOUND:
        return NotRun(why=f"the command was not found: {last_line(candidate.output)}")
    if base.exit_code == 0 and not base.failed:
        return Fails(why=why)
    new = newly_failing(base, candidate)
    if new:
        return Fails(why=f"{len(new)} failing that did not fail on the base: {some_of(new)}")
    if (candidate.failed or 0) > (base.failed or 0) and base.passed is not None:
        return Fails(why=f"{candidate.failed} tests fail; on the base {base.failed}")
    if base.passed and not candidate.passed:
        # A few tests that were red before are no excuse for a suite that does not even begin any more.
        return Fails(why=f"{why}; on the base {base.passed} passed")
    return BrokenBefore(why=f"{why}; it failed on the base too")


def _failure_text(execution: Execution) -> str:
    head = f"exit {execution.exit_code}"
    count = executed(execution)
    if execution.failed and count:
        return f"{head}: {execution.failed} of {count} tests fail: {some_of(execution.failing)}"
    line = last_line(execution.output)
    return f"{head}: {line}" if line else head


def last_line(output: str) -> str:
    """The last line of an output that says something, cut to 200 characters.

    What a tool adds to its error about where it stands (pytest: `rootdir: ...`) is passed over.
    """
    found = (line.strip(" \t=-_*") for line in reversed(output.splitlines()))
    text = next((line for line in found if line and not line.startswith(_WHEREABOUTS)), "")
    return text if len(text) <= 200 else text[:199] + "…"


def some_of(names: tuple[str, ...], limit: int = 3) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown
