"""Verdicts that take more than a click: a checklist, a part of a candidate, the yes of a second person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from review_world import ADA, BEN, SETTINGS, Reviewed, until

from browser import OpenPage, violations
from podium.review.model import Accepted
from podium.testing.waiting import eventually

Build = Callable[..., Reviewed]
BEFORE = {"src/shop.py": "def total(prices):\n    return sum(prices)\n", "src/far.py": "far = 1\n"}
AFTER = {
    "src/shop.py": "def total(prices):\n    try:\n        return sum(prices)\n    except TypeError:\n        raise\n",
    "src/far.py": "far = 2\n",
}
TWO = SETTINGS + '\n[[protected]]\nrule = "two-reviewers"\npaths = ["src/far.py"]\nreason = "it is far"\n'


def understand_all(page: Any, world: Reviewed, who: str) -> None:
    total = page.evaluate("document.getElementById('diff').order.length")
    for _ in range(total):
        page.keyboard.press("N")
        page.keyboard.press("u")
    key = who.partition("<")[2].rstrip(">")
    eventually(lambda: list(world.review.marks.get(key, {}).values()).count("understood") == total, 60)


def verdict(page: Any) -> None:
    page.keyboard.press("v")
    page.locator("#verdict .receipt").wait_for()


def test_the_answers_to_the_checklist_are_part_of_the_receipt(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER, risk="high")
    page = world.open(open_page())
    understand_all(page, world, ADA)
    verdict(page)
    page.locator("#verdict .code", has_text="checklist").first.wait_for()
    page.get_by_role("button", name="Back to reading").click()
    until(page, "document.querySelector('#checklist form.answer') && !document.querySelector('#checklist .note')")
    questions = page.locator("#checklist form.answer").count()
    for left in range(questions, 0, -1):
        until(page, f"document.querySelectorAll('#checklist form.answer').length === {left}")
        form = page.locator("#checklist form.answer").first
        form.get_by_role("textbox").fill(f"<i>looked</i> at it, {left}")
        form.get_by_role("button", name="Yes, it is right").click()
    until(page, "document.querySelectorAll('#checklist form.answer').length === 0")
    assert "<i>looked</i> at it, 1" in page.locator("#checklist").inner_text()
    verdict(page)
    assert "<i>looked</i> at it, 1" in page.locator("#verdict .receipt").inner_text()
    until(page, "!document.getElementById('accept').disabled")
    page.locator("#accept").click()
    page.get_by_role("heading", name="Accepted, unsigned").wait_for()
    decision = world.review.decisions[-1].decision
    assert isinstance(decision, Accepted)
    assert len(decision.receipt.answers) == questions
    assert all("<i>looked</i> at it" in each for each in decision.receipt.answers)


def test_what_is_flagged_goes_back_and_the_rest_becomes_a_candidate_of_its_own(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    bad = page.locator('section.hunk[aria-label^="src/far.py"]').get_attribute("data-hunk")
    page.evaluate(f"document.getElementById('diff').go('{bad}')")
    until(page, f"document.getElementById('diff').current === '{bad}'")
    page.keyboard.press("f")
    verdict(page)
    button = page.get_by_role("button", name="Take all but the 1 flagged, send the rest back")
    assert button.is_disabled()
    page.get_by_label("One more point, about the whole change").fill("far must stay 1")
    button.click()
    page.wait_for_url(f"{world.site.url}/")
    part = world.review.parts[-1]
    assert part.left_out == (f"{bad} src/far.py",)
    assert [point.text for point in part.points] == ["far must stay 1"]
    assert part.files == 1
    assert world.review.decisions == ()  # it is no accept


def test_where_two_persons_are_wanted_the_first_yes_is_recorded_and_the_second_accepts(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed(BEFORE, AFTER, settings=TWO)
    page = world.open(open_page())
    understand_all(page, world, ADA)
    verdict(page)
    page.locator("#verdict .refusals").get_by_text("src/far.py needs a second person (it is far)").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Record my yes").click()
    page.get_by_role("heading", name="Your yes is recorded").wait_for()
    assert world.review.decisions == ()
    page.reload()
    until(page, "document.getElementById('diff')?.hunks?.size > 0")
    verdict(page)
    page.get_by_text("Your yes is recorded. It counts once").wait_for()
    assert page.get_by_role("button", name="Record my yes").is_disabled()
    page.close()
    world.who.append(BEN)
    ben = world.open(open_page())
    understand_all(ben, world, BEN)
    verdict(ben)
    assert "ada@example.org" in ben.locator("#verdict .receipt").inner_text()
    ben.get_by_role("button", name="Accept, unsigned").click()
    ben.get_by_role("heading", name="Accepted, unsigned").wait_for()
    receipt = world.review.decisions[-1].decision.receipt
    assert receipt.reviewer == BEN.removeprefix("person:")
    assert receipt.approvals == (ADA.removeprefix("person:"),)
