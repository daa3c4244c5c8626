"""`podium evidence` by kind, and one item again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cli_story import WRONG, Story

from podium.testing import actions


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
