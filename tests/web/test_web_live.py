"""The one stream of events: what it says, and how pages live through a lost connection and a restarted server."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import expect
from web_story import Teller
from web_world import Shop

from browser import OpenPage
from podium.agents import event as events
from podium.api.guard import cookie_name
from podium.testing.waiting import eventually


@contextmanager
def _stream(
    shop: Shop, path: str = "/events", headers: Mapping[str, str] | None = None
) -> Iterator[Iterator[tuple[str, str, Any]]]:
    """The messages of the stream: event, id, data."""
    connection = http.client.HTTPConnection("127.0.0.1", shop.site.port, timeout=60)
    cookie = f"{cookie_name(shop.site.port)}={shop.site.keys.secret()}"
    connection.request("GET", path, headers={"Cookie": cookie, **(headers or {})})
    answer = connection.getresponse()
    assert answer.status == 200
    try:
        yield _messages(answer)
    finally:
        answer.close()
        connection.close()


def _messages(answer: http.client.HTTPResponse) -> Iterator[tuple[str, str, Any]]:
    event, number = "", ""
    for raw in answer:
        line = raw.decode().rstrip("\n")
        if line.startswith("event: "):
            event = line[7:]
        elif line.startswith("id: "):
            number = line[4:]
        elif line.startswith("data: "):
            yield event, number, json.loads(line[6:])


def test_the_stream_says_how_far_the_ledger_is_and_that_a_transcript_grew(shop: Shop) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    run = tell.start("basket", "T1")
    seq = len(shop.records())
    with _stream(shop) as stream:
        assert next(stream) == ("moved", str(seq), {"seq": seq, "needs": 0, "first": "", "errands": 0})
        tell.ask(run, "look <b>here</b>\x1b[31m\u202e")
        _, number, data = next(stream)
        assert (number, data["needs"]) == (str(seq + 1), 1)
        assert data["first"] == "basket/T1: asks to execute: look <b>here</b><U+001B>[31m<U+202E>"
        tell.says(run, events.Message(text="hello"))
        event, _, sizes = next(stream)
        assert event == "grew"
        assert sizes[f"{run}.1"] > 0


def test_who_comes_back_is_told_once_what_it_missed(shop: Shop) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    tell.start("basket", "T1")
    seq = len(shop.records())
    for path, headers in (
        ("/events", {"Last-Event-ID": "2"}),
        ("/events", {"Last-Event-ID": "9" * 40}),
        ("/events?after=nonsense", {}),
    ):
        with _stream(shop, path, headers) as stream:
            assert next(stream)[2]["seq"] == seq


def test_a_lost_connection_shows_and_heals_and_nothing_is_missed(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    run = tell.start("basket", "T1")
    page = open_page()
    page.goto(shop.site.link())
    page.locator("body[data-beats]").wait_for(state="attached")
    bar = page.locator("#connection")
    expect(bar).to_be_hidden()
    shop.stop_site()
    expect(bar).to_have_text("Connection lost, trying again. What you see may be out of date.")
    tell.ask(run, "run the tests")
    again = shop.restart_site()
    assert again.port == shop.port  # the same address as before: open pages find it
    expect(bar).to_be_hidden()
    expect(page.get_by_role("heading", name="1 thing needs you")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("n")  # and the cookie still counts
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()


def test_an_act_while_the_server_is_away_is_told_to_have_done_nothing(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    tell.ask(tell.start("basket", "T1"))
    page = open_page()
    page.goto(shop.site.link())
    shop.stop_site()
    page.get_by_role("button", name="Allow").click()
    expect(page.locator(".toast.bad")).to_contain_text("Podium cannot be reached: nothing was done")
    assert [each for each in shop.records() if each.kind == "runs.permission-answered"] == []


def test_two_tabs_share_one_stream_and_the_second_goes_on_alone(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    run = tell.start("basket", "T1")
    first = open_page()
    first.goto(shop.site.link())
    first.locator("body[data-beats]").wait_for(state="attached")
    second = first.context.new_page()
    asked: list[str] = []
    second.on("request", lambda request: asked.append(request.url))
    second.goto(f"{shop.site.url}/board")
    second.locator("body[data-beats]").wait_for(state="attached")
    assert [url for url in asked if "/events" in url] == []
    tell.ask(run, "run the tests")
    expect(second.locator("#task-basket-T1")).to_contain_text("asks: run the tests")
    first.close()
    eventually(lambda: second.evaluate("1") and any("/events" in url for url in asked), 30)
    tell.fail(tell.start("basket", "T2"), "it broke")
    expect(second.locator("#task-basket-T2")).to_contain_text("it broke")
    assert run
