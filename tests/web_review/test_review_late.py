"""Evidence that comes while the page is read: what is still to come is told, what has come is put in."""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable

from review_world import Reviewed, until

from browser import OpenPage, violations
from podium.api.guard import cookie_name
from podium.evidence.events import EvidenceClosed, EvidenceGathered, Pending
from podium.evidence.model import Fails, Finding, Item
from podium.runs.store import candidate_of

Build = Callable[..., Reviewed]
BEFORE = {"src/a.py": "x = 1\n", "src/b.py": "def total(prices):\n    return sum(prices)\n"}
AFTER = {"src/a.py": "x = 2\n", "src/b.py": "def total(prices):\n    return sum(prices) + 1\n"}
PENDING = (
    Pending(id="late1", kind="mutants", name="mutants"),
    Pending(id="late2", kind="behaviour", name="<b>odd</b>"),
)


def late(world: Reviewed) -> Item:
    found = Finding(fingerprint="x", rule="mutant", level="warning", message="it survives", path="src/a.py", line=1)
    candidate = candidate_of(world.desk.look(world.project.id).runs.by_id["run1"].rounds[-1])
    assert candidate is not None
    return Item(
        id="late1",
        kind="mutants",
        name="mutants",
        tree=candidate.tree,
        base_tree="",
        outcome=Fails(why="1 of 2 survives"),
        required=False,
        findings=(found,),
    )


def test_what_is_still_being_gathered_is_told_and_what_has_come_is_put_in_without_moving_the_code(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed(BEFORE, AFTER, pending=PENDING)
    page = world.open(open_page())
    assert "no accept depends on it: mutants, <b>odd</b>" in page.locator("#pending").inner_text()
    assert page.locator("#facts").get_by_text("it survives").count() == 0
    until(page, "document.body.dataset.beats === 'on'")
    page.keyboard.press("n")
    page.keyboard.press("u")
    page.get_by_text("1 of 2 read").wait_for()
    before = page.evaluate("document.getElementById('diff').order.join()")
    item = late(world)
    with world.desk.change(world.project.id) as change:
        change.append(EvidenceGathered(run="run1", round=1, item=item), actor="podium:worker")
    page.locator("#facts").get_by_text("it survives").wait_for()
    until(page, "document.getElementById('pending').innerText.includes('depends on it: <b>odd</b>')")
    page.locator("#reordered").get_by_text("More evidence has come").wait_for()
    assert page.evaluate("document.getElementById('diff').order.join()") == before
    assert violations(page) == []
    if os.environ.get("SHOT"):
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=os.environ["SHOT"], full_page=True)
    page.get_by_role("button", name="Order anew").click()
    page.locator("#reordered").wait_for(state="hidden")
    page.get_by_text("1 of 2 read").wait_for()
    with world.desk.change(world.project.id) as change:
        closed = EvidenceClosed(run="run1", round=1, tree=item.tree, seconds=2.0)
        change.append(closed, actor="podium:worker")
    page.locator("#pending").wait_for(state="detached")


def test_a_page_never_claims_to_know_what_came_while_it_was_made(reviewed: Build) -> None:
    world = reviewed(BEFORE, AFTER)
    before = world.desk.look(world.project.id).seq
    connection = http.client.HTTPConnection("127.0.0.1", world.site.port, timeout=60)
    cookie = f"{cookie_name(world.site.port)}={world.site.keys.secret()}"
    connection.request("GET", "/review/shop/T1", headers={"Cookie": cookie, "Accept": "text/html"})
    page = connection.getresponse().read().decode()
    connection.close()
    assert world.desk.look(world.project.id).seq > before, "the look at it is a record too"
    assert f'data-seq="{before}"' in page
