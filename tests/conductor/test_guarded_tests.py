"""Which tests a task may not change: those that its checks name."""

from __future__ import annotations

from podium.conductor.guarded import guarded_tests

FILES = ("src/a.py", "tests/test_a.py", "tests/test_b.py", "tests/data/x.json", "web/a.test.ts")


def test_files_that_a_check_names_are_guarded_and_folders_are_not() -> None:
    checks = (
        "python3 -m pytest -q ./tests/test_a.py::test_one",
        "cd web && npx jest web/a.test.ts",
        'test "$(python3 src/a.py < tests/data/x.json)" = 1',
        "pytest tests/",
    )
    assert guarded_tests(checks, FILES) == ("tests/test_a.py", "web/a.test.ts", "tests/data/x.json")


def test_no_check_guards_nothing() -> None:
    assert guarded_tests((), FILES) == ()
