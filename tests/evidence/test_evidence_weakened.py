from __future__ import annotations

import pytest
from evidence_cases import changed

from podium.evidence.fingerprint import MOST, Findings
from podium.evidence.model import Finding
from podium.evidence.weakened import deleted_tests, weakened_tests
from podium.evidence.weakened import test_program_changed as program_changed
from podium.runs.model import FileChange

SUITE = """import pytest

def test_adds():
    assert add(1, 2) == 3

def test_rejects_empty():
    with pytest.raises(ValueError):
        add()
    assert count([]) == 0
"""


def weak(old: str | None, new: str | None, path: str = "tests/test_x.py") -> list[str]:
    return [finding.rule for finding in weakened_tests((changed(path, old, new),)).all()]


def gone(*changes: FileChange) -> list[Finding]:
    return list(deleted_tests(changes).all())


def test_a_new_test_and_a_new_assertion_weaken_nothing() -> None:
    more = SUITE + "    assert count([1]) == 1\n\ndef test_more():\n    assert add(2, 2) == 4\n"
    assert weak(SUITE, more) == []
    assert weak(None, SUITE) == []


def test_reformatting_an_assertion_weakens_nothing() -> None:
    assert weak(SUITE, SUITE.replace("assert add(1, 2) == 3", "assert add(1,2)==3")) == []


def test_an_assertion_that_moves_within_its_hunk_weakens_nothing() -> None:
    old = "def test_a():\n    x = 1\n    assert f(x) == 2\n    y = 2\n"
    assert weak(old, "def test_a():\n    x = 1\n    y = 2\n    assert f(x) == 2\n") == []


def test_a_removed_assertion_is_seen_on_the_old_side() -> None:
    new = SUITE.replace("    assert count([]) == 0\n", "")
    finding = weakened_tests((changed("tests/test_x.py", SUITE, new),)).all()[0]
    assert (finding.rule, finding.side, finding.line) == ("assertion-removed", "old", 9)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("tests/test_x.py", "    assert add(1, 2) == 3\n", "    assert add(1, 2) == 4\n"),
        ("tests/test_x.py", "    self.assertEqual(add(1, 2), 3)\n", "    self.assertEqual(add(1, 2), 4)\n"),
        ("src/x.test.ts", "  expect(add(1, 2)).toBe(3)\n", "  expect(add(1, 2)).toBe(4)\n"),
        ("x_test.go", '\tassert.Equal(t, 3, Add(1, 2), "add")\n', '\tassert.Equal(t, 4, Add(1, 2), "add")\n'),
        ("tests/x.rs", "    assert_eq!(add(1, 2), 3);\n", "    assert_eq!(add(1, 2), 4);\n"),
    ],
)
def test_a_changed_expectation_is_seen(path: str, old: str, new: str) -> None:
    assert weak(old, new, path) == ["expectation-changed"]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("tests/test_x.py", "@pytest.mark.skip(reason='later')"),
        ("tests/test_x.py", "    pytest.skip('later')"),
        ("tests/test_x.py", "@pytest.mark.xfail"),
        ("tests/test_x.py", "@unittest.skipIf(True, 'x')"),
        ("tests/test_x.py", "pytestmark = pytest.mark.skip"),
        ("src/x.spec.ts", "it.skip('adds', () => {"),
        ("src/x.spec.ts", "xdescribe('adds', () => {"),
        ("x_test.go", '\tt.Skip("later")'),
        ("tests/x.rs", "    #[ignore]"),
        ("src/test/java/XTest.java", "  @Disabled"),
    ],
)
def test_a_test_that_is_skipped_now_is_seen(path: str, line: str) -> None:
    assert weak("a\nb\n", f"a\n{line}\nb\n", path) == ["test-skipped"]


def test_leaving_out_all_other_tests_is_seen() -> None:
    assert weak("it('a', f)\n", "it.only('a', f)\n", "a.test.js") == ["test-focused"]


def test_a_skip_that_only_moved_is_not_new() -> None:
    old = "@pytest.mark.skip\ndef test_a():\n    pass\n\ndef helper():\n    pass\n"
    new = "def helper():\n    pass\n\n@pytest.mark.skip\ndef test_a():\n    pass\n"
    assert weak(old, new) == []


def test_what_rules_the_tests_is_named() -> None:
    for path in ("conftest.py", "tests/conftest.py", "tox.ini", ".github/workflows/ci.yml", "jest.config.js"):
        assert "test-rules" in weak("a", "b", path), path


