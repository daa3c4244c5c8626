"""On the page of a run: its program is previewed, and a person works in its sandbox and hands it back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from cli_story import Story
from playwright.sync_api import Page, expect

from browser import OpenPage, violations
from podium.cli.context import Context
from podium.cli.seat import make_seat
from podium.testing import actions
from podium.testing.waiting import eventually
from podium.web.server import Site

FIRST = actions.Write(path="src/total.py", text="print('not yet')\n")
PAGE = actions.Write(path="src/index.html", text="<h1>made by an agent</h1>\n")
WAITS = actions.WaitForFile(path="/workspace/go")
PREVIEW = 'preview = "python3 -m http.server 8000 --bind 127.0.0.1 --directory src"'
EDIT = r"printf 'import sys\nprint(sum(int(price) for price in sys.argv[1:]))\n' > src/total.py"


@contextmanager
def served(story: Story) -> Generator[Site]:
    """The web app of the story's project, wired as `podium up` does it."""
    context = Context(story.world.environ)
    context.options.directory = str(story.world.repository)
    context.options.state = str(story.world.base / "state")
    site = Site(make_seat(context))
    thread = threading.Thread(target=site.serve, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.stop()
        thread.join(60)
        context.close()
    assert not thread.is_alive()


def test_a_run_is_taken_over_handed_back_and_previewed_in_the_browser(
    tell: Callable[..., Story], open_page: OpenPage
) -> None:
    story = tell((FIRST, PAGE, WAITS, actions.Say(text="done")), (actions.Say(text="noted"),))
    settings = story.world.repository / "podium.toml"
    settings.write_text(settings.read_text().replace("[environment]", f"[environment]\n{PREVIEW}", 1))
    story.good("plan", "approve", "total", "--yes")
    story.good("run", "total", "--no-follow")
    story.until("at work")
    with served(story) as site:
        page = open_page(bypass_csp=True)
        page.goto(site.link())
        page.goto(f"{site.url}/task/total/T1")
        page.get_by_role("link", name="scripted round 1").click()
        page.wait_for_url("**/run/*")
        page.locator("body[data-beats=on]").wait_for()
        expect(page.locator("#story")).to_contain_text("src/index.html")
        page.keyboard.press("b")
        expect(page.locator("#take-over-command")).to_have_text(
            f"podium -C {story.world.repository.resolve()} take-over total/T1 --agent scripted"
        )
        page.get_by_role("button", name="Take over").click()
        hands = page.get_by_role("region", name="By hand")
        expect(hands).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("c")
        page.keyboard.type("cat src/total.py; id -u; exit 3")
        page.keyboard.press("Enter")
        expect(hands).to_contain_text("print('not yet')\n1000")
        expect(hands).to_contain_text("exit code 3")
        hands.get_by_role("textbox", name="Command").fill(f"{EDIT}; touch go")
        page.keyboard.press("Enter")
        expect(hands).to_contain_text("so far: go src/total.py")
        hands.get_by_role("textbox", name="What the agent is told").fill("mind the cents")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Changed by you: go, src/total.py. The agent goes on.")).to_be_visible()
        story.until("in review")
        page.keyboard.press("v")
        page.get_by_role("button", name="Show", exact=True).click()
        link = page.locator(".errand").get_by_role("link", name="Open")
        address = link.get_attribute("href") or ""
        assert address.startswith("http://127.")
        assert not address.startswith("http://127.0.0.1:")  # cookies do not know ports
        with page.expect_popup() as opened:
            link.click()
        eventually(lambda: _shown(opened.value, address), 60.0)
        page.get_by_role("button", name="End it").click()
        expect(page.get_by_text("It was ended")).to_be_visible()
        assert not list((story.world.base / "state").glob("projects/*/checks/preview-*"))
    assert "changed by hand by Ada <ada@example.org>: go, src/total.py" in story.good("ledger", "export").out


def _shown(page: Page, address: str) -> bool:
    page.goto(f"{address}index.html")
    return "made by an agent" in page.content()
