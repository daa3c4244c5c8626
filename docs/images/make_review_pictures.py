"""Makes the pictures of the review page, in a real browser: `python docs/images/make_review_pictures.py`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "web_review")]  # the worlds of the tests are shown

from review_world import READY, Reviewed, until  # noqa: E402

from browser import ARGUMENTS, NAMES  # noqa: E402
from podium.evidence.model import Finding  # noqa: E402

SHOP = '''"""Totals."""

import os


def total(prices):
    """The sum of all prices."""
    result = 0
    for price in prices:
        result += price
    return result
'''
FOUND = Finding(
    fingerprint="1",
    rule="sink/os.system",
    level="warning",
    message="a new call of os.system with a string that is put together",
    path="src/shop.py",
    line=11,
)


def main() -> None:
    """Draw the page wide and narrow, light and dark."""
    body = '    if any(price < 0 for price in prices):\n        raise ValueError("negative price")\n'
    body += '    total = sum(prices)\n    os.system("echo " + str(total))\n    return total\n'
    after = SHOP[: SHOP.index("    result = 0")] + body
    tests = "def test_total():\n    assert total([1, 2]) == 3\n"
    more = "\n\ndef test_negative_prices_are_refused():\n    with pytest.raises(ValueError):\n        total([-1])\n"
    target = Path(__file__).parent / "web"
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        before = {"src/shop.py": SHOP, "tests/test_shop.py": tests}
        changed = {"src/shop.py": after, "tests/test_shop.py": tests + more}
        world = Reviewed.build(Path(place), before, changed, findings=[FOUND])
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, NAMES))), args=ARGUMENTS, timeout=60_000
        )
        for name, width, scheme in (("review-light", 1440, "light"), ("review-dark", 390, "dark")):
            page = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme).new_page()
            page.goto(world.site.link())
            page.goto(f"{world.site.url}/review/shop/T1")
            until(page, READY)
            page.locator("#code").evaluate("code => scrollTo(0, code.offsetTop - 160)")
            page.wait_for_timeout(2500)
            page.screenshot(path=target / f"{name}.png")
        browser.close()
        world.close()


if __name__ == "__main__":
    main()
