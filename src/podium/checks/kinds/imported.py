"""Reports of the project's own tools: `[evidence.import.NAME]` in podium.toml. Their command is the person's.

SARIF and JUnit are made on both trees, and what the base has too is not told. LCOV and Cobertura are made on the
candidate alone, and tell which changed lines nothing ran; so are mutation testing reports, and what survived on changed
lines is a question each. A tool that wrote no report that can be read is never clean.
"""

from __future__ import annotations

import asyncio
import posixpath
import re
import shlex
from collections import Counter
from collections.abc import Awaitable, Callable

from podium.checks.bench import Bench, Sighting
from podium.checks.coverage_in import Coverage, parse_cobertura, parse_lcov
from podium.checks.junit import parse_junit
from podium.checks.kind import Answer, Cost, GatherOrder, Job
from podium.checks.ports import Side, UnreadableError
from podium.checks.report_paths import Places
from podium.checks.sarif_in import ReportError, Told, parse_sarif
from podium.checks.stryker_in import MutatedFile, ToldMutant, parse_stryker
from podium.evidence.change_rules import changed_lines
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Blind, Fails, Holds, NotRun, Outcome
from podium.evidence.test_code import belongs_to_tests
from podium.kernel.errors import PodiumError
from podium.project.model import ImportedReport

NAME = "import"
REPORT = "report"
_BY_LINES = ("lcov", "cobertura", "stryker")  # what they tell is asked at the changed lines


class Imported:
    """One job per tool that podium.toml names."""

    name = NAME

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        return tuple(_job(tool) for tool in order.settings.evidence.imports)


def _job(tool: ImportedReport) -> Job:
    judge: dict[str, Callable[[Bench, ImportedReport], Awaitable[Answer]]] = {
        "sarif": _sarif,
        "junit": _junit,
        "stryker": _mutants,
    }

    async def work(bench: Bench) -> Answer:
        return await judge.get(tool.format, _coverage)(bench, tool)

    return Job(
        kind=NAME,
        name=tool.name,
        work=work,
        cost=Cost.SUITE,
        command=tool.command,
        required=tool.required,
        reads_diff="code" if tool.format in _BY_LINES else "",
    )


def _command(tool: ImportedReport) -> str:
    """The person's command, with its report brought to where Podium looks for it."""
    if not tool.file:
        return f'{{ {tool.command}\n}} > "$PODIUM_OUT/{REPORT}"'
    place = shlex.quote(f"./{tool.file}")
    return f'rm -rf {place}; {{ {tool.command}\n}}; code=$?; cat {place} > "$PODIUM_OUT/{REPORT}"; exit $code'


async def _run(bench: Bench, tool: ImportedReport, side: Side) -> Sighting:
    minutes = bench.order.settings.environment.test_minutes
    return await bench.observe(side, _command(tool), timeout_seconds=minutes * 60, artefacts=(REPORT,))


def _unread(seen: Sighting, where: str) -> Outcome | None:
    """Why a run has no report; None when it has one."""
    if seen.execution.how != "exited":
        return NotRun(why=f"it did not run to its end on the {where}: {seen.execution.detail or seen.execution.how}")
    if not seen.artefacts.get(REPORT, b"").strip():
        code = seen.execution.exit_code
        return Blind(why=f"it wrote no report on the {where} (exit code {code})")
    return None


async def _both(bench: Bench, tool: ImportedReport) -> tuple[Sighting, Sighting]:
    candidate, base = await asyncio.gather(_run(bench, tool, "candidate"), _run(bench, tool, "base"))
    return base, candidate


async def _sarif(bench: Bench, tool: ImportedReport) -> Answer:
    base, candidate = await _both(bench, tool)
    found = Findings()
    outcome, by = _unread(candidate, "candidate"), ""
    if outcome is None:
        try:
            told, by = parse_sarif(candidate.artefacts[REPORT], Places(bench.source.paths("candidate")))
            known, without = _known(bench, base)
            for each in _new(bench, told, known):
                found.add(each.rule, each.level, each.message, path=each.path, line=each.line, text=_line(bench, each))
            outcome = _judged(found, without)
        except ReportError as error:
            outcome = Blind(why=str(error))
    return Answer(
        outcome=outcome, findings=found.all(), base=base.execution, candidate=candidate.execution, tool=by or tool.name
    )


