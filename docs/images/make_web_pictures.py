"""Makes the pictures of the web app, with the world of its tests: `python docs/images/make_web_pictures.py`.

Needs Chromium in PATH.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
for folder in ("tests", "tests/web"):
    sys.path.insert(0, str(HERE.parents[1] / folder))

from web_story import Teller  # noqa: E402
from web_world import Shop  # noqa: E402

from browser import ARGUMENTS, NAMES  # noqa: E402 - the path above
from podium.agents import event as events  # noqa: E402

PICTURES = {
    "attention": ("/", 1200, 560, False),
    "board-dark": ("/board", 1200, 640, True),
    "plan": ("/plan/basket", 1200, 640, False),
    "phone": ("/", 390, 780, True),
}


def main() -> None:
    """Build a busy project, and take every picture."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    with tempfile.TemporaryDirectory(prefix="podium-pictures-") as place, sync_playwright() as playwright:
        shop = _busy(Path(place))
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for name, (address, width, height, dark) in PICTURES.items():
            _take(browser, shop, HERE / "web" / f"{name}.png", address, width, height, dark=dark)
        browser.close()
        shop.close()


def _take(browser: Browser, shop: Shop, to: Path, address: str, width: int, height: int, *, dark: bool) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(shop.site.link())
    page.goto(shop.site.url + address)
    page.locator("body[data-beats]").wait_for(state="attached")
    to.parent.mkdir(exist_ok=True)
    page.screenshot(path=to)
    context.close()


def _busy(place: Path) -> Shop:
    shop = Shop.build(place)
    tell = Teller(shop)
    tell.spec("basket", "Totals for baskets", clauses=20, tasks=12)
    tell.spec("rate-limit", "Limit requests per client", clauses=4, tasks=3)
    tell.order("basket")
    runs = {n: tell.start("basket", f"T{n}", agent="claude" if n % 2 else "codex") for n in range(1, 9)}
    tell.says(runs[3], events.Message(text="I look at the basket first."))
    tell.deliver(runs[1])
    tell.land("basket", "T1", runs[1])
    tell.deliver(runs[2])
    tell.ask(runs[3])
    tell.trip(runs[4])
    tell.fail(runs[5])
    return shop


if __name__ == "__main__":
    main()