@pytest.mark.parametrize(
    "path",
    [
        "sitecustomize.py", "src/usercustomize.py", "lib/evil.pth", "pytest.toml", ".pytest.ini", "pytest.py",
        "src/_pytest/__init__.py", "coverage.py", "subprocess.py", "tests/json.py", "GNUmakefile", ".npmrc",
        ".cargo/config.toml", "node_modules/.bin/jest", "babel.config.js", "jest.setup.ts",
    ],
)  # fmt: skip
def test_what_runs_unasked_or_stands_in_for_the_runner_is_named(path: str) -> None:
    [finding] = weakened_tests((changed(path, None, "raise SystemExit(0)"),)).all()
    assert finding.rule in ("test-runner", "test-rules")
    assert finding.level == "warning"


@pytest.mark.parametrize(
    "path",
    ["src/app/json.py", "tests/__init__.py", "test/__init__.py", "docs/pytest.md", "src/py_test_x.txt", "app.py"],
)
def test_what_only_has_such_a_name_is_left_alone(path: str) -> None:
    assert weak(None, "x = 1", path) == []


@pytest.mark.parametrize(
    ("command", "path", "found"),
    [
        ("./scripts/test.sh --fast", "scripts/test.sh", True),
        ("make -s test", "Makefile", True),
        ("make test", "build/rules.mk", True),
        ("sh -c 'unclosed", "Makefile", False),
        ("pytest tests/test_a.py", "tests/test_a.py", False),
        ("pytest -q", "Makefile", False),
    ],
)
def test_a_change_of_what_the_test_command_runs_is_named(command: str, path: str, found: bool) -> None:
    findings = Findings()
    program_changed((changed(path, "a", "exit 0"),), command, findings)
    assert bool(findings.count) is found


def test_a_flood_of_small_findings_hides_no_grave_one() -> None:
    silenced = "\n".join(f"x{number} = 1  # noqa" for number in range(MOST + 50))
    found = weakened_tests((changed("src/a.py", None, silenced),))
    found.add("test-case-deleted", "error", "the test test_a is deleted", path="tests/test_a.py")
    assert "test-case-deleted" in {finding.rule for finding in found.all()}
    assert found.count == MOST + 51
    assert len(found.all()) == MOST + 1


def test_source_outside_the_tests_is_left_alone() -> None:
    assert weak("assert x == 1\n", "assert x == 2\n", "src/x.py") == []


def test_a_deleted_test_file_is_an_error() -> None:
    [finding] = gone(changed("tests/test_x.py", SUITE, None))
    assert (finding.rule, finding.level) == ("test-file-deleted", "error")
    assert finding.message == "the test file tests/test_x.py is deleted with 2 tests"


def test_a_deleted_test_is_an_error_at_its_old_line() -> None:
    [finding] = gone(changed("tests/test_x.py", SUITE, SUITE[: SUITE.index("def test_rejects")]))
    assert (finding.rule, finding.line, finding.side) == ("test-case-deleted", 6, "old")


def test_a_test_that_moved_to_another_file_is_not_deleted() -> None:
    head, tail = SUITE[: SUITE.index("def test_rejects")], SUITE[SUITE.index("def test_rejects") :]
    assert gone(changed("tests/test_x.py", SUITE, head), changed("tests/test_y.py", None, tail)) == []


def test_a_file_whose_tests_all_moved_is_a_note() -> None:
    findings = gone(changed("tests/test_x.py", SUITE, None), changed("tests/test_y.py", None, SUITE))
    assert [(finding.rule, finding.level) for finding in findings] == [("test-file-moved", "note")]


def test_a_renamed_test_is_a_note() -> None:
    findings = gone(changed("tests/test_x.py", SUITE, SUITE.replace("test_rejects_empty", "test_rejects_nothing")))
    assert [(finding.rule, finding.level) for finding in findings] == [("test-case-renamed", "note")]


def test_a_test_file_renamed_to_where_no_runner_looks_is_an_error() -> None:
    assert [f.rule for f in gone(changed("tools/old.py", SUITE, SUITE, old_path="tests/test_x.py"))] == [
        "test-file-hidden"
    ]


def test_fewer_declared_tests_in_rust_are_seen() -> None:
    old = "#[test]\nfn adds() {}\n#[test]\nfn subtracts() {}\n"
    [finding] = gone(changed("tests/x.rs", old, "#[test]\nfn adds() {}\n"))
    assert finding.message == "1 fewer declared tests than before"


def test_a_giant_line_costs_nothing() -> None:
    giant = "def test_" + "a" * 2_000_000 + "(" * 10_000
    assert weak(giant, giant + "x") == []
