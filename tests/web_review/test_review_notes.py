"""How a candidate came about: a person's own edits, and what was left out of it, stand among the facts."""

from __future__ import annotations

from collections.abc import Callable

from review_world import BEN, Reviewed

from browser import OpenPage, violations
from podium.runs.events import HandedBack

Build = Callable[..., Reviewed]
LEFT_OUT = "sockets, pipes or devices, left out: run/<b>x</b>.sock"


def test_hand_edits_of_all_rounds_and_what_was_left_out_stand_among_the_facts(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed({"src/a.py": "x = 1\n"}, {"src/a.py": "x = 2\n"}, notes=(LEFT_OUT,))
    page = world.open(open_page())
    assert LEFT_OUT in page.locator("#facts").inner_text()
    assert violations(page) == []
    edit = HandedBack(run="run1", round=2, by=BEN.removeprefix("person:"), paths=("src/a.py", "src/b.py"), beyond=0)
    world.deliver({"src/a.py": "x = 3\n"}, by_hand=(edit,))
    world.deliver({"src/a.py": "x = 4\n"})
    page.goto(page.url)
    said = page.locator("#facts").inner_text()
    assert "in round 2, changed by hand by Ben Other <ben@example.org>: src/a.py, src/b.py" in said
    assert LEFT_OUT not in said  # that was another candidate
