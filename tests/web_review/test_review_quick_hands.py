"""Hands that are quicker than the server: what is asked for twice, or while an answer is on its way, is done once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route
from review_world import Reviewed, until

from browser import OpenPage

Build = Callable[..., Reviewed]
BEFORE = {"a.py": "x = 1\n", "b.py": "y = 1\n", "c.py": "z = 1\n"}
NAMES = {"risk": "risk", "path": "path", "tests": "tests first"}
AFTER = {"a.py": "x = 2\n", "b.py": "import subprocess\nsubprocess.run(y, shell=True)\n", "c.py": "z = 2\n"}


class Held:
    """Requests to an address that wait until they are let go."""

    def __init__(self, page: Page, address: str) -> None:
        self.routes: list[Route] = []
        self.open = False
        page.route(address, self._take)
        self._page = page

    def _take(self, route: Route) -> None:
        if self.open:
            route.continue_()
        else:
            self.routes.append(route)

    def wait(self, count: int) -> None:
        """Until so many are held."""
        for _ in range(600):
            if len(self.routes) >= count:
                return
            self._page.wait_for_timeout(50)
        raise AssertionError(f"{len(self.routes)} of {count} requests came")

    def release(self) -> None:
        """Let all go, in the order of `routes`, and hold none from now on."""
        self.open = True
        for route in self.routes:
            route.continue_()


def test_a_folded_hunk_that_is_opened_twice_shows_its_lines_once(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed({"src/a.py": "x = f(1, 2)\n"}, {"src/a.py": "x = f(\n    1, 2\n)\n"})
    page = world.open(open_page())
    held = Held(page, "**/unfolded?*")
    page.get_by_role("button", name="Show it").dblclick()
    held.wait(1)
    held.release()
    page.locator("section[data-folded] .l.a").first.wait_for()
    until(page, "!document.querySelector('section[data-folded] button.unfold')")
    assert page.locator("section[data-folded] .l.a").count() == 3
    assert len(held.routes) == 1


def test_of_two_orders_that_are_asked_for_the_later_one_stays(reviewed: Build, open_page: OpenPage) -> None:
    page = reviewed(BEFORE, AFTER).open(open_page(), "?order=risk")
    held = Held(page, "**/index?*")
    page.keyboard.press("o")
    held.wait(1)
    page.keyboard.press("o")
    held.wait(2)
    wanted = page.evaluate("document.getElementById('diff').dataset.order")
    held.routes.reverse()  # the later one is answered first
    held.release()
    until(page, f"document.getElementById('order-name').textContent === {NAMES!r}['{wanted}']")
    until(page, "document.querySelectorAll('section.hunk').length === 3")
    shown = "[...document.querySelectorAll('section.hunk')].map((each) => each.dataset.hunk).join()"
    until(page, f"{shown} === document.getElementById('diff').order.join()")
    assert wanted in page.url


def test_a_point_that_is_kept_while_it_is_saved_is_no_stranger_s(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    held = Held(page, "**/act/review/draft")
    page.keyboard.press("n")
    page.keyboard.press("c")
    page.keyboard.type("once only")
    held.wait(1)
    page.get_by_role("button", name="Keep").click()
    held.release()
    page.get_by_text("draft point").wait_for()
    page.reload()
    page.get_by_text("once only").wait_for()
    assert page.get_by_text("draft point").count() == 1
    assert page.get_by_text("another tab").count() == 0


def test_a_point_that_is_dropped_while_it_is_saved_does_not_come_back(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    held = Held(page, "**/act/review/draft")
    dropped = Held(page, "**/act/review/undraft")
    page.keyboard.press("n")
    page.keyboard.press("c")
    page.keyboard.type("gone for good")
    held.wait(1)
    page.get_by_role("button", name="Drop").click()
    held.release()
    dropped.wait(1)
    dropped.release()
    page.wait_for_load_state("networkidle")
    answer: Any = page.evaluate("fetch(document.getElementById('diff').address('drafts')).then((each) => each.json())")
    assert answer["drafts"] == []


def test_a_verdict_that_is_asked_for_twice_keeps_the_reason_that_is_typed(reviewed: Build, open_page: OpenPage) -> None:
    page = reviewed(BEFORE, AFTER).open(open_page())
    held = Held(page, "**/verdict?*")
    page.locator("#verdict-open").dblclick()
    held.wait(1)
    reason = page.get_by_label("Why the task is turned down for good")
    held.routes.pop(0).continue_()
    reason.fill("the wrong approach")
    held.release()
    page.wait_for_load_state("networkidle")
    assert reason.input_value() == "the wrong approach"
    assert page.locator("#verdict #accept").count() == 1