def _judged(found: Findings, without: str) -> Outcome:
    if found.count:
        why = "one new finding" if found.count == 1 else f"{found.count} new findings"
        return Fails(why=f"{why}{f' ({without}, so that old ones may be among them)' if without else ''}")
    return Holds()


def _known(bench: Bench, base: Sighting) -> tuple[Counter[tuple[str, str, str, str]], str]:
    """What the tool told about the base, and why nothing is known of it."""
    if _unread(base, "base") is not None:
        return Counter(), "it wrote no report on the base"
    try:
        told, _ = parse_sarif(base.artefacts[REPORT], Places(bench.source.paths("base")))
    except ReportError:
        return Counter(), "its report on the base cannot be read"
    now = {change.old_path: change.path for change in bench.order.changes}
    texts = _Lines(bench, "base")
    return Counter(_key(each, now.get(each.path, each.path), texts.of(each.path, each.line)) for each in told), ""


def _new(bench: Bench, told: tuple[Told, ...], known: Counter[tuple[str, str, str, str]]) -> list[Told]:
    texts, left, fresh = _Lines(bench, "candidate"), known.copy(), list[Told]()
    for each in told:
        key = _key(each, each.path, texts.of(each.path, each.line))
        if left[key] > 0:
            left[key] -= 1
        else:
            fresh.append(each)
    return fresh


def _key(told: Told, path: str, text: str) -> tuple[str, str, str, str]:
    """What makes two results the same: no line number, nor any other number of the message."""
    return told.rule, path, re.sub(r"\d+", "0", told.message), text


def _line(bench: Bench, told: Told) -> str:
    return f"{told.message} {_Lines(bench, 'candidate').of(told.path, told.line)}"


def _text(bench: Bench, side: Side, path: str) -> str:
    try:
        return (bench.source.read(side, path) or b"").decode("utf-8", "replace")
    except UnreadableError:
        return ""  # then a finding is known by its message alone


class _Lines:
    """Lines of the files of one side, each file read once."""

    def __init__(self, bench: Bench, side: Side) -> None:
        self._bench = bench
        self._side: Side = side
        self._files: dict[str, list[str]] = {}

    def of(self, path: str, line: int) -> str:
        if not path or not line:
            return ""
        if path not in self._files:
            self._files[path] = _text(self._bench, self._side, path).splitlines()
        lines = self._files[path]
        return lines[line - 1].strip()[:300] if line <= len(lines) else ""


async def _junit(bench: Bench, tool: ImportedReport) -> Answer:
    base, candidate = await _both(bench, tool)
    found = Findings()
    outcome = _unread(candidate, "candidate")
    if outcome is None:
        try:
            now = parse_junit(candidate.artefacts[REPORT])
            before = parse_junit(base.artefacts[REPORT]) if _unread(base, "base") is None else ()
            failed = {each.name for each in before if each.verdict in ("failed", "error")}
            for each in now:
                if each.verdict in ("failed", "error") and each.name not in failed:
                    found.add("test-failed", "error", f"{each.name} fails", text=each.name)
            gone = {each.name for each in before if each.verdict == "passed"} - {each.name for each in now}
            for name in sorted(gone):
                found.add("test-gone", "warning", f"{name} passed on the base and is not run any more", text=name)
            outcome = Blind(why="no test was executed") if not now else _judged(found, "")
        except PodiumError as error:
            outcome = Blind(why=str(error))
    return Answer(
        outcome=outcome, findings=found.all(), base=base.execution, candidate=candidate.execution, tool=tool.name
    )


async def _coverage(bench: Bench, tool: ImportedReport) -> Answer:
    seen = await _run(bench, tool, "candidate")
    found = Findings()
    outcome = _unread(seen, "candidate")
    if outcome is None:
        read = parse_lcov if tool.format == "lcov" else parse_cobertura
        try:
            told = read(seen.artefacts[REPORT], Places(bench.source.paths("candidate")))
            outcome = _uncovered(bench, told, found)
        except ReportError as error:
            outcome = Blind(why=str(error))
    return Answer(outcome=outcome, findings=found.all(), candidate=seen.execution, tool=tool.name)


