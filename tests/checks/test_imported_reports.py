from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from checks_bench import World, order

from podium.checks.coverage_in import parse_cobertura, parse_lcov
from podium.checks.kinds.imported import IMPORTED
from podium.checks.report_paths import Places
from podium.checks.sarif_in import ReportError, parse_sarif
from podium.evidence.model import Blind, Fails, Holds, Item, NotRun
from podium.project.model import EvidenceSettings, ImportedReport
from podium.project.settings import parse_settings
from podium.runs.model import DiffLine, FileChange, Hunk
from podium.testing.evidence_conformance import EvidenceConformance, hostile_changes

PLACES = Places(("src/a.py", "src/b.py", "web/a.ts", "README.md"))


def settings(form: str, command: str, file: str = "") -> dict[str, EvidenceSettings]:
    tool = ImportedReport(name="tool", command=command, format=form, file=file)  # type: ignore[arg-type]
    return {"evidence": EvidenceSettings(imports=(tool,))}


class TestImported(EvidenceConformance):
    kind = IMPORTED
    order = order(changes=hostile_changes(), settings=settings("sarif", "true"))


def sarif(*results: tuple[str, str, str, int]) -> str:
    return json.dumps(
        {
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": {"name": "linty", "version": "3"}},
                    "results": [
                        {
                            "ruleId": rule,
                            "message": {"text": text},
                            "locations": [
                                {
                                    "physicalLocation": {
                                        "artifactLocation": {"uri": uri},
                                        "region": {"startLine": line},
                                    }
                                }
                            ],
                        }
                        for rule, text, uri, line in results
                    ],
                }
            ],
        }
    )


def gathered(tmp_path: Path, base: dict[str, str], candidate: dict[str, str], form: str, command: str,
             changes: tuple[FileChange, ...] = (), file: str = "") -> Item:  # fmt: skip
    world = World(tmp_path, base, candidate)
    found = world.gather(order(changes=changes, settings=settings(form, command, file)), (IMPORTED,))
    return found["tool"]


def test_only_what_the_base_did_not_have_is_told(tmp_path: Path) -> None:
    old = "import os\nx = 1\n"
    new = "# a line above\nimport os\nx = 1\neval(x)\n"
    base = {"a.py": old, "out.sarif": sarif(("F401", "os is unused on line 1", "a.py", 1))}
    report = sarif(("F401", "os is unused on line 2", "a.py", 2), ("S307", "eval", "file:///somewhere/a.py", 4))
    item = gathered(tmp_path, base, {"a.py": new, "out.sarif": report}, "sarif", "cat out.sarif; exit 1")
    assert isinstance(item.outcome, Fails)
    assert [(each.rule, each.path, each.line) for each in item.findings] == [("S307", "a.py", 4)]
    assert item.tool == "linty 3"


def test_a_report_in_a_file_is_read_and_an_old_one_is_not(tmp_path: Path) -> None:
    files = {"a.py": "x\n", "report.sarif": sarif(("A", "stale", "a.py", 1))}
    fresh = gathered(tmp_path / "1", files, files, "sarif", "cp report.sarif r; printf ''", file="other.sarif")
    assert isinstance(fresh.outcome, Blind)
    stale = gathered(tmp_path / "2", files, files, "sarif", "true", file="report.sarif")
    assert isinstance(stale.outcome, Blind)


@pytest.mark.parametrize("text", ["", "nonsense", "{}", '{"version": "2.1.0", "runs": []}', "[" * 100_000,
                                  '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}'])  # fmt: skip
def test_a_tool_that_wrote_no_sound_report_is_blind(tmp_path: Path, text: str) -> None:
    files = {"a.py": "x\n", "out": text}
    assert isinstance(gathered(tmp_path, files, files, "sarif", "cat out").outcome, Blind)


def test_a_tool_that_hangs_was_not_run(tmp_path: Path) -> None:
    world = World(tmp_path, {"a.py": "x"}, {"a.py": "y"})
    wanted = order(settings=settings("sarif", "sleep 60"))

    quick = msgspec.structs.replace(
        wanted,
        settings=msgspec.structs.replace(
            wanted.settings, environment=msgspec.structs.replace(wanted.settings.environment, test_minutes=0.005)
        ),
    )
    assert isinstance(world.gather(quick, (IMPORTED,))["tool"].outcome, NotRun)


