"""Mutants of changed lines, on real trees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from checks_bench import PYTHON, World, order
from test_unrun_lines import all_lines

from podium.checks.kinds.mutants import MUTANTS, read_told, tried_mutants
from podium.checks.report_paths import Places
from podium.checks.stryker_in import parse_stryker
from podium.evidence.model import Blind, Fails, Holds, Item, NotRun
from podium.evidence.stryker import to_stryker
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


def test_every_mutant_is_told_with_its_place_for_the_viewers_of_reports(tmp_path: Path) -> None:
    source = "def big(é, n):\n    return (é, n > 2)[1]\n\n\ndef never(n):\n    return n + 1\n"
    test = "from cart import big\n\ndef test_big():\n    assert big(0, 9) and not big(0, 1)\n"
    item = look(tmp_path, {"cart.py": source, "test_cart.py": test})
    report = to_stryker((item,), lambda _tree, _path: source, version="1")
    [(path, file)] = report["files"].items()
    assert (path, file["source"], file["language"]) == ("cart.py", source, "python")
    told = {each["description"]: each for each in file["mutants"]}
    assert told["if this `>` were `>=`"]["status"] == "Survived"
    assert told["if this `>` were `<=`"]["status"] == "Killed"
    assert told["if this `+` were `-`"]["status"] == "NoCoverage"
    place = told["if this `>` were `>=`"]["location"]
    assert source.splitlines()[1][place["start"]["column"] - 1 : place["end"]["column"] - 1] == "n > 2"
    assert (place["start"]["line"], place["end"]["line"]) == (2, 2)
    files, name = parse_stryker(json.dumps(report).encode(), Places(("cart.py",)))
    assert (name, files["cart.py"].source) == ("Podium 1", source)
    assert {each.fate for each in files["cart.py"].mutants} == {"alive", "caught", "unrun"}
    assert len({each["id"] for each in file["mutants"]}) == len(file["mutants"])


def test_a_mutant_that_a_hostile_suite_makes_up_is_not_kept() -> None:
    def made_up(**other: Any) -> dict[str, Any]:
        real = {"path": "a.py", "line": 1, "ask": "x" * 500, "status": "passed", "tests": 1, "span": [0, 1, 5]}
        return {**real, "syntax": "<script>", **other}

    bad = [{"path": "/etc/passwd"}, {"line": 7}, {"span": [-1, 1, 5]}, {"tests": 2**40}]
    told = {"tests": 1, "blind": [], "mutants": [made_up(**each) for each in (*bad, {})]}
    [kept] = tried_mutants(read_told(json.dumps(told).encode()), {"a.py": [1]})
    assert (kept.path, kept.syntax, len(kept.ask), kept.status) == ("a.py", "", 200, "Survived")
    assert read_told(b'{"tests": 1, "blind": [], "mutants": [{"status": "fine"}]}') is None


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


def test_only_tests_that_run_a_changed_line_are_run_and_what_needs_others_is_blind(tmp_path: Path) -> None:
    source = "def one(n):\n    return n + 1\n"
    test = "import cart\n\nREADY = []\n\ndef test_first():\n    READY.append(1)\n"
    test += "\ndef test_second():\n    assert READY and cart.one(1) == 2\n"
    outcome = look(tmp_path, {"cart.py": source, "test_cart.py": test}).outcome
    assert outcome == Blind(why="cart.py: no test of one passes without the tests before it")


def test_mutants_can_be_left_out() -> None:
    off = {"evidence": EvidenceSettings(mutants=False)}
    assert MUTANTS.jobs(order(test=PYTEST, changes=(all_lines("cart.py", SOURCE),), settings=off)) == ()
