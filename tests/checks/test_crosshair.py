"""Inputs that CrossHair finds, on real trees with the real tool."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from checks_bench import PYTHON, World, change, order

from podium.checks.bring_in import text_of
from podium.checks.kind import GatherOrder, Kind
from podium.checks.kinds.behaviour import BEHAVIOUR
from podium.checks.kinds.crosshair import CROSSHAIR
from podium.evidence.model import Blind, Fails, Holds, Item
from podium.project.model import EvidenceSettings

ITEM = "inputs found by CrossHair"
OLD = """\
from .rate import RATE


def price(amount: int, percent: int) -> int:
    if percent > 100:
        raise ValueError("percent")
    return amount - amount * percent // 100 * RATE


def least(one: int, other: int) -> int:
    return one if one < other else other


def untyped(text):
    return text
"""
TESTS = """\
from shop.price import least, price, untyped

def test_all():
    assert price(100, 10) == 90
    assert least(1, 2) == 1
    assert untyped("a") == "a"
"""


def asked(*, wanted: bool = True) -> GatherOrder:
    evidence = EvidenceSettings(budget_seconds=200, crosshair=wanted)
    test = f"{PYTHON} -m pytest -q -p no:cacheprovider"
    return order(test=test, changes=(change("shop/price.py"),), settings={"evidence": evidence})


def look(root: Path, new: str, *kinds: Kind) -> Item:
    both = {"conftest.py": "", "test_shop.py": TESTS, "shop/__init__.py": "", "shop/rate.py": "RATE = 1\n"}
    world = World(root, {**both, "shop/price.py": OLD}, {**both, "shop/price.py": new})
    return world.gather(asked(), (*kinds, CROSSHAIR))[ITEM]


@pytest.mark.slow
def test_an_input_that_no_test_has_is_found_and_tried(tmp_path: Path) -> None:
    new = OLD.replace('raise ValueError("percent")', "return -1").replace("one < other", "one <= other")
    item = look(tmp_path, new, BEHAVIOUR)  # which shares its run of the tests
    assert isinstance(item.outcome, Fails), item
    found = item.findings[0]
    assert found.example is not None
    assert found.example.call.startswith("price(amount=")
    assert (found.example.old, found.example.new) == ("raised ValueError('percent')", "returned -1")
    assert (found.path, found.line, found.level) == ("shop/price.py", 4, "note")


@pytest.mark.slow
def test_it_holds_only_where_every_path_was_tried(tmp_path: Path) -> None:
    equal = look(tmp_path / "equal", OLD.replace("one if one < other else other", "other if other <= one else one"))
    assert equal.outcome == Holds()
    item = look(tmp_path / "untyped", OLD.replace("return text", "return str(text)"))
    assert item.outcome == Blind(why="untyped: a parameter has no type")


def test_nobody_is_told_of_it_who_does_not_want_it() -> None:
    assert [job.name for job in CROSSHAIR.jobs(asked())] == [ITEM]
    assert CROSSHAIR.jobs(asked(wanted=False)) == ()


def test_a_python_without_it_says_so(tmp_path: Path) -> None:
    for name in ("pair", "texts"):
        (tmp_path / f"podium_{name}.py").write_text(text_of(name))
    (tmp_path / "order.json").write_text(json.dumps({"functions": [{}], "path": [], "seconds": 10}))
    command = [sys.executable, "-S", "podium_pair.py", "order.json", "told.json"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    assert json.loads((tmp_path / "told.json").read_text()) == {"installed": False, "functions": []}


def test_what_it_prints_counts_only_where_the_two_really_differ(tmp_path: Path) -> None:
    for name in ("pair", "texts"):
        (tmp_path / f"podium_{name}.py").write_text(text_of(name))
    (tmp_path / "now.py").write_text("def f(a: int) -> int:\n    return a + (a == 7)\n")
    (tmp_path / "old_0.py").write_text("def f(a: int) -> int:\n    return a\n")
    what = {"functions": [{"module": "now", "name": "f", "old": "old_0.py"}], "path": [str(tmp_path)], "seconds": 10}
    (tmp_path / "order.json").write_text(json.dumps(what))
    given = ["a=1", "a=7", "a=nothing_known", "a=__import__('os')._exit(0) if False else 7"]
    done = subprocess.run(
        [sys.executable, "podium_pair.py", "order.json", "0", *given],
        cwd=tmp_path,
        check=True,
        timeout=60,
        capture_output=True,
    )
    seven = {"call": "f(a=7)", "old": "returned 7", "new": "returned 8"}
    assert json.loads(done.stdout) == [seven, seven]
