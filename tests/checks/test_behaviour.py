"""What changed functions do, before and after, on real trees."""

from __future__ import annotations

from pathlib import Path

from checks_bench import PYTHON, World, change, order

from podium.checks.kinds.behaviour import BEHAVIOUR, ITEM
from podium.evidence.model import Blind, Fails, Holds, Item, NotRun
from podium.project.model import EvidenceSettings

PYTEST = f"{PYTHON} -m pytest -q -p no:cacheprovider"
OLD = """\
LIMIT = 10


class Cart:
    def __init__(self, count):
        self.count = count
        self.cache = {}

    @property
    def price(self):
        return self.count * 3

    def total(self, percent=0, *more, extra=None, **words):
        return self.price * (100 - percent) // 100 + sum(more)


def allowed(count):
    return count < LIMIT


def name(text):
    if not text:
        raise ValueError("a name is needed")
    return text.strip().title()


def numbers(n):
    for each in range(n):
        yield each
"""
TESTS = """\
import pytest
from shop import Cart, allowed, name, numbers

def test_total():
    assert Cart(4).total() == 12
    assert Cart(4).total(50, 1, 2, extra="x", word=1) == 9

def test_allowed():
    assert allowed(3)

def test_name():
    assert name(" ada ") == "Ada"
    with pytest.raises(ValueError):
        name("")

def test_numbers():
    assert list(numbers(3)) == [0, 1, 2]
"""


def look(
    root: Path,
    old: dict[str, str],
    new: dict[str, str],
    *,
    test: str = PYTEST,
    seconds: float = 120,
    changed: tuple[str, ...] = ("shop.py",),
) -> Item:
    root.mkdir(exist_ok=True)
    evidence = EvidenceSettings(budget_seconds=seconds)
    what = order(test=test, changes=tuple(change(path) for path in changed), settings={"evidence": evidence})
    both = {"conftest.py": "", "test_shop.py": TESTS}
    return World(root, {**both, **old}, {**both, **new}).gather(what, (BEHAVIOUR,))[ITEM]


def compare(root: Path, *edits: tuple[str, str], old: str = OLD, tests: str = TESTS) -> Item:
    new = old
    for before, after in edits:
        assert before in new
        new = new.replace(before, after)
    return look(root, {"shop.py": old, "test_shop.py": tests}, {"shop.py": new, "test_shop.py": tests})


def test_a_difference_is_a_concrete_call_with_both_results(tmp_path: Path) -> None:
    item = compare(tmp_path, ("if not text:", "if text is None:"))
    assert isinstance(item.outcome, Fails), (item.outcome, item.candidate)
    [found] = item.findings
    assert found.message == "name(text=''): raised ValueError('a name is needed') before, returned '' now"
    assert (found.path, found.line) == ("shop.py", 21)
    assert found.example is not None
    assert (found.example.call, found.example.new, found.example.made_up) == ("name(text='')", "returned ''", False)


def test_inputs_made_up_from_recorded_ones_find_what_no_test_passes(tmp_path: Path) -> None:
    item = compare(tmp_path, ("count < LIMIT", "count <= LIMIT"), ("self.count * 3", "3 * self.count"))
    assert [found.message for found in item.findings] == [
        "an input made up: allowed(count=10): returned False before, returned True now"
    ]
    assert isinstance(item.outcome, Fails)
    assert item.outcome.why.startswith("1 kind of difference in ")


def test_where_nothing_differs_it_says_in_how_many_inputs(tmp_path: Path) -> None:
    edits = (
        ("return text.strip().title()", "tidy = text.strip()\n    return tidy.title()"),
        (
            "def total(self, percent=0, *more, extra=None, **words)",
            "def total(self, percent=0, *more, extra=None, on=1, **words)",
        ),
        ("for each in range(n):\n        yield each", "yield from range(n)"),
    )
    item = compare(tmp_path, *edits)
    assert item.outcome == Holds(), item
    [found] = item.findings
    assert found.rule == "no-difference"
    assert "of 3 functions, nor in 5 calls that the tests make" in found.message
    assert int(found.message.split()[3]) > 20, found.message


def test_what_varies_by_itself_is_no_difference(tmp_path: Path) -> None:
    old = (
        "import os, random, time\n\n\ndef stamp(name):\n"
        "    return name, time.time_ns(), os.urandom(4), id(object()), [str(x) for x in {name, 'a', 'b', 'c'}]\n"
    )
    new = old.replace("return name,", "tidy = name\n    return tidy,")
    tests = "from shop import stamp\n\ndef test_stamp():\n    assert stamp('x')[0] == 'x'\n"
    item = look(tmp_path, {"shop.py": old, "test_shop.py": tests}, {"shop.py": new, "test_shop.py": tests})
    assert isinstance(item.outcome, Blind), item
    assert item.findings == ()


def test_calls_that_cannot_be_made_again_are_compared_where_the_tests_make_them(tmp_path: Path) -> None:
    old = (
        "class Pool:\n    def __init__(self, wait):\n        self.wait = wait\n        self.cache = {}\n\n"
        "    def take(self, key):\n        self.cache[key] = self.wait()\n        return self.cache[key]\n"
    )
    new = old.replace(
        "        self.cache[key] = self.wait()\n        return self.cache[key]\n", "        return self.wait()\n"
    )
    tests = "from shop import Pool\n\ndef test_take():\n    assert Pool(lambda: 3).take('a') == 3\n"
    item = look(tmp_path, {"shop.py": old, "test_shop.py": tests}, {"shop.py": new, "test_shop.py": tests})
    [found] = item.findings
    assert "Pool.take(" in found.message
    assert "in test_shop.py::test_take: leaves its arguments as " in found.message
    assert "'a': 3" in found.message


def test_calls_that_never_end_or_end_the_process_cost_themselves_alone(tmp_path: Path) -> None:
    old = "import os\n\n\ndef act(what):\n    return 1\n"
    acts = "    if what == 0:\n        os._exit(3)\n    while what == -1:\n        pass\n"
    new = old.replace("    return 1\n", acts + "    return 1\n")
    tests = "from shop import act\n\ndef test_act():\n    assert act(5) == 1\n"
    item = look(tmp_path, {"shop.py": old, "test_shop.py": tests}, {"shop.py": new, "test_shop.py": tests})
    assert sorted(found.message for found in item.findings) == [
        "an input made up: act(what=-1): returned 1 before, did not end within 3 s now",
        "an input made up: act(what=0): returned 1 before, ended the process now",
    ]


def test_what_was_not_looked_at_is_said(tmp_path: Path) -> None:
    tests = "import shop\n\ndef test_none():\n    assert shop.LIMIT\n"
    blind = compare(tmp_path / "a", ("count < LIMIT", "count <= LIMIT"), tests=tests).outcome
    assert blind == Blind(why="no test calls a changed function")
    blind = compare(tmp_path / "b", ("LIMIT = 10", "LIMIT = 11\nOTHER = 1"), ("count < LIMIT", "count < 11")).outcome
    assert isinstance(blind, Fails | Holds), "a name of the module that a function uses is looked at"
    none = compare(tmp_path / "c", ("LIMIT = 10", "LIMIT = 10\nOTHER = 1")).outcome
    assert none == Blind(why="no function is changed: what runs when a module is imported is not compared")
    broken = look(tmp_path / "d", {"shop.py": OLD}, {"shop.py": "def ("}).outcome
    assert isinstance(broken, Blind)
    spent = look(tmp_path / "e", {"shop.py": OLD}, {"shop.py": OLD.replace("3", "4")}, seconds=1e-9).outcome
    assert spent == NotRun(why="the time for the dearer kinds was spent")
