"""The web app on PostgreSQL, which may be away for a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect
from web_story import Teller
from web_world import Shop

from browser import OpenPage
from podium.testing.waiting import eventually

CUT = "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"


@pytest.fixture
def shop(postgres_url: str, tmp_path: Path) -> Iterator[Shop]:
    made = Shop.build(tmp_path, url=postgres_url)
    yield made
    made.close()


def sql(url: str, *statements: str) -> None:
    """Run statements about a database from another one."""
    place = url.replace("postgresql+psycopg://", "postgresql://")
    name = place.partition("@/")[2].partition("?")[0]
    with psycopg.connect(place.replace(f"@/{name}?", "@/postgres?"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.format(name=name).encode())


@pytest.mark.slow
def test_pages_say_that_the_database_is_away_and_go_on_when_it_is_back(
    postgres_url: str, shop: Shop, open_page: OpenPage
) -> None:
    tell = Teller(shop)
    tell.spec("basket", "Totals")
    run = tell.start("basket", "T1")
    page = open_page()
    page.goto(shop.site.link())
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    page.locator("body[data-beats]").wait_for(state="attached")
    sql(postgres_url, "alter database {name} with allow_connections false", CUT)
    other = page.context.new_page()
    answer = other.goto(shop.site.url + "/board")
    assert answer is not None
    assert answer.status == 503
    expect(other.get_by_role("main")).to_contain_text("The database does not answer")
    sql(postgres_url, "alter database {name} with allow_connections true")
    eventually(lambda: (found := other.goto(shop.site.url + "/board")) and found.status == 200, 30)
    other.close()
    tell.ask(run, "run the tests")
    expect(page.get_by_role("heading", name="1 thing needs you")).to_be_visible(timeout=30_000)
    page.keyboard.press("j")
    page.keyboard.press("y")
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible(timeout=30_000)
