"""Fixtures for tests in a real browser: `browser` (one Chromium for each test process) and `open_page`.

`tests/conftest.py` takes them in, so any test may ask for them:

    def test_something(open_page: OpenPage) -> None:
        page = open_page(dark=True, width=390)
        page.goto(url)

Each page has a context of its own (cookies, storage). At the end of the test, an error of a script or a violation of
the content security policy on any of its pages fails the test, unless the page was opened with `strict=False`.
Chromium is looked for in PATH; where there is none the test is skipped, and fails in CI.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


class OpenPage(Protocol):
    """Opens a page in a context of its own."""

    def __call__(
        self, *, dark: bool = False, width: int = 1440, height: int = 900, strict: bool = True, **more: Any
    ) -> Page: ...


@pytest.fixture(scope="session")
def chromium(require: Callable[[object, str], None]) -> Iterator[tuple[Browser, Any]]:
    """One Chromium for each test process, and the event loop that Playwright drives it with.

    Playwright leaves its loop set as the thread's running one, and any `asyncio.run` of another test would fail; so it
    is taken away between the tests that use the browser.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    require(path, "Chromium in PATH")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, timeout=60_000)
        loop = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        yield started, loop
        asyncio._set_running_loop(loop)
        started.close()


@pytest.fixture
def browser(chromium: tuple[Browser, Any]) -> Iterator[Browser]:
    """The Chromium of this test process, for this test."""
    started, loop = chromium
    asyncio._set_running_loop(loop)
    yield started
    asyncio._set_running_loop(None)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages, and looks afterwards whether their scripts ran without a fault."""
    contexts: list[Any] = []
    faults: list[str] = []

    def make(*, dark: bool = False, width: int = 1440, height: int = 900, strict: bool = True, **more: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            **more,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        if strict:
            page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
            page.on("console", lambda said: _note(faults, page.url, said.text))
        return page

    yield make
    for context in contexts:
        context.close()
    assert faults == []


def _note(faults: list[str], url: str, text: str) -> None:
    if re.search(r"Content Security Policy|Refused to", text):
        faults.append(f"{url}: {text}")


def violations(page: Page) -> list[str]:
    """What axe finds on a page: nothing, where everybody can use it."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]
