"""Specs and plans from the command line."""

from __future__ import annotations

import json

import pytest
from cli_story import PLAN, SPEC
from cli_world import World


@pytest.fixture
def shop(world: World) -> World:
    """A registered repository with one good spec."""
    world.write("specs/total.md", SPEC)
    assert world.podium("init", "--yes", "--test", "true", "--agent", "shell=/bin/sh").code == 0
    world.commit()
    return world


def test_a_new_spec_is_a_form_that_lints_as_unfinished(shop: World) -> None:
    made = shop.podium("spec", "new", "rate-limit", "--title", "Rate limit")
    assert made.code == 0, made.err
    assert "Rate limit" in (shop.repository / "specs" / "rate-limit.md").read_text()
    lint = shop.podium("spec", "lint", "rate-limit")
    assert lint.code == 1
    assert "specs/rate-limit.md:" in lint.out
    assert "error" in lint.out


def test_an_existing_spec_is_never_overwritten(shop: World) -> None:
    result = shop.podium("spec", "new", "total")
    assert result.code == 2
    assert "exists already" in result.err
    assert (shop.repository / "specs" / "total.md").read_text() == SPEC


def test_a_name_that_is_no_slug_is_refused_with_one_that_is(shop: World) -> None:
    result = shop.podium("spec", "new", "../Rate Limit")
    assert result.code == 2
    assert "rate-limit" in result.err


def test_a_good_spec_lints_silently_and_as_sarif(shop: World) -> None:
    assert shop.podium("spec", "lint").code == 0
    assert shop.podium("spec", "lint", "--json").json["findings"] == []
    assert json.loads(shop.podium("spec", "lint", "total", "--sarif").out)["version"] == "2.1.0"


def test_an_unknown_spec_gets_the_nearest_name(shop: World) -> None:
    result = shop.podium("spec", "show", "totl")
    assert result.code == 2
    assert "Did you mean total?" in result.err


def test_a_spec_is_shown_with_its_clauses_and_checks(shop: World) -> None:
    result = shop.podium("spec", "show", "total")
    assert "B1" in result.out
    assert 'check: test "$(python3 src/total.py 1 2)" = 3' in result.out
    assert [row["spec"] for row in shop.podium("spec", "list", "--json").json["specs"]] == ["total"]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"\xff\xfe not text"])
def test_a_spec_that_is_no_text_is_an_error_with_its_place(shop: World, content: bytes) -> None:
    (shop.repository / "specs" / "odd.md").write_bytes(content)
    result = shop.podium("spec", "show", "odd")
    assert result.code == 2
    assert "specs/odd.md" in result.err


def test_hostile_text_in_a_spec_does_not_reach_the_terminal(shop: World) -> None:
    shop.write("specs/total.md", SPEC.replace("prints 3.", "prints 3. \x1b[2J\u202e"))
    result = shop.podium("spec", "show", "total")
    assert "\x1b" not in result.out
    assert "\u202e" not in result.out


def test_a_plan_is_drafted_checked_and_approved(shop: World) -> None:
    drafted = shop.podium("plan", "draft", "total")
    assert drafted.code == 0, drafted.err
    assert (shop.repository / "specs" / "total.plan.toml").is_file()
    assert shop.podium("plan", "check", "total").code == 0
    assert "not approved" in shop.podium("plan", "show", "total").out
    approved = shop.podium("plan", "approve", "total", "--json")
    assert approved.code == 0, approved.err
    assert approved.json["plan"]["approved_by"] == "Ada <ada@example.org>"
    assert "approved" in shop.podium("plan", "show", "total").out
    assert shop.podium("status", "--json").json["counts"] == {"not started": 1}


def test_an_existing_plan_is_kept_unless_forced(shop: World) -> None:
    shop.write("specs/total.plan.toml", PLAN)
    assert shop.podium("plan", "draft", "total").code == 2
    assert (shop.repository / "specs" / "total.plan.toml").read_text() == PLAN
    assert shop.podium("plan", "draft", "total", "--force").code == 0
    assert (shop.repository / "specs" / "total.plan.toml.old").read_text() == PLAN


def test_a_plan_with_a_cycle_is_not_approved(shop: World) -> None:
    second = PLAN.replace('"T1"', '"T2"') + 'depends_on = ["T1"]\n'
    shop.write("specs/total.plan.toml", PLAN + 'depends_on = ["T2"]\n\n' + second)
    assert shop.podium("plan", "check", "total").code == 1
    result = shop.podium("plan", "approve", "total")
    assert result.code == 1
    assert "not approved" in result.out
    assert shop.podium("plan", "show", "total", "--json").json["approval"] is None


def test_an_edit_after_the_approval_makes_it_void(shop: World) -> None:
    shop.write("specs/total.plan.toml", PLAN)
    assert shop.podium("plan", "approve", "total").code == 0
    shop.write("specs/total.md", SPEC + "\nMore.\n")
    assert shop.podium("plan", "show", "total", "--json").json["void"]
    result = shop.podium("run", "total", "--no-follow")
    assert result.code == 2
    assert "podium plan approve total" in result.err
    assert "started a conductor" not in result.err, "a refused order starts nothing"


def test_an_agent_cannot_approve(shop: World) -> None:
    shop.write("specs/total.plan.toml", PLAN)
    (shop.base / "home" / ".gitconfig").write_text("")
    assert shop.podium("plan", "approve", "total").code == 2


def complete(world: World, line: str) -> list[str]:
    count = len(line.split(" "))
    result = world.podium(_PODIUM_COMPLETE="bash_complete", COMP_WORDS=f"podium {line}", COMP_CWORD=str(count))
    return [row.split(",", 1)[1] for row in result.out.splitlines()]


def test_specs_tasks_and_agents_complete_in_the_shell(shop: World) -> None:
    shop.write("specs/total.plan.toml", PLAN)
    assert complete(shop, "spec show to") == ["total"]
    assert complete(shop, "review T") == ["T1"]
    assert complete(shop, "review total/") == ["total/T1"]
    assert complete(shop, "run --agent sh") == ["shell"]
    assert "approve" in complete(shop, "plan a")
