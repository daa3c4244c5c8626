"""Every page: usable by everybody in both palettes and on a phone, with what it must show, also when it is empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from web_story import Teller
from web_world import Shop

from browser import OpenPage, violations
from podium.agents import event as events
from podium.landing.events import HeldEvent, RevertOrdered

PAGES = (
    "/",
    "/board",
    "/board?show=done",
    "/specs",
    "/spec/basket",
    "/spec/basket?edit=1",
    "/plan/basket",
    "/plan/basket?edit=1",
    "/plan/later",
    "/task/basket/T2",
    "/run/{asking}",
    "/run/{delivered}",
    "/questions/basket",
    "/questions/later",
    "/machine",
    "/landing",
    "/agents",
    "/agents?by=language",
    "/ledger",
    "/ledger?q=nothing-like-this",
    "/ledger/3",
    "/ledger/verify",
    "/why",
    "/why?at=src/shop.py:1",
    "/why?at=../../etc/passwd:1",
    "/nowhere",
)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, dict[str, str]]]:
    """A project in which everything is going on that a page can show."""
    shop = Shop.build(tmp_path_factory.mktemp("busy"))
    tell = Teller(shop)
    tell.spec("basket", "Totals for baskets", clauses=8, tasks=9)
    tell.spec("later", "Later", approved=False)
    (shop.root / "specs/later.plan.toml").unlink()
    tell.order("basket")
    runs = {f"T{n}": tell.start("basket", f"T{n}") for n in range(1, 7)}
    tell.says(runs["T3"], *TRANSCRIPT)
    tell.deliver(runs["T1"])
    tell.land("basket", "T1", runs["T1"])
    tell.deliver(runs["T2"])
    tell.ask(runs["T3"], detail="pip install left-pad")
    tell.trip(runs["T4"])
    tell.fail(runs["T5"])
    tell.wait(tell.start("basket", "T9"))
    tell.question("basket", "T8")
    tell.deliver(runs["T6"])
    tell.land("basket", "T6", runs["T6"], commit="f" * 40)
    back = shop.desk.new_id()
    tell.append(
        RevertOrdered(
            entry=back, spec="basket", task="T6", run=runs["T6"], round=1, commit="f" * 40, by="Ada", reason="slow"
        ),
        HeldEvent(entry=back, why="the project tests fail", do="Mend them, then: podium land"),
    )
    yield shop, {"asking": runs["T3"], "delivered": runs["T2"], **runs}
    shop.close()


TRANSCRIPT = (
    events.Started(agent="scripted", attempt=1, session="s-1", resumption="new"),
    events.Message(text="I look at the basket first."),
    events.Thought(text="It must not round twice."),
    events.ToolCall(id="c1", kind="read", title="Read src/basket.py", status="in_progress"),
    events.ToolCall(id="c1", status="completed", output="def total(basket): ..."),
    events.ToolCall(id="c2", kind="execute", command="pytest -q", status="failed", output="1 failed"),
    events.UsageReported(usage=events.Usage(input_tokens=18_234, output_tokens=912, cost_usd=0.0831)),
)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everybody_can_use_every_page(busy: tuple[Shop, dict[str, str]], open_page: OpenPage, dark: bool) -> None:
    shop, runs = busy
    page = open_page(dark=dark, bypass_csp=True)  # axe is put into the page as a script
    page.goto(shop.site.link())
    found: list[str] = []
    for path in PAGES:
        page.goto(shop.site.url + path.format(**runs))
        found += [f"{path}: {each}" for each in violations(page)]
    assert not found, "\n".join(found)


def test_no_page_is_wider_than_a_phone(busy: tuple[Shop, dict[str, str]], open_page: OpenPage) -> None:
    shop, runs = busy
    page = open_page(width=390, height=844)
    page.goto(shop.site.link())
    for path in PAGES:
        page.goto(shop.site.url + path.format(**runs))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_attention_lists_what_needs_a_person_most_urgent_first(
    busy: tuple[Shop, dict[str, str]], open_page: OpenPage
) -> None:
    shop, _ = busy
    page = open_page()
    page.goto(shop.site.link())
    page.get_by_role("link", name="Attention 7").wait_for()
    tree = page.get_by_role("main").aria_snapshot()
    words = ("asks to execute", "loop:", "waits: the", "Per account", "its revert is held", "round 1 waits", "failed")
    order = [tree.index(word) for word in words]
    assert order == sorted(order)
    for wanted in (
        '- heading "7 things need you" [level=1]',
        '- list "What needs you, most urgent first":',
        '- button "Allow y"',
        '- button "Deny n"',
        '- button "Stop x"',
        '- textbox "Answer to Q1"',
        '- button "Try now p"',
        '- link "Review r"',
        '- button "Run again a"',
    ):
        assert wanted in tree, tree
    assert page.title() == "(7) Attention · shop · Podium"


def test_the_board_says_why_a_task_waits(busy: tuple[Shop, dict[str, str]], open_page: OpenPage) -> None:
    shop, _ = busy
    page = open_page()
    page.goto(shop.site.link())
    page.goto(f"{shop.site.url}/board")
    tree = page.get_by_role("main").aria_snapshot()
    assert "waits for T4 to land" in page.locator("#task-basket-T8").inner_text()
    assert "asks: run pip install left-pad" in page.locator("#task-basket-T3").inner_text()
    assert '- navigation "Which tasks":' in tree
    page.get_by_role("link", name="Done 2").click()
    assert page.locator("li.task").count() == 2


def test_the_landmarks_of_a_page_are_named(busy: tuple[Shop, dict[str, str]], open_page: OpenPage) -> None:
    shop, _ = busy
    page = open_page()
    page.goto(shop.site.link())
    tree = page.locator("body").aria_snapshot()
    for wanted in ('- link "Skip to content"', "- banner:", '- navigation "Places":', "- main:", "- status"):
        assert wanted in tree, tree


def test_the_record_tells_with_intervals_what_became_of_an_agents_work(
    busy: tuple[Shop, dict[str, str]], open_page: OpenPage
) -> None:
    shop, _ = busy
    page = open_page()
    page.goto(shop.site.link())
    page.goto(f"{shop.site.url}/agents")
    assert "0 of 1 0\N{EN DASH}79 %" in page.get_by_role("row", name="scripted").inner_text()


def test_the_ledger_is_filtered_and_opened(busy: tuple[Shop, dict[str, str]], open_page: OpenPage) -> None:
    shop, _ = busy
    page = open_page()
    page.goto(shop.site.link())
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/ledger")
    page.keyboard.press("/")
    page.keyboard.type("basket/T5")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ledger?q=basket*")
    texts = page.locator("#records li").all_inner_texts()
    assert texts
    assert all("basket/T5" in text for text in texts)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ledger/*")
    assert '"reason": "the agent changed nothing"' in page.locator("pre").inner_text()


def test_a_large_board_stays_quick(tmp_path: object, shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals for baskets", clauses=20, tasks=200)
    tell.order("basket")
    page = open_page()
    page.goto(shop.site.link())
    for path in ("/board", "/plan/basket"):
        page.goto(shop.site.url + path)
        took = page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive")
        assert took < 10_000, path
    assert page.locator(".graph .node").count() == 200


EMPTY = {
    "/": ("Nothing has begun yet", "podium spec new NAME"),
    "/board": ("No plan is approved yet", "podium plan approve NAME"),
    "/specs": ("Write down what you want first", "podium spec new NAME"),
    "/landing": ("Nothing has landed yet", "verified on exactly that merged tree"),
    "/agents": ("No record yet", "accepted at the first review"),
}


def test_an_empty_page_teaches(shop: Shop, open_page: OpenPage) -> None:
    page = open_page(bypass_csp=True)
    page.goto(shop.site.link())
    for path, (heading, lesson) in EMPTY.items():
        page.goto(shop.site.url + path)
        assert page.get_by_role("heading", name=heading).is_visible()
        assert lesson in page.get_by_role("main").inner_text()
        assert violations(page) == [], path
