"""Which test runs which changed line, on real trees."""

from __future__ import annotations

from pathlib import Path

from checks_bench import PYTHON, World, change, order

from podium.checks.changed_python import statements_at
from podium.checks.kinds.unrun_lines import UNRUN_LINES
from podium.evidence.model import Blind, Fails, Holds, Item, NotRun
from podium.project.model import EvidenceSettings
from podium.runs.model import DiffLine, FileChange, Hunk

PYTEST = f"{PYTHON} -m pytest -q -p no:cacheprovider"
SOURCE = '''"""Calc."""

LIMIT = (
    3 +
    4
)


class Calc:
    """Adds."""

    def add(
        self, a, b
    ):
        """The sum."""
        if a > LIMIT:
            return self.big(
                a,
                b,
            )
        return a + b

    def big(self, a, b):
        return 10 * a + b
'''
TEST = "from calc import Calc\n\ndef test_add():\n    assert Calc().add(1, 2) == 3\n"


RUNS_ONE = "from calc import one\n\ndef test_one():\n    assert one() == 1\n"


def all_lines(path: str, text: str) -> FileChange:
    lines = tuple(DiffLine(kind="+", old=0, new=n, text=line) for n, line in enumerate(text.splitlines(), 1))
    hunk = Hunk(id=path, path=path, old_start=0, new_start=1, section="", lines=lines)
    return FileChange(**{**{f: getattr(change(path), f) for f in FileChange.__struct_fields__}, "hunks": (hunk,)})


def look(root: Path, files: dict[str, str], changed: str = "calc.py", test: str = PYTEST, budget: float = 60) -> Item:
    root.mkdir(exist_ok=True)
    evidence = EvidenceSettings(budget_seconds=budget)
    what = order(test=test, changes=(all_lines(changed, files[changed]),), settings={"evidence": evidence})
    return World(root, {}, {"conftest.py": "", **files}).gather(what, (UNRUN_LINES,))["changed lines are run"]


def test_changed_statements_that_no_test_runs_are_found_and_no_others(tmp_path: Path) -> None:
    item = look(tmp_path, {"calc.py": SOURCE, "tests/test_calc.py": TEST})
    assert item.outcome == Fails(why="2 of 8 changed statements are run by no test")
    assert [(f.line, f.message) for f in item.findings] == [
        (17, "no test runs lines 17 to 20 of Calc.add"),
        (24, "no test runs line 24 of Calc.big"),
    ]


def test_a_change_that_tests_run_holds(tmp_path: Path) -> None:
    tests = TEST + "\ndef test_big():\n    assert Calc().add(9, 2) == 92\n"
    assert look(tmp_path, {"calc.py": SOURCE, "tests/test_calc.py": tests}).outcome == Holds()


def test_a_test_that_fails_when_it_runs_again_is_told(tmp_path: Path) -> None:
    # What decides lies outside of the tree, as a clock or a port would.
    once = f"import pathlib\nseen = pathlib.Path({str(tmp_path / 'seen')!r})\n"
    once += "def test_once():\n    assert not seen.exists()\n    seen.touch()\n"
    item = look(tmp_path / "a", {"calc.py": "def one():\n    return 1\n", "tests/test_calc.py": RUNS_ONE + once})
    assert item.outcome == Fails(why="a test that passed failed when the same tests ran again")
    assert [(f.rule, f.level) for f in item.findings] == [("unsteady", "note")]
    assert "test_once passed, and failed" in item.findings[0].message


def test_code_in_threads_and_generators_is_seen(tmp_path: Path) -> None:
    source = "def numbers():\n    yield 1\n    yield 2\n\ndef put(box):\n    box.append(1)\n"
    test = (
        "import threading\nfrom calc import numbers, put\n\n\ndef test_both():\n    box = []\n"
        "    worker = threading.Thread(target=put, args=(box,))\n    worker.start()\n    worker.join()\n"
        "    assert list(numbers()) == [1, 2] and box\n"
    )
    assert look(tmp_path, {"calc.py": source, "test_calc.py": test}).outcome == Holds()


def test_what_cannot_be_seen_is_blind_and_never_clean(tmp_path: Path) -> None:
    files = {"calc.py": SOURCE, "tests/test_calc.py": TEST}
    assert isinstance(look(tmp_path / "a", files, test="true").outcome, Blind)
    early = {**files, "tests/test_calc.py": TEST + "\ndef test_end():\n    import os\n    os._exit(0)\n"}
    assert isinstance(look(tmp_path / "b", early).outcome, Blind)
    elsewhere = {**files, "tests/test_calc.py": "def test_nothing(): pass\n"}
    assert isinstance(look(tmp_path / "c", elsewhere).outcome, Blind)
    assert isinstance(look(tmp_path / "d", {**files, "calc.py": "def (:\n"}).outcome, Blind)
    none = {**files, "tests/test_calc.py": ""}
    assert isinstance(look(tmp_path / "e", none).outcome, Blind)


def test_a_candidate_that_writes_the_map_itself_gives_no_clean_bill_by_nonsense(tmp_path: Path) -> None:
    sly = TEST + (
        "\ndef test_sly():\n    import atexit, os\n"
        "    atexit.register(lambda: open(os.environ['PODIUM_OUT'] + '/map.json', 'w').write('[1'))\n"
    )
    assert isinstance(look(tmp_path, {"calc.py": SOURCE, "tests/test_calc.py": sly}).outcome, Blind)


def test_a_command_that_is_no_pytest_costs_no_further_run(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {"calc.py": SOURCE})
    world.gather(order(test="true", changes=(all_lines("calc.py", SOURCE),)), (UNRUN_LINES,))
    assert world.ran == [("candidate", "true")]


def test_nothing_is_run_where_there_is_nothing_to_look_at_or_no_time(tmp_path: Path) -> None:
    assert UNRUN_LINES.jobs(order(test=PYTEST, changes=(change("README.md"), change("tests/test_x.py")))) == ()
    assert UNRUN_LINES.jobs(order(changes=(change("calc.py"),))) == ()
    off = {"evidence": EvidenceSettings(test_map=False)}
    assert UNRUN_LINES.jobs(order(test=PYTEST, changes=(change("calc.py"),), settings=off)) == ()
    late = look(tmp_path, {"calc.py": SOURCE, "tests/test_calc.py": TEST}, budget=1e-9)
    assert late.outcome == NotRun(why="the time for the dearer kinds was spent")


def test_statements_are_whole_and_declarations_are_none() -> None:
    source = b"from typing import overload\nx: int\ndef f(a=(\n  1)):\n    global y\n    y = [\n        1,\n    ]\n"
    found = statements_at("a.py", source, frozenset(range(1, 9)))
    assert [(s.start, s.end, s.function) for s in found] == [(1, 1, ""), (3, 4, ""), (6, 8, "f")]
