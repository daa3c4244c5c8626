"""What a person does in the browser, with real keys: answer, steer, approve, run, revert, edit; and pages that move."""

from __future__ import annotations

import json
import os

from playwright.sync_api import Page, expect
from web_story import Teller
from web_world import Shop

from browser import OpenPage, violations
from podium.agents import event as events
from podium.ledger.event import Record
from podium.runs.events import PermissionAnswered
from podium.testing.waiting import eventually


def _last(shop: Shop, kind: str) -> Record:
    found = [record for record in shop.records() if record.kind == kind]
    assert found, f"no {kind} yet"
    return found[-1]


def _enter(shop: Shop, page: Page, path: str = "/") -> None:
    page.goto(shop.site.link())
    if path != "/":
        page.goto(shop.site.url + path)


def test_a_question_is_answered_with_two_keys(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    run = tell.start("basket", "T1")
    tell.ask(run, request="1.1")
    page = open_page()
    _enter(shop, page)
    page.keyboard.press("j")
    page.keyboard.press("y")
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    answered = _last(shop, "runs.permission-answered")
    assert json.loads(answered.data)["allowed"] is True
    assert answered.actor == "person:Ada Example <ada@example.org>"
    expect(page.get_by_role("status").filter(has_text="Allowed")).to_be_visible()


def test_a_key_never_answers_a_question_that_was_not_chosen(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    first, second = tell.start("basket", "T1"), tell.start("basket", "T2")
    tell.ask(first, "the harmless one")
    tell.ask(second, "the other one")
    page = open_page()
    _enter(shop, page)
    page.keyboard.press("y")  # nothing is chosen
    page.keyboard.press("j")
    expect(page.locator("[data-item].at")).to_contain_text("the harmless one")
    # another tab, or the terminal, answers it just now: the next key must not go to the one that moved up
    tell.append(_answered(first), actor="person:Bob <bob@example.org>")
    expect(page.get_by_text("the harmless one")).to_have_count(0)
    page.keyboard.press("y")
    expect(page.get_by_text("the other one")).to_be_visible()
    answers = [record.actor for record in shop.records() if record.kind == "runs.permission-answered"]
    assert answers == ["person:Bob <bob@example.org>"]


def _answered(run: str) -> PermissionAnswered:
    return PermissionAnswered(run=run, round=1, request="1.1", allowed=False)


def test_an_answer_that_comes_too_late_is_told_so(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    run = tell.start("basket", "T1")
    tell.ask(run)
    page = open_page()
    _enter(shop, page)
    done = page.evaluate(
        """async (run) => {
          const module = await import("/static/acts.js");
          await module.send("/act/deny", {run, request: "1.1"});
          try { await module.send("/act/allow", {run, request: "1.1"}); } catch (error) { return error.message; }
        }""",
        run,
    )
    assert done == "nobody waits for this answer any more"


def test_a_question_before_the_start_is_answered_into_the_spec(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    tell.question("basket", "T1")
    page = open_page()
    _enter(shop, page)
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.type("per account, not per key")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Q1 is answered in specs/basket.md")).to_be_visible()
    assert "per account, not per key" in (shop.root / "specs/basket.md").read_text()
    expect(page.get_by_role("textbox", name="Answer to Q1")).to_have_count(0)


def test_a_limit_is_raised_where_an_agent_waits_for_it(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    tell.wait(tell.start("basket", "T1"))
    page = open_page()
    _enter(shop, page)
    page.get_by_role("link", name="Budget").click()
    page.wait_for_load_state()  # before its script runs, a form is sent without it
    field = page.get_by_label("Dollars for day")
    field.fill("nothing")
    field.press("Enter")
    expect(page.locator(".toast.bad")).to_contain_text("this is no limit")
    field.fill("25")
    field.press("Enter")
    expect(page.get_by_role("row", name="day")).to_contain_text("$25.00")
    assert json.loads(_last(shop, "runs.budget-set").data)["usd"] == 25.0


def test_the_list_moves_by_itself_and_says_so(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    run = tell.start("basket", "T1")
    page = open_page()
    _enter(shop, page)
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    page.locator("body[data-beats]").wait_for(state="attached")
    tell.ask(run, "run the tests")
    expect(page.get_by_role("heading", name="1 thing needs you")).to_be_visible()
    expect(page.locator("#news")).to_contain_text("One thing needs you: basket/T1: asks to execute: run the tests")
    expect(page).to_have_title("(1) Attention · shop · Podium")


def test_what_is_chosen_and_typed_stays_when_a_page_moves(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    run = tell.start("basket", "T1")
    tell.land("basket", "T2", tell.start("basket", "T2"))
    page = open_page()
    _enter(shop, page, "/landing")
    page.get_by_text("Revert", exact=True).click()
    field = page.get_by_label("Why T2 is taken back")
    field.fill("slows down")
    tell.land("basket", "T1", run)
    expect(page.locator("li.need")).to_have_count(2)
    expect(field).to_have_value("slows down")
    expect(field).to_be_focused()
    field.press("Enter")
    expect(page.get_by_role("heading", name="In the queue")).to_be_visible()
    assert json.loads(_last(shop, "landing.revert-ordered").data)["reason"] == "slows down"


def test_a_run_is_followed_and_steered(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    run = tell.start("basket", "T1")
    page = open_page()
    _enter(shop, page, f"/run/{run}")
    expect(page.get_by_text("The agent has not said anything yet")).to_be_visible()
    tell.says(
        run,
        events.Started(agent="scripted", attempt=1, session="s", resumption="new"),
        events.Message(text="I begin ", more=True),
        events.ToolCall(id="c1", kind="execute", command="pytest -q", status="in_progress"),
    )
    story = page.get_by_role("list").filter(has_text="I begin")
    expect(story.get_by_text("pytest -q")).to_be_visible()
    tell.says(run, events.ToolCall(id="c1", status="failed", output="1 failed"), first=4)
    expect(story.locator("summary")).to_have_text("pytest -q")
    expect(story.locator("li")).to_have_count(3)  # the news of a call change its own line
    page.keyboard.press("m")
    page.keyboard.type("use the old parser")
    page.keyboard.press("Enter")
    eventually(lambda: json.loads(_last(shop, "runs.steered").data)["text"] == "use the old parser", 30)
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert json.loads(_last(shop, "runs.steered").data)["what"] == "pause"
    page.keyboard.press("x")
    dialog = page.get_by_role("dialog", name="Stop scripted? What it did so far is kept.")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    assert json.loads(_last(shop, "runs.steered").data)["what"] == "pause"
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    eventually(lambda: json.loads(_last(shop, "runs.steered").data)["what"] == "stop", 30)


def test_from_an_empty_repository_to_a_running_plan_with_the_keyboard_alone(shop: Shop, open_page: OpenPage) -> None:
    page = open_page()
    _enter(shop, page)
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/specs")
    page.keyboard.press("c")
    page.keyboard.type("rate-limit")
    page.keyboard.press("Enter")
    page.wait_for_url("**/spec/rate-limit?edit=1")
    page.locator("#text").focus()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(SPEC)
    expect(page.locator("#findings")).to_contain_text("No edge case is named")
    page.keyboard.press("Control+s")
    expect(page.locator("#saved")).to_have_text("Saved")
    assert (shop.root / "specs/rate-limit.md").read_text() == SPEC
    page.goto(f"{shop.site.url}/spec/rate-limit")
    page.keyboard.press("p")
    page.wait_for_url("**/plan/rate-limit")
    page.keyboard.press("d")
    expect(page.get_by_text("not approved")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_role("dialog")).to_contain_text("Approve exactly this plan for exactly this spec")
    page.keyboard.press("Enter")
    expect(page.get_by_text("approved by Ada Example")).to_be_visible()
    page.keyboard.press("r")
    eventually(lambda: _last(shop, "plan.dispatch-ordered"), 30)
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page.get_by_text("waits for a worker")).to_be_visible()


def test_agents_are_chosen_and_an_order_is_refused_as_in_the_terminal(shop: Shop, open_page: OpenPage) -> None:
    Teller(shop).spec("basket", "Totals", approved=False)
    place = shop.root / "specs/basket.md"
    place.write_text(place.read_text().replace("risk: low", "risk: high"))
    Teller(shop).approve("basket")
    page = open_page()
    _enter(shop, page, "/task/basket/T1")
    page.keyboard.press("w")
    page.get_by_label("scripted").check()
    assert violations(page) == []
    if os.environ.get("SHOT"):
        page.screenshot(path=os.environ["SHOT"])
    assert page.get_by_role("radio", name="as podium.toml says: agents are asked first").is_checked()
    page.get_by_role("radio", name="ask nobody").check()
    page.get_by_label("auto").check()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".toast.bad").last).to_contain_text("auto chooses the agent by itself")
    page.get_by_label("auto").uncheck()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("Ordered: basket/T1")).to_be_visible()
    ordered = json.loads(_last(shop, "plan.dispatch-ordered").data)
    assert (ordered["tasks"], ordered["agents"]) == (["T1"], ["scripted"])


def test_a_question_that_waits_holds_the_order_back(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    tell.question("basket", "T1")
    page = open_page()
    _enter(shop, page, "/plan/basket")
    page.keyboard.press("r")
    expect(page.locator(".toast.bad")).to_contain_text("a question waits for your answer")
    assert "plan.dispatch-ordered" not in [record.kind for record in shop.records()]


SPEC = """\
---
title: Rate limit
owner: Ada Example
risk: low
scope: [src/**]
---

# Rate limit

## Intent
People share one server.

## Behaviour
- B1: `limit.py` answers 429 to the eleventh request of a client within one second.

## Done
- D1: the tests pass.

## Out of scope
Everything else.
"""


def test_a_newer_file_is_never_overwritten_and_a_draft_survives(shop: Shop, open_page: OpenPage) -> None:
    Teller(shop).spec("basket", "Totals", approved=False)
    place = shop.root / "specs/basket.md"
    page = open_page()
    _enter(shop, page, "/spec/basket?edit=1")
    page.locator("#text").fill("mine")
    place.write_text("theirs\n")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast.bad")).to_contain_text("it was changed in the meantime")
    assert place.read_text() == "theirs\n"
    page.evaluate("window.onbeforeunload = null")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("#text")).to_have_value("theirs\n")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#text")).to_have_value("mine")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#saved")).to_have_text("Saved")
    assert place.read_text() == "mine"


def test_a_plan_that_changed_since_it_was_read_is_not_approved(shop: Shop, open_page: OpenPage) -> None:
    Teller(shop).spec("basket", "Totals", clauses=1, tasks=1, approved=False)
    plan = shop.root / "specs/basket.plan.toml"
    plan.write_text(plan.read_text().replace('["B1"]', '["B1", "E1", "D1"]'))
    page = open_page()
    _enter(shop, page, "/plan/basket")
    plan.write_text(plan.read_text().replace("basket number 1", "all of it"))
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.locator(".toast.bad")).to_contain_text("spec or plan were changed since you looked")
    assert shop.desk.look(shop.project.id).plans.all() == ()
    expect(page.get_by_text("all of it").first).to_be_visible()  # and what it is now is shown


def test_keys_are_listed_and_the_palette_is_remembered(shop: Shop, open_page: OpenPage) -> None:
    page = open_page()
    _enter(shop, page)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Go to Board")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    button = page.get_by_role("button", name="Palette")
    button.click()
    button.click()
    page.goto(f"{shop.site.url}/board")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 17, 22)"


def test_pages_work_without_script(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    tell.ask(tell.start("basket", "T1"))
    page = open_page(java_script_enabled=False)
    _enter(shop, page)
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    assert json.loads(_last(shop, "runs.permission-answered").data)["allowed"] is False
