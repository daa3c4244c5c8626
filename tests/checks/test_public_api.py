"""What a change takes from callers, read from real trees."""

from __future__ import annotations

from pathlib import Path

import pytest
from checks_bench import World, change, order

from podium.checks.kinds.public_api import PUBLIC_API
from podium.checks.python_api import defaults_changed, narrowed, offer
from podium.evidence.model import Blind, Holds, Item


def look(root: Path, base: dict[str, str], candidate: dict[str, str], *, status: str = "modified") -> Item:
    changes = tuple(change(path, status) for path in {**base, **candidate} if base.get(path) != candidate.get(path))
    return World(root, base, candidate).gather(order(changes=changes), (PUBLIC_API,))["public API"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("a, b", "a, b, c=1", []),
        ("a, b", "a, b, *, c=1", []),
        ("a, b=1", "a, b=1, **more", []),
        ("a, /", "b, /", []),
        ("a, b", "a", ["the parameter b is gone"]),
        ("a, b", "a, **more", []),
        ("a", "a, b", ["b is new and has to be given"]),
        ("a, b=1", "a, b", ["b has to be given"]),
        ("a, b", "a, *, b", ["b has to be given by name"]),
        ("a, b", "a, b, /", ["a cannot be given by name", "b cannot be given by name"]),
        ("a, b", "b, a", ["a is now argument 2, and was 1"]),
        ("a, *rest", "a", ["no longer takes *rest"]),
        ("a, **more", "a", ["no longer takes **more"]),
    ],
)
def test_a_signature_that_takes_less_is_told(old: str, new: str, told: list[str]) -> None:
    before, after = (offer(f"def f({parameters}): pass\n".encode()).callees["f"] for parameters in (old, new))
    assert narrowed(before, after) == told


def test_another_default_is_told() -> None:
    before, after = (offer(f"def f(a={value}): pass\n".encode()).callees["f"] for value in ("1", "2"))
    assert defaults_changed(before, after) == ["a is 2 by default, and was 1"]


def test_what_is_public_counts_and_what_is_private_does_not(tmp_path: Path) -> None:
    base = {
        "shop.py": "LIMIT = 1\nclass Cart:\n    def add(self, x): pass\n    def _own(self): pass\ndef _help(): pass\n"
    }
    item = look(tmp_path, base, {"shop.py": "class Cart:\n    async def add(self, x): pass\n"})
    assert {(f.rule, f.message, f.side) for f in item.findings} == {
        ("name-gone", "LIMIT is gone", "old"),
        ("signature", "Cart.add: was a function and is now an async function", "new"),
    }


def test_a_name_that_is_imported_from_elsewhere_is_still_there(tmp_path: Path) -> None:
    candidate = {"shop.py": "from money import total\n", "money.py": "def total(): pass\n"}
    assert look(tmp_path, {"shop.py": "def total(): pass\n"}, candidate).outcome == Holds()


def test_a_private_module_counts_as_far_as_its_package_passes_it_on(tmp_path: Path) -> None:
    base = {"shop/__init__.py": "from ._cart import total\n", "shop/_cart.py": "def total(a): pass\ndef own(a): pass\n"}
    candidate = {**base, "shop/_cart.py": "def total(): pass\ndef own(): pass\n"}
    assert [f.message for f in look(tmp_path, base, candidate).findings] == ["total: the parameter a is gone"]


def test_a_deleted_module_is_told_once(tmp_path: Path) -> None:
    item = look(tmp_path, {"shop.py": "def a(): pass\ndef b(): pass\n"}, {}, status="deleted")
    assert [f.message for f in item.findings] == ["the module shop.py is gone"]


def test_what_cannot_be_parsed_is_blind_and_tests_are_not_asked(tmp_path: Path) -> None:
    assert isinstance(look(tmp_path, {"shop.py": "a = 1\n"}, {"shop.py": "def (:\n"}).outcome, Blind)
    assert PUBLIC_API.jobs(order(changes=(change("tests/test_x.py"), change("README.md")))) == ()


def test_a_script_that_nobody_imports_offers_nothing(tmp_path: Path) -> None:
    made = World(tmp_path, {"bin/make.py": "def f(a): pass\n"}, {"bin/make.py": ""})
    assert "public API" not in made.gather(order(changes=(change("bin/make.py"),)), (PUBLIC_API,))
