"""Only the changed files of tests meet the old source, where that tells as much as all of them would."""

from __future__ import annotations

from pathlib import Path

import pytest
from checks_bench import PYTHON, World, change, order

from podium.checks.bench import Bench, Sighting
from podium.checks.changed_tests import alone
from podium.checks.junit import TestResult
from podium.checks.kinds.new_tests_prove import NEW_TESTS_PROVE
from podium.checks.kinds.project_tests import PROJECT_TESTS
from podium.evidence.model import Execution, Fails, Holds, Item

PYTEST = f"{PYTHON} -m pytest -q -p no:cacheprovider"
OLD = "SEEN = []\n\ndef add(a, b):\n    return abs(a) + abs(b)\n"
NEW = "SEEN = []\n\ndef add(a, b):\n    return a + b\n"
MANY = "import calc, pytest\n\n@pytest.mark.parametrize('n', range(60))\ndef test_many(n):\n    calc.SEEN.append(n)\n"
KEPT = "from calc import add\n\ndef test_kept():\n    assert add(1, 2) == 3\n"
PROOF = "\ndef test_negative():\n    assert add(-1, 1) == 0\n"
IDLE = "\ndef test_idle():\n    assert add(2, 2) == 4\n"
LATE = "import calc\n\ndef test_late():\n    assert len(calc.SEEN) == 60\n"
FAILED = "from calc import add\n\ndef test_known():\n    assert add(-1, 1) == 0\n"


def prove(root: Path, candidate: dict[str, str], *, base: dict[str, str] | None = None) -> tuple[Item, list[str]]:
    """The item about two trees that share a large suite, and which files each run on old source was asked for."""
    before = {
        "calc.py": OLD,
        "tests/test_a_many.py": MANY,
        "tests/test_calc.py": KEPT,
        "conftest.py": "",
        **(base or {}),
    }
    world = World(root, before, {**before, "calc.py": NEW, **candidate})
    paths = ("calc.py", *candidate)
    changes = tuple(change(path, "modified" if path in before else "added") for path in paths)
    items = world.gather(order(test=PYTEST, changes=changes), (NEW_TESTS_PROVE, PROJECT_TESTS))
    asked = [request for request in world.executor.ran if request.side == "base" and request.from_candidate]
    return items["new tests prove the change"], ["few" if request.inputs else "all" for request in asked]


def test_changed_test_files_alone_tell_what_the_whole_suite_would(tmp_path: Path) -> None:
    item, asked = prove(tmp_path, {"tests/test_calc.py": KEPT + PROOF + IDLE})
    assert asked == ["few"]
    assert item.outcome == Holds()
    assert [each.message for each in item.findings] == ["tests.test_calc::test_idle passes on the old source too"]
    assert item.base is not None
    assert (item.base.passed, item.base.failing) == (2, ("tests.test_calc::test_negative",))


def test_a_test_that_did_not_change_and_fails_on_the_base_alone_is_proof_too(tmp_path: Path) -> None:
    item, asked = prove(tmp_path, {"tests/test_calc.py": KEPT + IDLE}, base={"tests/test_known.py": FAILED})
    assert asked == ["few"]
    assert item.outcome == Holds()


def test_a_test_that_needs_what_another_leaves_behind_is_no_proof(tmp_path: Path) -> None:
    item, asked = prove(tmp_path, {"tests/test_late.py": LATE})
    assert asked == ["few", "all"]
    assert item.outcome == Fails(why="none of 1 new or changed tests fails on the old source")


@pytest.mark.parametrize(
    ("candidate", "alone_are"),
    [
        ({}, ("tests/test_calc.py",)),
        ({"tests/test_gone.py": None}, ("tests/test_calc.py",)),
        ({"conftest.py": "x = 1\n"}, ()),  # may concern any test
        ({"tests/data.json": "{}"}, ()),  # so may a file that tests read
        ({"tests/helper.py": "x = 1\n"}, ()),
        ({"tests/test_user.py": "from tests.test_calc import KNOWN\n"}, ()),
        ({"tests/test_" + "x" * 8 + f"{n}.py": "" for n in range(50)}, ()),  # more than are worth it
    ],
)
def test_all_tests_are_run_where_others_than_the_changed_ones_may_come_out_otherwise(
    tmp_path: Path, candidate: dict[str, str | None], alone_are: tuple[str, ...]
) -> None:
    before = {"calc.py": OLD, "tests/test_calc.py": KEPT, "tests/test_gone.py": "", "tests/test_user.py": ""}
    texts = {name: text for name, text in {**before, **candidate}.items() if text is not None}
    known = [change(path) for path in ("calc.py", "tests/test_calc.py")]
    # A module that names another one need not be changed itself.
    known += [
        change(path, "deleted" if text is None else "added")
        for path, text in candidate.items()
        if path != "tests/test_user.py"
    ]
    world = World(tmp_path, before, texts)
    bench = Bench(order(test=PYTEST, changes=tuple(known)), world.executor, world.trees, world.cache, lambda: 0.0)
    assert alone(bench, _green(["tests.test_calc::test_kept", *(f"tests.test_many::test_{n}" for n in range(60))])) == (
        alone_are
    )
    assert alone(bench, _green([f"tests.test_calc::test_{n}" for n in range(60)])) == ()  # they are the whole suite


def _green(names: list[str]) -> Sighting:
    execution = Execution(tree="t", exit_code=0, seconds=1.0, output="", output_digest="")
    return Sighting(execution=execution, tests=tuple(TestResult(name=name, verdict="passed") for name in names))
