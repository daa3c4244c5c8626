"""What the agent says of its work stands beside what was observed; what a blind pass keeps for later."""

from __future__ import annotations

from collections.abc import Callable

from review_world import Reviewed, until

from browser import OpenPage, violations
from podium.evidence.model import Finding

Build = Callable[..., Reviewed]
BEFORE = {"src/shop.py": "def total(prices):\n    return sum(prices)\n"}
AFTER = {
    "src/shop.py": "def total(prices):\n    try:\n        return sum(prices)\n    except TypeError:\n        raise\n",
    "tests/test_shop.py": "from src.shop import total\n\n\ndef test_total():\n    assert total([1]) == 1\n",
}


def test_each_sentence_of_the_summary_says_how_it_stands_against_the_facts(
    reviewed: Build, open_page: OpenPage
) -> None:
    claim = "I added tests for totals. Only `src/shop.py` was changed. All tests pass.\n<b>Have fun.</b>"
    page = reviewed(BEFORE, AFTER, claim=claim).open(open_page())
    lines = [each.inner_text() for each in page.locator("#claim ul.claim > li").all()]
    assert "supported" in lines[0]
    assert "one test was added" in lines[0]
    assert "contradicted" in lines[1]
    assert "tests/test_shop.py" in lines[1]
    assert "unproven" in lines[2]
    assert "were not run by Podium" in lines[2]
    assert lines[3] == "<b>Have fun.</b>"
    assert violations(page) == []


def test_a_blind_pass_gives_away_neither_by_a_claim_nor_by_a_question_what_was_found(
    reviewed: Build, open_page: OpenPage
) -> None:
    found = Finding(
        fingerprint="x", rule="dependency/new", level="warning", message="needs leftpad", path="src/shop.py", line=2
    )
    world = reviewed(BEFORE, AFTER, claim="No new dependencies.", findings=[found], risk="high")
    page = world.open(open_page())
    assert "leftpad" not in page.content()
    assert "Who hears of it" not in page.content()
    line = page.locator("#claim ul.claim > li").first
    assert "contradicted" in line.inner_text()
    assert "once you have marked" in line.inner_text()
    page.locator("#checklist .note").get_by_text("asked once you have marked the hunks").wait_for()
    hunk = page.locator('section.hunk[aria-label^="src/shop.py"]').get_attribute("data-hunk")
    page.evaluate(f"document.getElementById('diff').go('{hunk}')")
    until(page, f"document.getElementById('diff').current === '{hunk}'")
    page.keyboard.press("u")
    line.get_by_text("needs leftpad").wait_for()
    page.locator("#checklist").get_by_text("Who hears of it").wait_for()