def test_new_failures_and_vanished_tests_of_a_junit_report_are_told(tmp_path: Path) -> None:
    def report(*cases: str) -> str:
        return f"<testsuite>{''.join(cases)}</testsuite>"

    bad = '<testcase classname="t" name="{}"><failure/></testcase>'
    good = '<testcase classname="t" name="{}"/>'
    base = {"r.xml": report(bad.format("old"), good.format("fine"), good.format("gone"))}
    candidate = {"r.xml": report(bad.format("old"), bad.format("fine"))}
    item = gathered(tmp_path, base, candidate, "junit", "cat r.xml")
    assert sorted((each.rule, each.message.split()[0]) for each in item.findings) == [
        ("test-failed", "t::fine"),
        ("test-gone", "t::gone"),
    ]


def lines(path: str, *numbers: int) -> FileChange:
    added = tuple(DiffLine(kind="+", old=0, new=n, text=f"line {n}") for n in numbers)
    hunk = Hunk(id=path, path=path, old_start=1, new_start=1, section="", lines=added)
    return FileChange(path=path, old_path=path, status="modified", old_mode="100644", new_mode="100644", old_blob="1",
                      new_blob="2", added=len(added), removed=0, binary=False, hunks=(hunk,))  # fmt: skip


LCOV = "TN:\nSF:/build/web/a.ts\nDA:1,1\nDA:2,0\nDA:3,5\nend_of_record\n"
COBERTURA = """<?xml version="1.0"?>
<!DOCTYPE coverage SYSTEM "http://example.org/coverage-04.dtd">
<coverage><sources><source>web</source></sources><packages><package><classes><class filename="a.ts"><lines>
<line number="1" hits="1"/><line number="2" hits="0"/><line number="3" hits="5"/></lines></class></classes></package>
</packages></coverage>"""


@pytest.mark.parametrize(("form", "text"), [("lcov", LCOV), ("cobertura", COBERTURA)])
def test_changed_lines_that_nothing_ran_are_told_in_any_language(tmp_path: Path, form: str, text: str) -> None:
    files = {"web/a.ts": "1\n2\n3\n", "cov": text}
    unrun = gathered(tmp_path / "1", files, files, form, "cat cov", (lines("web/a.ts", 2, 3),))
    assert isinstance(unrun.outcome, Fails)
    assert [(each.path, each.line) for each in unrun.findings] == [("web/a.ts", 2)]
    ran = gathered(tmp_path / "2", files, files, form, "cat cov", (lines("web/a.ts", 1, 3),))
    assert isinstance(ran.outcome, Holds)
    unknown = gathered(tmp_path / "3", files, files, form, "cat cov", (lines("web/other.ts", 1),))
    assert isinstance(unknown.outcome, Blind)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE coverage [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><coverage>&b;</coverage>',
        '<!DOCTYPE coverage [<!ENTITY x SYSTEM "file:///etc/passwd">]><coverage>&x;</coverage>',
        "<other/>",
        "<coverage>" + "<a>" * 200 + "</a>" * 200 + "</coverage>",
        "<coverage",
        '<?xml version="1.0" encoding="nowhere"?><coverage/>',
    ],
)
def test_a_hostile_coverage_report_is_refused(text: str) -> None:
    with pytest.raises(ReportError):
        parse_cobertura(text.encode(), PLACES)


def test_odd_numbers_of_a_trace_file_are_left_out() -> None:
    data = b"SF:src/a.py\nDA:-1,1\nDA:99999999999,1\nDA:x,1\nDA:4\nDA:5,1e9\nDA:6,2\nend_of_record\n"
    assert parse_lcov(data, PLACES) == {"src/a.py": {4: False, 5: False, 6: True}}


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ("src/a.py", "src/a.py"),
        ("./src/a.py", "src/a.py"),
        ("file:///workspace/src/a.py", "src/a.py"),
        ("/build/src/b.py", "src/b.py"),
        ("b.py", "src/b.py"),
        ("web\\a.ts", "web/a.ts"),
        ("../../etc/passwd", ""),
        ("nowhere.py", ""),
        ("", ""),
    ],
)
def test_a_name_in_a_report_is_matched_to_a_file_of_the_tree(named: str, path: str) -> None:
    assert PLACES.find(named) == path


def test_suppressed_and_absent_results_are_left_out() -> None:
    log = json.loads(sarif(("A", "a", "src/a.py", 1), ("B", "b", "src/a.py", 2), ("C", "c", "src/a.py", 3)))
    log["runs"][0]["results"][0]["suppressions"] = [{"kind": "inSource"}]
    log["runs"][0]["results"][1]["baselineState"] = "absent"
    told, _ = parse_sarif(json.dumps(log).encode(), PLACES)
    assert [each.rule for each in told] == ["C"]


def test_tools_are_named_in_podium_toml() -> None:
    found = parse_settings('[project]\nname = "p"\n[evidence.import.ruff]\ncommand = "ruff check"\nformat = "sarif"\n')
    assert found.evidence.imports[0].name == "ruff"