def _uncovered(bench: Bench, told: Coverage, found: Findings) -> Outcome:
    """The changed lines that the report calls runnable and not run."""
    known = ran = 0
    unknown: list[str] = []
    for change in bench.order.changes:
        lines = [line for line in changed_lines(change) if line.kind == "+"]
        if not lines or belongs_to_tests(change.path):
            continue
        if change.path not in told:
            unknown.append(change.path)
            continue
        for line in lines:
            covered = told[change.path].get(line.new)
            known, ran = known + (covered is not None), ran + bool(covered)
            if covered is False:
                found.add_line("unrun", "warning", "nothing runs this changed line", change, line)
    if not told:
        return Blind(why="its report names no file of this tree")
    if found.count:
        return Fails(why=f"{found.count} of {known} changed lines are run by nothing")
    return Holds() if ran else Blind(why=f"its report says nothing of the changed lines{_of(unknown)}")


async def _mutants(bench: Bench, tool: ImportedReport) -> Answer:
    seen = await _run(bench, tool, "candidate")
    found, by = Findings(), ""
    outcome = _unread(seen, "candidate")
    if outcome is None:
        try:
            told, by = parse_stryker(seen.artefacts[REPORT], Places(bench.source.paths("candidate")))
            outcome = _survived(bench, told, found)
        except ReportError as error:
            outcome = Blind(why=str(error))
    return Answer(outcome=outcome, findings=found.all(), candidate=seen.execution, tool=by or tool.name)


def _survived(bench: Bench, told: dict[str, MutatedFile], found: Findings) -> Outcome:
    """One question for each changed line on which a mutant let every test pass."""
    fates, unknown, other = Counter[str](), list[str](), list[str]()
    suffixes = {posixpath.splitext(path)[1] for path in told}
    for change in bench.order.changes:
        lines = {line.new: line for line in changed_lines(change) if line.kind == "+"}
        if not lines or belongs_to_tests(change.path):
            continue
        file = told.get(change.path)
        if file is None:
            # A file of a language that the tool reads should be in its report.
            unknown += [change.path] if posixpath.splitext(change.path)[1] in suffixes else []
            continue
        if file.source and not _same_text(file.source, _text(bench, "candidate", change.path)):
            other.append(change.path)  # its line numbers mean another file
            continue
        here = [each for each in file.mutants if each.line in lines]
        fates.update(each.fate for each in here)
        asked: set[int] = set()
        for each in here:
            if each.fate in ("alive", "unrun") and each.line not in asked:  # one question a line is enough
                asked.add(each.line)
                found.add_line("survivor", "warning", f"if {each.ask}, {_unnoticed(each)}", change, lines[each.line])
    return _mutants_judged(fates, unknown, other)


def _mutants_judged(fates: Counter[str], unknown: list[str], other: list[str]) -> Outcome:
    rest = [f"its report is about another version of {', '.join(other[:3])}"] if other else []
    rest += [f"its report says nothing of {', '.join(unknown[:3])}"] if unknown else []
    rest += [f"{fates[fate]} were {fate}" for fate in ("not tried", "left out") if fates[fate]]
    alive = fates["alive"] + fates["unrun"]
    tried = alive + fates["caught"]
    if alive:
        why = f"{alive} of {tried} small changes of the changed lines let every test pass"
        return Fails(why=f"{why} ({'; '.join(rest)})" if rest else why)
    if not tried:
        return Blind(why="; ".join(rest) or "its report tells of no mutant on the changed lines")
    return Blind(why=f"{tried} small changes were caught; {'; '.join(rest)}") if rest else Holds()


def _unnoticed(mutant: ToldMutant) -> str:
    if mutant.fate == "unrun":
        return "nobody would notice: no test runs it"
    if mutant.tests > 1:
        return f"none of the {mutant.tests} tests that run it fails"
    return "the one test that runs it passes" if mutant.tests else "no test fails"


def _same_text(told: str, there: str) -> bool:
    return told.removeprefix("\ufeff").splitlines() == there.removeprefix("\ufeff").splitlines()


def _of(paths: list[str]) -> str:
    return f": {', '.join(paths[:3])}" if paths else ""


IMPORTED = Imported()
