"""`podium evidence` by kind, and one item again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_story import WRONG, Story

from podium.testing import actions
from podium.testing.waiting import eventually

CHEAP = "def cheap(n):\n    return n < 10\n"
TEST = "from cheap import cheap\n\n\ndef test_cheap():\n    assert cheap(3) and not cheap(30)\n"


@pytest.mark.slow
def test_an_item_is_found_by_its_kind_and_says_the_same_again(tell: Callable[..., Story]) -> None:
    story = tell([actions.Write(path="src/total.py", text=WRONG), actions.Say(text="Done.")])
    story.good("plan", "approve", "total")
    story.good("run", "total")
    found = story.good("evidence", "T1", "--kind", "clause-check", "--json").json["items"]
    assert {item["name"] for item in found} == {"B1", "E1", "D1"}
    absent = story("evidence", "T1", "--kind", "horoscope")
    assert absent.code == 2
    assert "clause-check" in absent.err

    assert story.good("evidence", "T1", "--json").json["verdict"] == "error"
    assert story("evidence", "T1", "--fail-on", "error").code == 1
    assert story("evidence", "T1", "--sarif", "--fail-on", "warning").code == 1
    assert story("evidence", "T1", "B1", "--fail-on", "error").code == 0
    assert "no mutants" in story("evidence", "T1", "--stryker").err
    assert "there is no round 9" in story("evidence", "T1", "--round", "9").err
    assert story("evidence", "T1", "--sarif", "--in-toto").code == 2

    [failed] = [item for item in found if item["name"] == "E1"]
    again = story.good("evidence", "reproduce", failed["id"], "--json").json
    assert again["same"] is True
    assert again["settings_changed"] is False
    assert (again["old"]["outcome"]["type"], again["new"]["outcome"]["type"]) == ("fails", "fails")
    assert again["new"]["base"].get("cached", False) is False
    told = story.good("evidence", "reproduce", failed["id"])
    assert "the same" in told.out
    assert story("evidence", "reproduce", "e000000000000").code == 2
    assert story("evidence", "reproduce").code == 2


@pytest.mark.slow
def test_the_mutants_of_a_candidate_are_a_report_with_the_source_that_they_are_about(
    tell: Callable[..., Story],
) -> None:
    written = [actions.Write(path="src/cheap.py", text=CHEAP), actions.Write(path="src/test_cheap.py", text=TEST)]
    story = tell([*written, actions.Say(text="Done.")])
    settings = story.world.repository / "podium.toml"
    prefixes = sorted({str(Path(prefix).resolve()) for prefix in (sys.prefix, sys.base_prefix)})
    mine = f'test = "{sys.executable} -m pytest -q -p no:cacheprovider src"\nmounts = {prefixes!r}'
    settings.write_text(settings.read_text().replace('test = "python3 tests/check.py"', mine))
    story.world.commit("pytest")
    story.good("plan", "approve", "total")
    story.good("run", "total")
    done = eventually(lambda: story.good("evidence", "T1", "--kind", "mutants", "--stryker"), 60, every=0.3)
    [(path, file)] = done.json["files"].items()
    assert (path, file["source"]) == ("src/cheap.py", CHEAP)
    told = {each["description"]: each["status"] for each in file["mutants"]}
    assert told["if this `<` were `<=`"] == "Survived"
    assert told["if this `<` were `>=`"] == "Killed"
