"""Mutants of changed lines, on real trees."""

from __future__ import annotations

from pathlib import Path

from checks_bench import PYTHON, World, order
from test_unrun_lines import all_lines

from podium.checks.kinds.mutants import MUTANTS
from podium.evidence.model import Blind, Fails, Holds, Item, NotRun
from podium.project.model import EvidenceSettings

PYTEST = f"{PYTHON} -m pytest -q -p no:cacheprovider"
SOURCE = """from __future__ import annotations

class Base:
    def kind(self):
        return "base"

class Cart(Base):
    def __init__(self):
        self.__seen = []

    def price(self, count, each):
        if count < 10:
            return count * each
        return count * each - 1

    def kind(self):
        self.__seen.append(1)
        return super().kind() + "/cart"
"""
WEAK = """from cart import Cart

def test_price():
    assert Cart().price(2, 3) == 6
    assert Cart().price(20, 3) == 59

def test_kind():
    assert Cart().kind() == "base/cart"
"""
STRONG = (
    WEAK
    + """
def test_edge():
    cart = Cart()
    assert cart.price(9, 3) == 27 and cart.price(10, 3) == 29
    cart.kind()
    assert cart._Cart__seen == [1]
"""
)


def look(root: Path, files: dict[str, str], test: str = PYTEST, seconds: float = 60) -> Item:
    root.mkdir(exist_ok=True)
    evidence = EvidenceSettings(budget_seconds=seconds, mutants=True)
    what = order(test=test, changes=(all_lines("cart.py", files["cart.py"]),), settings={"evidence": evidence})
    return World(root, {}, {"conftest.py": "", **files}).gather(what, (MUTANTS,))["mutants of changed lines"]


def test_survivors_are_questions_one_a_line(tmp_path: Path) -> None:
    item = look(tmp_path, {"cart.py": SOURCE, "test_cart.py": WEAK})
    assert isinstance(item.outcome, Fails), item.candidate
    assert [(f.line, f.message) for f in item.findings] == [
        (12, "if this `<` were `<=`, the one test passes"),
        (17, "if this call of `self.__seen.append` were left out, the one test passes"),
    ]


def test_tests_that_catch_every_mutant_hold(tmp_path: Path) -> None:
    assert look(tmp_path, {"cart.py": SOURCE, "test_cart.py": STRONG}).outcome == Holds()


def test_a_mutant_that_never_ends_or_ends_the_process_is_caught(tmp_path: Path) -> None:
    source = "def count(n):\n    done = 0\n    while done < n:\n        done += 1\n    return done\n"
    test = "from cart import count\n\ndef test_count():\n    assert count(3) == 3 and count(0) == 0\n"
    assert look(tmp_path, {"cart.py": source, "test_cart.py": test}).outcome == Holds()


def test_the_null_mutant_guards_against_code_that_cannot_be_replaced(tmp_path: Path) -> None:
    source = "def one():\n    return 1 + 0\n"
    test = (
        "import cart\n\nCODE = cart.one.__code__\n\n\ndef test_it_is_the_same_code():\n"
        "    assert cart.one() == 1 and cart.one.__code__ is CODE\n"
    )
    outcome = look(tmp_path, {"cart.py": source, "test_cart.py": test}).outcome
    assert outcome == Blind(why="cart.py: the tests of one fail without any change; 4 were not tried")


def test_what_was_not_there_or_not_pytest_or_out_of_time_is_never_clean(tmp_path: Path) -> None:
    lazy = "def test_later():\n    import cart\n    assert cart.one() == 1\n"
    one = {"cart.py": "def one():\n    return 1 + 0\n", "test_cart.py": lazy}
    assert look(tmp_path / "a", one).outcome == Blind(why="cart.py: one is not there when the tests begin")
    assert isinstance(look(tmp_path / "b", one, test="true").outcome, Blind)
    assert isinstance(look(tmp_path / "c", one, seconds=1e-9).outcome, NotRun)
    constants = {"cart.py": "A = 1\n", "test_cart.py": "import cart\ndef test_a(): assert cart.A == 1\n"}
    assert isinstance(look(tmp_path / "d", constants).outcome, Blind)


def test_failing_tests_and_messages_catch_nothing(tmp_path: Path) -> None:
    source = "def one(log):\n    log.warning(1)\n    if log is None:\n        raise ValueError(2)\n    return 1 + 0\n"
    test = "import cart\n\ndef test_broken():\n    assert cart.one(1) == 2\n\ndef test_other(): pass\n"
    outcome = look(tmp_path, {"cart.py": source, "test_cart.py": test}).outcome
    assert outcome == Blind(why="no mutant of the changed lines: no test runs them")


def test_mutants_can_be_left_out() -> None:
    off = {"evidence": EvidenceSettings(mutants=False)}
    assert MUTANTS.jobs(order(test=PYTEST, changes=(all_lines("cart.py", SOURCE),), settings=off)) == ()
