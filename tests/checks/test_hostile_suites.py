"""Test suites as they should not be: whatever they do, nothing that was not looked at is called clean."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from checks_bench import PYTHON, World, change, order
from test_unrun_lines import all_lines

from podium.checks.kinds.behaviour import BEHAVIOUR
from podium.checks.kinds.mutants import MUTANTS
from podium.checks.kinds.new_tests_prove import NEW_TESTS_PROVE
from podium.checks.kinds.project_tests import PROJECT_TESTS
from podium.checks.kinds.unrun_lines import UNRUN_LINES
from podium.evidence.model import Blind, BrokenBefore, Execution, Fails, Holds, Item, NotRun
from podium.evidence.outcome import outcome_of
from podium.project.model import Environment, EvidenceSettings, Settings

PYTEST = f"{PYTHON} -m pytest -q -p no:cacheprovider"
OLD = "def double(n):\n    return n + n\n"
NEW = "def double(n):\n    twice = n * 2\n    return twice\n"
KINDS = (PROJECT_TESTS, NEW_TESTS_PROVE, UNRUN_LINES, MUTANTS, BEHAVIOUR)


def gather(root: Path, tests: str, *, conftest: str = "", seconds: float = 60, minutes: float = 1.0) -> dict[str, Item]:
    both = {"conftest.py": conftest, "test_lib.py": tests}
    settings = Settings(
        project="p",
        environment=Environment(test=PYTEST, test_minutes=minutes),
        evidence=EvidenceSettings(budget_seconds=seconds),
    )
    what = order(changes=(all_lines("lib.py", NEW), change("test_lib.py")))
    what = msgspec.structs.replace(what, settings=settings)
    world = World(root, {**both, "lib.py": OLD}, {**both, "lib.py": NEW})
    items = {item.kind: item for item in world.gather(what, KINDS).values()}
    for item in items.values():
        assert "broke:" not in getattr(item.outcome, "why", ""), item
    return items


# As a program of X11 does: where DISPLAY names one, its socket is opened; this one is nobody's.
DISPLAY = """
import os, socket
from lib import double

def test_it():
    name = os.environ.get("DISPLAY", ":4711")
    with socket.socket(socket.AF_UNIX) as screen:
        try:
            screen.connect("/tmp/.X11-unix/X4711")
        except OSError as error:
            raise RuntimeError(f"couldn't connect to display {name!r}") from error
    assert double(1) == 2
