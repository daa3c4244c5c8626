"""Would a test fail if a changed line were wrong? Mutants of changed functions (Python with pytest).

Each survivor is a question to the reviewer, not a verdict: some mutants change nothing that anybody could see.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias

import msgspec

from podium.checks.bench import Bench
from podium.checks.bring_in import bring_in
from podium.checks.changed_python import ChangedPython, changed_python, source_changes
from podium.checks.kind import Answer, Cost, GatherOrder, Job
from podium.checks.line_map import read_map
from podium.checks.watched import watched
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Blind, Fails, Holds, MutantStatus, NotRun, Outcome, TriedMutant

NAME = "mutants"
ARTEFACT = "mutants.json"
_MOST = 300
_MOST_KEPT = 1000
_NUMBER = range(1 << 31)
_Status: TypeAlias = Literal["passed", "failed", "timeout", "died", "broken", "not tried", "unrun"]
_STATUS: dict[_Status, MutantStatus] = {
    "passed": "Survived", "failed": "Killed", "died": "Killed", "timeout": "Timeout", "broken": "RuntimeError",
    "not tried": "Pending", "unrun": "NoCoverage",
}  # fmt: skip
_SHARE = 0.85  # of the time, for the mutants; the rest is for starting and collecting


class _Mutant(msgspec.Struct):
    path: str
    line: int
    ask: str
    status: _Status
    tests: int = 0
    span: tuple[int, int, int] = (0, 0, 0)
    syntax: str = ""


class Told(msgspec.Struct):
    """What the plugin in the sandbox told: by a process that the candidate's code shares."""

    tests: int
    mutants: list[_Mutant]
    blind: list[str]
    uncovered: int = 0
    unrun: list[_Mutant] = []


class Mutants:
    """One job, where it is asked for, Python source changed and the project has a test command."""

    name = NAME

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        command = order.settings.environment.test
        wanted = order.settings.evidence
        if not command or not wanted.mutants or not wanted.budget_seconds or not source_changes(order.changes):
            return ()
        return (
            Job(
                kind=NAME, name="mutants of changed lines", work=_work, cost=Cost.MANY, command=command, rests_on="runs"
            ),
        )


async def _work(bench: Bench) -> Answer:
    every = changed_python(bench.order.changes, bench.source)
    changed = replace(every, statements=tuple(each for each in every.statements if each.function))
    if not changed.statements:
        why = "; ".join(changed.blind[:3]) or "no function is changed: what runs at import is not mutated"
        return Answer(outcome=Blind(why=why), tool="podium")
    untold = await bench.tests_told()
    if untold:
        return Answer(outcome=Blind(why=untold), tool="podium")
    environment = bench.order.settings.environment
    known = await _known(bench, every, changed) if bench.order.settings.evidence.test_map else {}
    seconds = bench.spare_seconds()
    data = {"lines": changed.lines(), "most": _MOST, "seconds": round(seconds * _SHARE, 1), **known}
    brought = bring_in(
        "mutants_plugin", data, environment.test, bench.order.settings, needs=("lines_plugin", "mutations")
    )
    if seconds <= 0:
        return Answer(outcome=NotRun(why="the time for the dearer kinds was spent"), tool="podium")
    seen = await bench.observe(
        "candidate",
        brought.command,
        timeout_seconds=seconds,
        env=brought.env,
        artefacts=(ARTEFACT,),
        inputs=brought.inputs,
    )
    found = Findings()
    told = read_told(seen.artefacts.get(ARTEFACT))
    outcome = _judge(seen.execution.how, told, found)
    tried = tried_mutants(told, changed.lines())
    return Answer(outcome=outcome, findings=found.all(), candidate=seen.execution, tool="podium", mutants=tried)


async def _known(bench: Bench, every: ChangedPython, changed: ChangedPython) -> dict[str, object]:
    """By the map that is made anyway, the tests that run a changed line, and the lines; nothing where it is missing."""
    seen = await watched(bench, every)
    told = read_map(seen.artefacts) if seen is not None and seen.execution.how == "exited" else None
    if told is None:
        return {}
    tests: set[str] = set()
    ran: dict[str, list[int]] = {}
    for path, lines in changed.lines().items():
        for line in lines:
            found = told.of(path, line, line) - {""}
            tests |= found
            if found:
                ran.setdefault(path, []).append(line)
    return {"only": sorted(tests), "ran": ran}


def read_told(told: bytes | None) -> Told | None:
    """What the plugin wrote, or None where that is nothing that it would write."""
    try:
        return msgspec.json.decode(told or b"", type=Told)
    except msgspec.MsgspecError:
        return None


def tried_mutants(told: Told | None, lines: dict[str, list[int]]) -> tuple[TriedMutant, ...]:
    """All mutants, each on a line that is in question: what wrote them down shares a process with the candidate."""
    wanted = {path: frozenset(each) for path, each in lines.items()}
    kept: list[TriedMutant] = []
    every = (*told.mutants, *told.unrun) if told else ()
    for each in sorted(every, key=lambda mutant: mutant.status == "not tried"):
        column, end, end_column = each.span
        sound = all(number in _NUMBER for number in (*each.span, each.tests))
        if not sound or each.line not in wanted.get(each.path, ()) or len(kept) >= _MOST_KEPT:
            continue
        kept.append(
            TriedMutant(
                path=each.path,
                line=each.line,
                column=column,
                end_line=max(end, each.line),
                end_column=end_column,
                syntax=each.syntax[:40] if each.syntax.isidentifier() else "",
                ask=each.ask[:200],
                status=_STATUS[each.status],
                tests=each.tests,
            )
        )
    return tuple(kept)


def _judge(how: str, known: Told | None, found: Findings) -> Outcome:
    if how != "exited":
        return NotRun(why=f"it did not come to its end: {how}")
    if known is None:
        return Blind(why="the test command told nothing: it is no pytest, or not all tests came to their end in time")
    tried = [each for each in known.mutants if each.status in ("passed", "failed", "timeout", "died")]
    alive = [each for each in tried if each.status == "passed"]
    lines: set[tuple[str, int]] = set()
    for each in alive:
        if (each.path, each.line) not in lines:  # one question a line is enough to look at it
            lines.add((each.path, each.line))
            tests = f"none of the {each.tests} tests that run it fails" if each.tests > 1 else "the one test passes"
            found.add("survivor", "warning", f"if {each.ask}, {tests}", path=each.path, line=each.line)
    left = len(known.mutants) - len(tried)
    rest = "; ".join([*known.blind[:3], *([f"{left} were not tried"] if left else [])])
    if alive:
        why = f"{len(alive)} of {len(tried)} small changes of the changed lines let every test pass"
        return Fails(why=f"{why} ({rest})" if rest else why)
    if not tried:
        why = "no test runs them" if known.uncovered else "there is nothing on them that could be mutated"
        return Blind(why=rest or f"no mutant of the changed lines: {why}")
    return Blind(why=f"{len(tried)} mutants were caught; {rest}") if rest else Holds()


MUTANTS = Mutants()
