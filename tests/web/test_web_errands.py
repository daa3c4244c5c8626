"""What takes minutes, asked for on a page: an agent drafts a plan, agents ask first, the machine is looked at."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web_story import Teller
from web_world import Shop

from browser import OpenPage, violations
from podium.testing import actions
from podium.testing.script import Script, ScriptedTask, rounds, save

PLAN = """Here is my plan:

```toml
[[task]]
id = "T1"
title = "Print the first basket"
clauses = ["B1", "B2", "B3", "E1", "D1"]
scope = ["src/**"]
```
"""
ASKS = "Words.\n- **B1**: per account, or per <script>alert(1)</script> key?\nE1: and a basket of nothing?"
HEAD = '[project]\nname = "shop"\ntarget = "main"\n\n[run]\nask_first = "never"\n'

Serve = Callable[..., Shop]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves a shop whose agents play these scripts."""
    made: list[Shop] = []

    def build(**scripts: tuple[actions.Action, ...]) -> Shop:
        settings = HEAD
        program = Path(sys.executable).with_name("podium-scripted-agent")
        for name, played in scripts.items():
            path = save(
                Script(tasks=(ScriptedTask(rounds=rounds(played).rounds),)), tmp_path / "scripts" / f"{name}.json"
            )
            settings += f'\n[agents.{name}]\ncommand = ["{program}", "{path}"]\nmounts = ["{path.parent}"]\n'
        made.append(Shop.build(tmp_path, settings=settings))
        return made[-1]

    yield build
    for shop in made:
        shop.close()


def _enter(shop: Shop, page: Page, path: str) -> None:
    page.goto(shop.site.link())
    page.goto(shop.site.url + path)
    page.locator("body[data-beats=on]").wait_for()


def test_an_agent_drafts_a_plan_that_the_person_replaces_and_one_that_idles_is_ended(
    serve: Serve, open_page: OpenPage
) -> None:
    shop = serve(planner=(actions.Say(text=PLAN),), idler=(actions.Say(text="I look."), actions.Pause(seconds=600)))
    Teller(shop).spec("basket", "Totals", approved=False)
    plan = shop.root / "specs/basket.plan.toml"
    plan.unlink()
    page = open_page()
    _enter(shop, page, "/plan/basket")
    page.keyboard.press("w")
    expect(page.get_by_role("radio", name="planner")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio", name="planner")).to_be_hidden()
    page.keyboard.press("w")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="idler")).to_be_checked()
    page.keyboard.press("Enter")
    note = page.locator(".errand")
    expect(note).to_contain_text("idler drafts a plan of basket")
    expect(note).to_contain_text("I look.")
    note.get_by_role("button", name="Cancel").click()
    expect(note).to_contain_text("you ended it before there was an answer")
    assert not plan.exists()
    assert list(shop.desk.home.checks(shop.project.id).iterdir()) == []
    page.keyboard.press("w")
    page.get_by_role("radio", name="planner").check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="Print the first basket")).to_be_visible()
    expect(note).to_contain_text("Drafted specs/basket.plan.toml: one task")
    assert 'title = "Print the first basket"' in plan.read_text()
    page.keyboard.press("n")  # anew, by rule: what is there is kept beside it
    page.get_by_role("radio", name="by rule").check()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.get_by_role("row", name="Print the first basket")).to_have_count(0)
    assert "Print the first basket" in (shop.root / "specs/basket.plan.toml.old").read_text()


def test_agents_are_asked_first_and_the_answers_go_into_the_spec(serve: Serve, open_page: OpenPage) -> None:
    shop = serve(curious=(actions.Say(text=ASKS),))
    tell = Teller(shop)
    tell.spec("basket", "Totals", approved=False)
    spec = shop.root / "specs/basket.md"
    spec.write_text(spec.read_text().replace("risk: low", "risk: high"))
    plan = shop.root / "specs/basket.plan.toml"
    plan.write_text(PLAN.partition("```toml")[2].partition("```")[0])
    (shop.root / "podium.toml").write_text(shop.sources.settings_text().replace('"never"', '"high-risk"'))
    tell.approve("basket")
    page = open_page(bypass_csp=True)  # axe is put into the page as a script
    _enter(shop, page, "/plan/basket")
    page.keyboard.press("r")
    page.locator(".errand").get_by_role("link", name="Go on there").click()
    page.wait_for_url("**/questions/basket")
    page.locator("body[data-beats=on]").wait_for()
    waiting = page.get_by_role("list", name="Questions that wait")
    expect(waiting).to_contain_text("per account, or per <script>alert(1)</script> key?")
    expect(waiting).to_contain_text("An empty basket costs 0.")
    assert violations(page) == []
    assert "plan.dispatch-ordered" not in [record.kind for record in shop.records()]
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.type("per account")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Settled")).to_contain_text("per account")
    page.keyboard.press("j")
    page.keyboard.press("i")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The spec has changed: look at the plan, and approve it again.")).to_be_visible()
    assert "Decided: per account" in spec.read_text()
    page.keyboard.press("p")
    page.wait_for_url("**/plan/basket")
    page.locator("body[data-beats=on]").wait_for()
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.get_by_text("approved by Ada Example")).to_be_visible()
    page.keyboard.press("r")  # nobody is asked again
    expect(page.locator(".toast").last).to_contain_text("Ordered: all tasks of basket")


def test_the_machine_page_tells_what_works_and_frees_what_is_not_needed(serve: Serve, open_page: OpenPage) -> None:
    shop = serve(idler=())
    old = shop.desk.home.checks(shop.project.id) / "old"
    old.mkdir(parents=True)
    (old / "file").write_bytes(b"x" * 20_000)
    os.utime(old, (0, 0))
    page = open_page(bypass_csp=True)
    _enter(shop, page, "/")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/machine")
    page.locator("body[data-beats=on]").wait_for()
    checks = page.get_by_role("region", name="What works here").get_by_role("listitem")
    expect(checks.filter(has_text="idler:")).to_be_visible()
    expect(checks.filter(has_text="limits")).to_contain_text("wall clock")
    free = page.get_by_role("button", name="Free 20 kB")
    expect(free).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    assert old.exists()
    page.keyboard.press("f")
    page.get_by_role("dialog").get_by_role("button", name="Free it").click()
    expect(page.get_by_text("20 kB freed, one thing")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing to free")).to_be_visible()
    assert not old.exists()