"""
HOSTILE = {
    "kills its parent": "import os\nfrom lib import double\n\ndef test_it():\n    os.kill(os.getppid(), 9)\n"
    "    os.kill(os.getpid(), 9)\n",
    "needs a network": "import socket\nfrom lib import double\n\ndef test_it():\n"
    "    socket.create_connection(('192.0.2.1', 9), timeout=0.2)\n    assert double(1) == 2\n",
    "needs a display": DISPLAY,
    "ends the process": "import os\nfrom lib import double\n\ndef test_it():\n    double(1)\n    os._exit(0)\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_suite_that_cannot_be_run_gives_no_clean_bill(tmp_path: Path, name: str) -> None:
    for item in gather(tmp_path, HOSTILE[name]).values():
        assert not isinstance(item.outcome, Holds), item


def test_tests_that_need_a_display_are_told_what_to_do(tmp_path: Path) -> None:
    world = World(tmp_path, {"test_lib.py": DISPLAY, "lib.py": OLD}, {"test_lib.py": DISPLAY, "lib.py": NEW})
    [item] = world.gather(order(test=PYTEST, changes=(change("lib.py"),)), (PROJECT_TESTS,)).values()
    assert item.outcome == BrokenBefore(why="exit 1: 1 of 1 tests fail: test_lib::test_it; it failed on the base too")
    [advice] = item.findings
    assert advice.rule == "needs-display"
    assert "xvfb-run" in advice.message


def test_a_suite_that_takes_an_hour_is_told_as_not_run_and_dear_kinds_begin_nothing(tmp_path: Path) -> None:
    tests = "import time\nfrom lib import double\n\ndef test_it():\n    time.sleep(3600)\n    assert double(1) == 2\n"
    items = gather(tmp_path, tests, minutes=0.05)
    assert items["project-tests"].outcome == BrokenBefore(why="it did not end within 3 s, on the base neither")
    assert isinstance(items["new-tests-prove"].outcome, NotRun)
    for kind in ("unrun-lines", "mutants", "behaviour"):
        assert isinstance(items[kind].outcome, Blind), items[kind]


def test_a_suite_that_hangs_only_when_it_is_watched_is_cut_off(tmp_path: Path) -> None:
    conftest = "import os, time\nif os.path.isdir(os.environ['PODIUM_OUT'] + '/in'):\n    time.sleep(3600)\n"
    items = gather(
        tmp_path, "from lib import double\n\ndef test_it():\n    assert double(1) == 2\n", conftest=conftest, seconds=6
    )
    assert items["project-tests"].outcome == Holds()
    for kind in ("unrun-lines", "mutants", "behaviour"):
        assert isinstance(items[kind].outcome, NotRun), items[kind]


def test_what_a_suite_writes_over_the_answers_is_nonsense_and_proves_nothing(tmp_path: Path) -> None:
    conftest = (
        "import atexit, os\n\nNAMES = ('map.json', 'calls.json', 'mutants.json', 'mutants-map.json')\n\n\ndef spoil():"
        "\n    for name in NAMES:\n        with open(os.path.join(os.environ['PODIUM_OUT'], name), 'w') as file:\n"
        "            file.write('[{]')\n\n\natexit.register(spoil)\n"
    )
    items = gather(tmp_path, "from lib import double\n\ndef test_it():\n    assert double(1) == 2\n", conftest=conftest)
    for kind in ("unrun-lines", "mutants", "behaviour"):
        assert isinstance(items[kind].outcome, Blind | NotRun), items[kind]


def test_tests_that_pass_only_in_their_order_are_no_killers_of_mutants(tmp_path: Path) -> None:
    tests = (
        "from lib import double\n\nseen = []\n\ndef test_first():\n    seen.append(1)\n\n"
        "def test_second():\n    assert seen\n    assert double(3) == 6\n"
    )
    items = gather(tmp_path, tests)
    assert items["project-tests"].outcome == Holds()
    mutants = items["mutants"].outcome
    assert mutants == Blind(why="lib.py: no test of double passes without the tests before it"), mutants
    assert isinstance(items["unrun-lines"].outcome, Holds)


def test_another_failure_each_time_is_chance_and_the_same_one_is_not() -> None:
    good = ran(())
    first, other, both = ran(("t::a",)), ran(("t::b",)), ran(("t::a", "t::b"))
    assert outcome_of(good, first, repeats=(other,)) == Blind(
        why="flaky: in 2 runs on the same tree no test failed each time: t::a, t::b"
    )
    assert isinstance(outcome_of(good, first, repeats=(both,)), Fails)


def ran(failing: tuple[str, ...]) -> Execution:
    return Execution(
        tree="t",
        exit_code=1 if failing else 0,
        seconds=1.0,
        output="",
        output_digest="",
        passed=3 - len(failing),
        failed=len(failing),
        skipped=0,
        failing=failing,
    )


def test_a_suite_that_stops_the_clock_stops_nothing_of_ours(tmp_path: Path) -> None:
    tests = (
        "import time\nfrom lib import double\n\n\ndef test_it(monkeypatch):\n"
        "    monkeypatch.setattr(time, 'monotonic', lambda: 1e12)\n"
        "    monkeypatch.setattr(time, 'perf_counter', lambda: 1e12)\n    assert double(3) == 6\n"
    )
    items = gather(tmp_path, tests)
    assert isinstance(items["mutants"].outcome, Holds), items["mutants"]
    assert items["behaviour"].outcome == Holds(), items["behaviour"]
