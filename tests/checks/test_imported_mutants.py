"""Mutation testing reports of foreign tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from checks_bench import World, order
from test_imported_reports import lines, settings

from podium.checks.kinds.imported import IMPORTED
from podium.checks.report_paths import Places
from podium.checks.sarif_in import ReportError
from podium.checks.stryker_in import parse_stryker
from podium.evidence.model import Blind, Fails, Holds, Item
from podium.runs.model import FileChange

SOURCE = "export function cheap(n) {\n  const most = 10\n  return n < most\n}\n"


def mutant(line: int, status: str, replacement: str = "n <= most", tests: int = 0) -> dict[str, Any]:
    place = {"start": {"line": line, "column": 10}, "end": {"line": line, "column": 18}}
    covered = [str(each) for each in range(tests)]
    return {"id": f"{line}{status}{replacement}", "mutatorName": "EqualityOperator", "replacement": replacement,
            "location": place, "status": status, "coveredBy": covered, "static": False}  # fmt: skip


def report(*mutants: dict[str, Any], path: str = "src/cheap.js", source: str = SOURCE, **more: Any) -> str:
    files = {path: {"language": "javascript", "source": source, "mutants": list(mutants)}}
    told = {"schemaVersion": "2.0", "thresholds": {"high": 80, "low": 60}, "files": files,
            "framework": {"name": "StrykerJS", "version": "9.0.0"}, **more}  # fmt: skip
    return json.dumps(told)


def look(root: Path, text: str, *changes: FileChange) -> Item:
    root.mkdir(exist_ok=True)
    files = {"src/cheap.js": SOURCE, "src/other.js": SOURCE, "notes.md": "x\n", "r.json": text}
    wanted = order(
        changes=changes or (lines("src/cheap.js", 2, 3),), settings=settings("stryker", "cat r.json; exit 1")
    )
    return World(root, files, files).gather(wanted, (IMPORTED,))["tool"]


def test_what_survives_on_changed_lines_is_one_question_a_line(tmp_path: Path) -> None:
    told = report(
        mutant(1, "Survived", "{}"), mutant(2, "NoCoverage", "11"), mutant(3, "Survived", tests=4),
        mutant(3, "Survived", "true", tests=4), mutant(3, "Killed", "false", tests=4), mutant(3, "CompileError"),
    )  # fmt: skip
    item = look(tmp_path, told)
    assert item.outcome == Fails(why="3 of 4 small changes of the changed lines let every test pass")
    assert [(each.path, each.line, each.message) for each in item.findings] == [
        ("src/cheap.js", 2, "if this were `11` (EqualityOperator), nobody would notice: no test runs it"),
        ("src/cheap.js", 3, "if this were `n <= most` (EqualityOperator), none of the 4 tests that run it fails"),
    ]
    assert item.tool == "StrykerJS 9.0.0"


def test_mutants_that_are_all_caught_hold(tmp_path: Path) -> None:
    told = report(mutant(1, "Survived", "{}"), mutant(3, "Killed"), mutant(3, "Timeout", "true"))
    assert look(tmp_path, told, lines("src/cheap.js", 3), lines("notes.md", 1)).outcome == Holds()


@pytest.mark.parametrize(
    ("told", "changes", "why"),
    [
        (report(mutant(1, "Killed")), (lines("src/cheap.js", 3),), "tells of no mutant on the changed lines"),
        (report(mutant(3, "Killed"), mutant(2, "Ignored")), (), "1 small changes were caught; 1 were left out"),
        (report(mutant(3, "Killed"), mutant(2, "RuntimeError")), (), "1 small changes were caught; 1 were not tried"),
        (report(mutant(3, "Killed"), source="\n" + SOURCE), (), "is about another version of src/cheap.js"),
        (report(mutant(3, "Killed")), (lines("src/cheap.js", 3), lines("src/other.js", 1)), "nothing of src/other.js"),
        (report(mutant(3, "Killed"), path="src/gone.js"), (), "no mutant on the changed lines"),
        (report(mutant(3, "Killed"), schemaVersion="3.0"), (), "of a version of the schema"),
        (report(mutant(3, "Fine")), (), "is not a mutation testing report"),
        ("{}", (), "is not a mutation testing report"),
        ("[" * 100_000, (), "is not a mutation testing report"),
    ],
)
def test_what_was_not_looked_at_is_never_clean(
    tmp_path: Path, told: str, changes: tuple[FileChange, ...], why: str
) -> None:
    outcome = look(tmp_path, told, *changes).outcome
    assert isinstance(outcome, Blind)
    assert why in outcome.why


def test_a_report_that_tells_of_one_file_twice_is_refused() -> None:
    twice = json.loads(report(mutant(3, "Survived")))
    twice["files"]["./src/cheap.js"] = {"language": "javascript", "source": SOURCE, "mutants": [mutant(3, "Killed")]}
    with pytest.raises(ReportError, match="twice"):
        parse_stryker(json.dumps(twice).encode(), Places(("src/cheap.js",)))


def test_odd_lines_and_texts_of_a_mutant_do_no_harm(tmp_path: Path) -> None:
    odd = [mutant(-1, "Survived"), mutant(2**40, "Survived"), mutant(3, "Survived", "a\x1b[31m\nb" + "c" * 500)]
    [finding] = look(tmp_path, report(*odd)).findings
    assert "\x1b" not in finding.message
    assert len(finding.message) < 200
