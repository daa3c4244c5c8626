"""The server as a whole: it starts, lets a browser in, and shows the home page."""

from __future__ import annotations

from web_world import Shop

from browser import OpenPage


def test_the_link_lets_a_browser_in_and_shows_what_needs_a_person(shop: Shop, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(shop.site.link())
    assert page.url == f"{shop.site.url}/"
    assert page.get_by_role("heading", name="Nothing needs you").is_visible()
