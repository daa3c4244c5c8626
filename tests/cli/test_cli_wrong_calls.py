"""Calls that a new user gets wrong: what is said can be done, and nothing that was given is silently ignored."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cli_world import World


@pytest.fixture
def shop(world: World) -> World:
    world.podium("init", "--yes", "--test", "")
    return world


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("merge", "there is no command 'merge'; did you mean 'land'?"),
        ("approve", "there is no command 'approve'; did you mean 'plan approve'?"),
        ("version", "there is no command 'version'; did you mean '--version'?"),
        ("worker --slots many", "'many' is not a whole number"),
        ("budget day 3 T1", "the day has no name"),
        ("answer nosuch", "there is no such spec\n  Begin it: podium spec new nosuch"),
        ("plan show No/Such!", "Use small letters, digits and '-', such as: such"),
        ("check ..", "this names no commits"),
        ("--db podium.db status", "this is no URL of a database"),
        ("-C ~nosuch/x status", "there is no such home directory"),
        ("demo --yes --in pyproject.toml/x", "it cannot be made"),
    ],
)
def test_a_wrong_call_ends_with_2_and_says_what_would_be_right(world: World, line: str, said: str) -> None:
    if line.split()[0] in ("budget", "answer", "plan"):
        world.podium("init", "--yes")
    result = world.podium(*line.split())
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_a_name_of_ten_thousand_characters_is_told_in_a_few_lines(shop: World) -> None:
    for verb in (("stop",), ("review",), ("plan", "show"), ("status",)):
        result = shop.podium(*verb, "x" * 10_000)
        assert result.code in (1, 2)
        assert len(result.err) < 2_000, verb
    assert list((shop.base / "state").glob("crash-*")) == []


def test_init_says_that_it_found_no_tests_and_what_to_do_where_no_branch_is_checked_out(world: World) -> None:
    world.git("checkout", "-q", "--detach")
    refused = world.podium("init", "--yes")
    assert (refused.code, "podium init --target BRANCH" in refused.err) == (2, True)
    (world.repository / ".git/rebase-merge").mkdir()
    assert "a rebase is in progress" in world.podium("init", "--yes").err
    told = world.podium("init", "--yes", "--target", "main", "--test", "")
    assert told.code == 0
    assert "no test command was found" in told.out


def test_another_ledger_than_the_one_that_was_meant_is_named(shop: World) -> None:
    result = shop.podium("status", "--state", str(shop.base / "elsewhere"))
    assert result.code == 2
    assert f"The ledger looked into: sqlite:///{shop.base / 'elsewhere' / 'podium.db'}" in result.err


def test_the_program_options_are_taken_anywhere(shop: World) -> None:
    assert shop.podium("--json", "spec", "list").json == {"specs": []}
    assert shop.podium("spec", "--json", "-C", str(shop.repository), "list", cwd=shop.base).json == {"specs": []}


def test_in_a_directory_that_has_gone_an_absolute_one_can_be_named(shop: World) -> None:
    gone = shop.base / "gone"
    gone.mkdir()
    start = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.executable, sys.argv[1:])"
    call = [sys.executable, "-m", "podium.cli.main", "-C", str(shop.repository), "status"]
    done = subprocess.run(
        [sys.executable, "-c", start, *call], cwd=gone, env=shop.environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_doctor_tells_of_the_sandbox_that_was_asked_for_by_name(empty_world: World) -> None:
    assert "there is no sandbox tier 'castle'" in empty_world.podium("doctor", PODIUM_TIER="castle").out
    assert "none, because PODIUM_TIER says so" in empty_world.podium("doctor", PODIUM_TIER="none").out
