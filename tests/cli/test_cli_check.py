"""`podium check`: any branch, with no task behind it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cli_world import World

from podium.conductor.check_range import abandoned
from podium.testing.waiting import eventually

PREFIXES = sorted({str(Path(prefix).resolve()) for prefix in (sys.prefix, sys.base_prefix)})
SETTINGS = f"""[project]
name = "shop"

[environment]
test = "{sys.executable} -m pytest -q -p no:cacheprovider tests"
mounts = {PREFIXES!r}
"""
OLD = "def total(prices):\n    return sum(abs(each) for each in prices)\n"
NEW = "def total(prices):\n    return sum(prices)\n"
TEST = "from shop.cart import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n"
PROOF = TEST + "\n\ndef test_refund():\n    assert total([3, -1]) == 2\n"


@pytest.fixture
def shop(world: World) -> World:
    """A project whose tests run in a sandbox, and a branch `work` that is checked out."""
    world.write("podium.toml", SETTINGS)
    world.write("src/shop/cart.py", OLD)
    world.write("conftest.py", "import sys\nsys.path.insert(0, 'src')\n")
    world.write("tests/test_cart.py", TEST)
    world.commit("base")
    world.git("switch", "-qc", "work")
    return world


def test_a_proven_branch_is_clean_and_nothing_is_left(shop: World) -> None:
    shop.write("src/shop/cart.py", NEW)
    shop.write("tests/test_cart.py", PROOF)
    shop.commit("right")
    done = shop.podium("check", "main..HEAD", "--json")
    items = {item["kind"]: item["outcome"]["type"] for item in done.json["items"]}
    assert (items["project-tests"], items["new-tests-prove"]) == ("holds", "holds")
    assert (done.code, done.json["verdict"]) == (0, "clean")
    assert not list((shop.base / "state").glob("check-*"))
    assert not (shop.base / "state" / "podium.db").exists()


def test_a_branch_whose_tests_fail_newly_ends_with_one_unless_never_is_asked(shop: World) -> None:
    shop.write("src/shop/cart.py", NEW.replace("prices)", "prices) + 1"))
    shop.commit("wrong")
    shop.write("podium.toml", SETTINGS.replace("-m pytest", "-c pass #"))  # the branch does not choose its tests
    shop.commit("wrong and sly")
    done = shop.podium("check", "main..work")
    assert done.code == 1
    assert "fails" in done.out
    assert "podium.toml of the base" in done.err
    sarif = shop.podium("check", "main..work", "--sarif", "--fail-on", "never")
    assert sarif.code == 0
    assert "test-fails" in {result["ruleId"] for result in sarif.json["runs"][0]["results"]}


def test_the_settings_of_the_base_say_what_it_ends_with_and_the_option_goes_before_them(shop: World) -> None:
    plain = '[project]\nname = "shop"\n\n[evidence]\nfail_on = "{}"\n'
    shop.git("switch", "-q", "main")
    shop.write("podium.toml", plain.format("never"))
    shop.commit("a policy")
    shop.git("switch", "-qC", "work")
    shop.write("podium.toml", plain.format("warning"))
    shop.write("src/shop/cart.py", NEW)
    shop.commit("a change, and another policy")
    wrong = ("check", "main..work", "--test", "! grep -q 'sum(prices)' src/shop/cart.py")
    assert shop.podium(*wrong).code == 0
    assert shop.podium(*wrong, "--fail-on", "error").code == 1


def test_a_branch_that_brings_the_first_settings_cannot_say_that_nothing_is_wrong(shop: World) -> None:
    shop.git("switch", "-q", "main")
    shop.git("rm", "-q", "podium.toml")
    shop.commit("no settings")
    shop.git("switch", "-qC", "work")
    shop.write("podium.toml", '[project]\nname = "shop"\n\n[evidence]\nfail_on = "never"\n')
    shop.write("src/shop/cart.py", NEW)
    shop.commit("settings of its own")
    done = shop.podium("check", "main..work", "--test", "! grep -q 'sum(prices)' src/shop/cart.py")
    assert "the head: the base has none" in done.err
    assert done.code == 1


def test_tests_that_cannot_begin_are_told_once_with_what_to_do(shop: World) -> None:
    shop.write("src/shop/cart.py", NEW)
    shop.write("bin/notes.txt", "x\n")
    shop.commit("change")
    done = shop.podium("check", "main..work", "--test", "no-such-program -m pytest")
    said = " ".join(done.out.split())
    assert "the command was not found" in said
    assert said.count("the test command is no pytest") == 1  # of the three kinds that would have needed it
    assert "--test COMMAND runs others" in said
    assert "TASK" not in said


def test_what_the_base_gained_since_is_not_part_of_the_branch(shop: World) -> None:
    shop.write("notes.md", "More.\n")
    shop.commit("words")
    shop.git("switch", "-q", "main")
    shop.write("other.md", "Elsewhere.\n")
    shop.commit("elsewhere")
    done = shop.podium("check", "main..work", "--test", "true", "--json")
    assert done.json["base"] == shop.git("rev-parse", "main~1")
    assert "1 changed file" in done.err


def test_names_that_are_no_commits_are_told_with_what_to_do(shop: World) -> None:
    done = shop.podium("check", "nowhere..HEAD")
    assert done.code == 2
    assert "nowhere: there is no such commit here" in done.err
    assert shop.podium("check", "--settings", "absent.toml", "main..HEAD").code == 2
    shop.git("checkout", "-q", "--orphan", "alone")
    shop.commit("unrelated")
    assert "share no history" in shop.podium("check", "main..alone").err


def test_what_a_killed_check_leaves_is_freed_and_a_check_at_work_is_not(shop: World) -> None:
    shop.write("src/shop/cart.py", NEW)
    shop.commit("right")
    slow = ("check", "main..HEAD", "--test", "read line < /dev/zero")
    command = [sys.executable, "-m", "podium.cli.main", *slow]
    checking = subprocess.Popen(command, cwd=shop.repository, env=shop.environ, stdin=subprocess.DEVNULL)
    state = shop.base / "state"
    try:
        eventually(lambda: list(state.glob("check-*/lock")), 30)
        assert abandoned(state) == []
    finally:
        checking.kill()
        checking.wait()
    (left,) = eventually(lambda: abandoned(state), 30)
    shop.podium("init", "--yes")
    freed = shop.podium("gc", "--free", "--json")
    assert [item["kind"] for item in freed.json["items"]] == ["check"]
    assert not left.exists()
