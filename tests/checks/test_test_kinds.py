"""The kinds that judge a candidate's tests, on real trees."""

from __future__ import annotations

from pathlib import Path

from checks_bench import PYTHON, World, change, order

from podium.checks.kinds.changes import CHANGES
from podium.checks.kinds.new_tests_prove import NEW_TESTS_PROVE
from podium.checks.kinds.project_tests import PROJECT_TESTS
from podium.checks.kinds.weakened_tests import WEAKENED_TESTS
from podium.evidence.model import Blind, Fails, Holds, Item

PYTEST = f"{PYTHON} -m pytest -q -p no:cacheprovider"
OLD = "def add(a, b):\n    return abs(a) + abs(b)\n"
NEW = "def add(a, b):\n    return a + b\n"
KEPT = "from calc import add\n\ndef test_kept():\n    assert add(1, 2) == 3\n"
PROOF = KEPT + "\nclass TestMore:\n    def test_negative(self):\n        assert add(-1, 1) == 0\n"
IDLE = KEPT + "\ndef test_more():\n    assert add(2, 2) == 4\n"


def prove(root: Path, base: dict[str, str], candidate: dict[str, str], *paths: str, test: str = PYTEST) -> Item:
    world = World(root, base, candidate)
    changes = tuple(change(path, "modified" if path in base else "added") for path in paths)
    items = world.gather(order(test=test, changes=changes), (NEW_TESTS_PROVE, PROJECT_TESTS))
    return items["new tests prove the change"]


def test_a_test_that_fails_on_the_old_source_proves_the_change(tmp_path: Path) -> None:
    base, candidate = {"calc.py": OLD, "tests/test_calc.py": KEPT}, {"calc.py": NEW, "tests/test_calc.py": PROOF}
    setup = {"conftest.py": ""}
    item = prove(tmp_path, {**base, **setup}, {**candidate, **setup}, "calc.py", "tests/test_calc.py")
    assert item.outcome == Holds()
    assert item.findings == ()
    assert item.base is not None
    assert item.base.laid_over == ("tests/test_calc.py",)


def test_a_new_test_that_passes_on_the_old_source_too_proves_nothing(tmp_path: Path) -> None:
    item = prove(
        tmp_path,
        {"calc.py": OLD, "test_calc.py": KEPT},
        {"calc.py": NEW, "test_calc.py": IDLE},
        "calc.py",
        "test_calc.py",
    )
    assert item.outcome == Fails(why="none of 1 new or changed tests fails on the old source")
    assert [finding.message for finding in item.findings] == ["test_calc::test_more passes on the old source too"]


def test_a_new_test_file_that_the_old_source_cannot_import_is_red_before(tmp_path: Path) -> None:
    new = "def double(a):\n    return 2 * a\n"
    test = "from extra import double\n\ndef test_double():\n    assert double(2) == 4\n"
    item = prove(tmp_path, {}, {"extra.py": new, "test_extra.py": test}, "extra.py", "test_extra.py")
    assert item.outcome == Holds()


def test_a_change_without_any_test_is_told(tmp_path: Path) -> None:
    item = prove(tmp_path, {"calc.py": OLD}, {"calc.py": NEW}, "calc.py")
    assert item.outcome == Fails(why="no test is added or changed")


def test_a_test_command_without_a_report_is_blind(tmp_path: Path) -> None:
    files = {"calc.py": NEW, "test_calc.py": PROOF}
    item = prove(tmp_path, {}, files, "calc.py", "test_calc.py", test="true")
    assert isinstance(item.outcome, Blind)


def test_a_suite_in_which_nothing_passes_proves_nothing_either_way(tmp_path: Path) -> None:
    files = {"calc.py": NEW, "test_calc.py": "import missing\n"}
    item = prove(tmp_path, {}, files, "calc.py", "test_calc.py")
    assert isinstance(item.outcome, Blind)


def test_a_change_of_documents_alone_is_not_asked_for_proof() -> None:
    assert NEW_TESTS_PROVE.jobs(order(test="true", changes=(change("README.md"), change("tests/x.py")))) == ()


def test_weakened_python_tests_are_read_from_the_trees(tmp_path: Path) -> None:
    world = World(tmp_path, {"test_calc.py": PROOF}, {"test_calc.py": PROOF.replace("== 0", "!= 7")})
    item = world.gather(order(changes=(change("test_calc.py"),)), (WEAKENED_TESTS,))["weakened tests"]
    assert item.outcome == Fails(why="a test may be weakened")
    [finding] = item.findings
    assert (finding.rule, finding.path, finding.line) == ("assertion-loosened", "test_calc.py", 8)
    assert finding.message == "TestMore.test_negative asserted add(-1, 1) == 0, now add(-1, 1) != 7"


def test_a_test_file_that_cannot_be_parsed_is_blind_and_not_clean(tmp_path: Path) -> None:
    world = World(tmp_path, {"test_calc.py": KEPT}, {"test_calc.py": "def (:\n"})
    item = world.gather(order(changes=(change("test_calc.py"),)), (WEAKENED_TESTS,))["weakened tests"]
    assert isinstance(item.outcome, Blind)


def test_both_kinds_of_rules_give_one_item_about_weakened_tests(tmp_path: Path) -> None:
    items = World(tmp_path, {}, {"a": ""}).gather(order(changes=(change("a", "added"),)), (CHANGES, WEAKENED_TESTS))
    assert [item.kind for item in items.values()].count("weakened-tests") == 1
