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
