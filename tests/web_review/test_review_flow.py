"""Reviewing in a real browser with real keys: reading, marking, points, the verdict, and what is recorded of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from review_world import ADA, READY, Reviewed, until

from browser import OpenPage, violations
from podium.conductor.reading_times import open_times
from podium.conductor.ssh_signing import SshSigner
from podium.evidence.model import Finding
from podium.kernel.clock import SystemClock, stamp
from podium.review.model import Accepted, HunkTime, Refined, Rejected, TimeBatch
from podium.testing.waiting import eventually

Build = Callable[..., Reviewed]

SHOP = """\
import os


def total(prices):
    result = 0
    for price in prices:
        result += price
    return result
"""
FAR = "".join(f"\n\ndef plain{number}(value):\n    return value + {number}\n" for number in range(30))
BEFORE: dict[str, Any] = {"src/shop.py": SHOP + FAR, "tests/test_shop.py": "def test_total():\n    assert True\n"}
AFTER: dict[str, Any] = {
    "src/shop.py": (SHOP + FAR)
    .replace(
        "    result = 0\n",
        "    if any(price < 0 for price in prices):\n        raise ValueError(prices)\n    result = 0\n",
    )
    .replace("value + 20", "value + 21"),
    "tests/test_shop.py": "def test_total():\n    assert True\n\n\ndef test_refused():\n    assert True\n",
}
SCRIPT = """\
sed -E 's/.*"payload":"([^"]*)".*/\\1/' envelope.json | base64 -d > statement.json
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < statement.json)"; cat statement.json; } > signed
{ echo '-----BEGIN SSH SIGNATURE-----'; sed -E 's/.*"sig":"([^"]*)".*/\\1/' envelope.json | fold -w 70
  echo '-----END SSH SIGNATURE-----'; } > signature
ssh-keygen -Y verify -f allowed -I ada@example.org -n podium-receipt -s signature < signed
"""


def marks(world: Reviewed) -> dict[str, str]:
    return dict(world.review.marks.get("ada@example.org", {}))


def read_all(page: Any, world: Reviewed) -> None:
    """Mark each hunk with keys, and wait until the server has it."""
    total = page.evaluate("document.getElementById('diff').order.length")
    for _ in range(total):
        page.keyboard.press("N")
        page.keyboard.press("u")
    eventually(lambda: list(marks(world).values()).count("understood") == total, 30)


def test_from_attention_to_a_signed_accept_with_keys_alone_and_the_receipt_verifies_without_podium(
    reviewed: Build, open_page: OpenPage, tmp_path: Path
) -> None:
    key = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    world = reviewed(BEFORE, AFTER)
    world.keys.append(SshSigner(str(key)))
    page = open_page()
    page.goto(world.site.link())
    page.get_by_role("link", name="Review").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.wait_for_url("**/review/shop/T1")
    until(page, READY)
    read_all(page, world)
    page.keyboard.press("v")
    sign = page.get_by_role("button", name="Sign and accept")
    sign.wait_for()
    receipt = page.locator("#verdict .receipt").inner_text()
    assert "Ada Example" in receipt
    assert "3 understood" in receipt
    until(page, "!document.getElementById('accept').disabled")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "accept":
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Accepted, signed").wait_for()
    decision = world.review.decisions[-1].decision
    assert isinstance(decision, Accepted)
    assert decision.signed
    (tmp_path / "envelope.json").write_text(decision.envelope + "\n")
    (tmp_path / "allowed").write_text(
        f'ada@example.org namespaces="podium-receipt" {key.with_suffix(".pub").read_text()}'
    )
    done = subprocess.run(["sh", "-e", "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 'Good "podium-receipt" signature' in done.stdout, done.stderr
    statement = json.loads((tmp_path / "statement.json").read_text())
    mirror = world.desk.home.mirror(world.project.id)
    commit = statement["subject"][0]["digest"]["gitCommit"]
    named = subprocess.run(
        ["git", "--git-dir", str(mirror), "rev-parse", f"{commit}^{{tree}}"], capture_output=True, check=True
    )
    assert named.stdout.decode().strip() == statement["subject"][1]["digest"]["gitTree"]


def test_the_order_on_the_page_is_task_facts_code_and_the_claim_last(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER, claim="All done, trust me.")
    page = world.open(open_page())
    heads = page.locator("main h2").all_inner_texts()
    names = [head.split("\n")[0].split("observed")[0].strip() for head in heads if head]
    assert names[0].startswith("What was asked")
    assert names[1].startswith("Facts")
    assert names[-1].startswith("The agent's summary")
    assert "All done, trust me." in page.locator("#claim .claim").first.inner_text()
    page.locator("#code").wait_for()
    assert page.evaluate("scrollY") == 0
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").get_by_text("Next unread hunk").wait_for()
    keys = page.locator("dialog[open] kbd").all_inner_texts()
    assert [key for key in keys if len(key) > 1] == [], "each is a key that can be pressed"


def test_an_accept_of_what_was_not_read_is_refused_until_it_is_waived_by_name(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    page.keyboard.press("v")
    page.locator("#verdict .code", has_text="unread").wait_for()
    page.locator("#verdict").get_by_text("N goes to the next one").wait_for()
    assert page.locator("#accept").is_disabled()
    assert world.review.decisions == ()
    page.get_by_label("Reason to waive unread").fill("a demo that nobody runs")
    page.get_by_role("button", name="Accept, unsigned").click()
    page.get_by_role("heading", name="Accepted, unsigned").wait_for()
    receipt = world.review.decisions[-1].decision.receipt
    assert [(each.refusal, each.reason) for each in receipt.waivers] == [("unread", "a demo that nobody runs")]


def test_points_are_drafted_survive_a_reload_and_go_back_in_one_batch(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    page.keyboard.press("n")
    page.keyboard.press("c")
    page.keyboard.type("E1 also for the sum")
    page.keyboard.press("Escape")
    page.get_by_text("draft point").wait_for()
    page.keyboard.press("n")
    page.keyboard.press("c")
    page.keyboard.type("half written")
    page.reload()
    page.get_by_text("E1 also for the sum").wait_for()
    page.get_by_text("half written").wait_for()
    page.keyboard.press("v")
    page.get_by_role("button", name="Send back with 2 points").click()
    page.wait_for_url(f"{world.site.url}/")
    points = world.review.points
    assert [isinstance(each.decision, Refined) for each in world.review.decisions] == [True]
    assert len(points) == 2
    assert points[0].clause == "E1"
    assert all(point.hunk for point in points)


def test_a_draft_is_seen_in_another_tab_and_by_nobody_else(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    page.keyboard.press("n")
    page.keyboard.press("c")
    page.keyboard.type("seen in both")
    page.keyboard.press("Escape")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_text("seen in both").wait_for()
    stranger = open_page()
    world.who.append("person:Ben Other <ben@example.org>")
    world.open(stranger)
    stranger.wait_for_timeout(300)
    assert stranger.get_by_text("seen in both").count() == 0
    world.who.append(ADA)


def test_a_task_is_rejected_with_a_reason(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    page.keyboard.press("v")
    assert page.locator("#reject").is_disabled()
    page.get_by_label("Why the task is turned down for good").fill("the wrong approach")
    page.locator("#reject").click()
    page.wait_for_url(f"{world.site.url}/")
    decision = world.review.decisions[-1].decision
    assert isinstance(decision, Rejected)
    assert decision.reason == "the wrong approach"


def test_a_replaced_candidate_is_told_and_cannot_be_accepted_from_the_old_page(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    read_all(page, world)
    world.deliver({**AFTER, "src/shop.py": AFTER["src/shop.py"].replace("value + 3\n", "value + 33\n")})
    page.get_by_role("alert").get_by_text("There is a newer candidate: round 2").wait_for()
    page.keyboard.press("v")
    page.locator("#accept").wait_for()
    page.evaluate("document.getElementById('accept').disabled = false")
    page.locator("#accept").click()
    page.get_by_text("there is a newer candidate than the one on this page").wait_for()
    assert world.review.decisions == ()
    page.get_by_role("link", name="Load it").click()
    until(page, READY)
    page.get_by_text("3 of 4 read").wait_for()  # what did not change stays read


def test_a_hunk_is_seen_only_after_all_of_it_was_on_screen_for_long_enough(
    reviewed: Build, open_page: OpenPage
) -> None:
    long = "".join(f"value_{number} = {number}\n" for number in range(120))
    world = reviewed({"src/a.py": "x = 1\n"}, {"src/a.py": "x = 2\n", "src/long.py": long})
    page = open_page(height=600)
    world.open(page, reads=True)
    page.evaluate("document.querySelector('section[aria-label^=\"src/a.py\"]').scrollIntoView({block: 'center'})")
    short = page.evaluate("[...document.getElementById('diff').hunks.values()].find((each) => each.lines < 5).id")
    eventually(lambda: (page.wait_for_timeout(100), marks(world).get(short) == "seen")[1], 30)
    assert list(marks(world)) == [short]


def test_nothing_is_seen_while_the_window_has_no_focus(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed({"src/a.py": "x = 1\n"}, {"src/a.py": "x = 2\n"})
    page = world.open(open_page())
    page.locator("section.hunk").first.scroll_into_view_if_needed()
    page.wait_for_timeout(2500)
    assert marks(world) == {}


def test_marks_wait_for_a_lost_connection_and_then_arrive(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    page.context.set_offline(True)
    page.keyboard.press("n")
    page.keyboard.press("u")
    page.locator("#sync", has_text="wait for the connection").wait_for()
    assert marks(world) == {}
    page.context.set_offline(False)
    eventually(lambda: (page.wait_for_timeout(100), "understood" in marks(world).values())[1], 30)
    until(page, "document.getElementById('sync').textContent === ''")


def test_a_restart_of_the_server_loses_neither_marks_nor_half_written_points(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    page.keyboard.press("n")
    world.stop()
    page.keyboard.press("u")
    page.keyboard.press("c")
    page.keyboard.type("written while it was away")
    page.keyboard.press("Escape")
    page.locator("#sync", has_text="wait for the connection").wait_for()
    world.start()
    eventually(lambda: (page.wait_for_timeout(100), "understood" in marks(world).values())[1], 60)
    page.reload()
    page.get_by_text("written while it was away").wait_for()


def test_two_tabs_and_two_reviewers_keep_their_own_marks(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    other = page.context.new_page()
    other.goto(page.url)
    until(other, READY)
    page.keyboard.press("n")
    page.keyboard.press("u")
    other.keyboard.press("n")
    other.keyboard.press("n")
    other.keyboard.press("f")
    eventually(lambda: sorted(v for v in marks(world).values() if v != "seen") == ["flagged", "understood"], 30)
    page.close()
    other.close()
    world.who.append("person:Ben Other <ben@example.org>")
    ben = world.open(open_page())
    ben.keyboard.press("n")
    ben.keyboard.press("u")
    eventually(lambda: "understood" in world.review.marks.get("ben@example.org", {}).values(), 30)
    assert "flagged" in marks(world).values()
    assert "flagged" not in world.review.marks["ben@example.org"].values()


def test_the_page_has_no_axe_violation_in_both_palettes_and_names_what_it_shows(
    reviewed: Build, open_page: OpenPage
) -> None:
    found = Finding(
        fingerprint="x", rule="sink/eval", level="warning", message="a new eval", path="src/shop.py", line=5
    )
    world = reviewed(BEFORE, AFTER, findings=[found])
    for dark in (False, True):
        page = world.open(open_page(dark=dark))
        page.keyboard.press("n")
        page.keyboard.press("e")
        page.locator(".of-why").wait_for()
        page.keyboard.press("c")
        page.keyboard.type("a point")
        page.keyboard.press("Escape")
        assert violations(page) == []
        page.keyboard.press("v")
        page.locator("#accept").wait_for()
        assert violations(page) == []
    tree = page.locator("#code").aria_snapshot()
    assert 'group "src/shop.py, line' in tree
    assert 'heading "src/shop.py"' in tree
    assert 'region "Why this hunk is here"' in tree


def test_why_a_hunk_is_here_tells_clause_finding_and_who_wrote_the_line_before(
    reviewed: Build, open_page: OpenPage
) -> None:
    found = Finding(
        fingerprint="x", rule="sink/eval", level="warning", message="a new eval", path="src/shop.py", line=6
    )
    world = reviewed(BEFORE, AFTER, findings=[found])
    page = world.open(open_page(), "?order=path")
    page.evaluate("const diff = document.getElementById('diff'); diff.go(diff.order[0])")
    page.keyboard.press("e")
    said = page.locator(".of-why")
    said.get_by_text("a new eval").wait_for()
    told = said.inner_text()
    assert "B1" in told
    assert "adds the prices" in told
    assert "a new eval" in told
    assert "no step of the transcript that is known" in told


def test_a_large_change_can_be_read_in_slices_and_a_quick_reader_is_told_so_calmly(
    reviewed: Build, open_page: OpenPage
) -> None:
    def body(word: str) -> str:
        return "".join(f"def {word}{number}(value):\n    return value * {number}\n\n\n" for number in range(110))

    world = reviewed(BEFORE, {**BEFORE, "src/rabbit.py": body("rabbit"), "src/weasel.py": body("weasel")})
    page = world.open(open_page())
    slices = page.locator("#slices li")
    assert slices.count() == 2
    assert "src/rabbit.py" in slices.first.inner_text() + slices.last.inner_text()
    assert "1 to read" in slices.first.inner_text()
    assert page.locator("#pace").count() == 0
    page.keyboard.press("u")
    page.keyboard.press("N")
    until(page, "!document.getElementById('diff').going")  # it is beyond what the page brought with it
    page.keyboard.press("u")
    eventually(lambda: list(marks(world).values()).count("understood") == 2, 30)
    now = SystemClock().now()
    times = tuple(HunkTime(hunk=hunk, seconds=60.0) for hunk in marks(world))
    batch = TimeBatch(
        id="b1", run=next(iter(world.runs.values())), round=1, by=ADA, began=stamp(now), ended=stamp(now), times=times
    )
    open_times(world.desk.home, world.project.id, ADA).add(batch)
    page.reload()
    until(page, READY)
    assert "lines in this sitting: beyond 400 fewer defects are found" in page.locator("#pace").inner_text()
    assert [each.inner_text().split("\n")[0].count(" read") for each in slices.all()] == [1, 1]
    assert violations(page) == []


def test_candidates_that_race_are_compared_before_one_is_read(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER)
    world.deliver({**AFTER, "docs/more.md": "more\n"}, agent="other")
    page = open_page()
    page.goto(world.site.link())
    page.goto(f"{world.site.url}/review/shop/T1")
    page.get_by_role("heading", name="What sets them apart").wait_for()
    assert "only this run changed docs/more.md" in page.locator("#apart").inner_text()
    assert violations(page) == []
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/shop/T1?agent=*")
    until(page, READY)


def test_after_a_refine_only_what_changed_is_unread_and_told_line_by_line(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    read_all(page, world)
    page.close()
    world.deliver(
        {**AFTER, "src/shop.py": AFTER["src/shop.py"].replace("raise ValueError(prices)", "raise ValueError('price')")}
    )
    page = world.open(open_page())
    page.get_by_role("heading", name="Since you last looked").wait_for()
    said = page.locator("#since").inner_text()
    assert "raise ValueError('price')" in said
    assert "2 as they were" in said
    page.get_by_text("2 of 3 read").wait_for()


def test_lines_around_a_hunk_are_shown_and_links_lead_to_hunk_and_line(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page(), "?order=path")
    second = page.evaluate("document.getElementById('diff').order[1]")
    page.goto(f"{world.site.url}/review/shop/T1?order=path&line=91#hunk-{second}")
    until(page, "document.querySelector('.l.at')?.dataset.n === '91'")
    page.keyboard.press("x")
    near = page.locator(f"section[data-hunk='{second}'] .l.near")
    near.filter(has_text="value + 19").wait_for()  # above
    near.filter(has_text="value + 22").wait_for()  # below: the two answers come in any order
    page.get_by_text("unmodified lines").first.wait_for()


def test_lines_that_are_asked_for_twice_at_once_are_shown_once_and_come_back_with_the_hunk(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page(), "?order=path")
    second = page.evaluate("document.getElementById('diff').order[1]")
    page.goto(f"{world.site.url}/review/shop/T1?order=path&line=91#hunk-{second}")
    until(page, "document.querySelector('.l.at')?.dataset.n === '91'")
    page.keyboard.press("x")
    page.keyboard.press("x")
    rows = f"document.querySelectorAll(\"section[data-hunk='{second}'] .l.near\")"
    shown = f"[...{rows}].map((row) => Number(row.dataset.n))"
    until(page, f"{shown}.length >= 70")  # forty above, and what the file has left below
    numbers = page.evaluate(shown)
    assert numbers == sorted(set(numbers))
    page.keyboard.press("s")
    page.locator("#diff div.s").first.wait_for()
    until(page, f"{shown}.length === {len(numbers)}")
    assert page.evaluate(shown) == numbers


def test_split_view_order_and_search_keep_the_marks(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed(BEFORE, AFTER)
    page = world.open(open_page())
    page.keyboard.press("n")
    page.keyboard.press("u")
    page.keyboard.press("s")
    page.locator("#diff div.s").first.wait_for()
    page.keyboard.press("o")
    until(page, "document.getElementById('order-name').textContent === 'path'")
    page.keyboard.press("/")
    page.keyboard.type("value + 21")
    page.keyboard.press("Enter")
    page.locator("#find-count", has_text="1 of 1").wait_for()
    until(page, "document.querySelector('.hit')?.textContent.includes('value + 21')")
    page.get_by_text("1 of 3 read").wait_for()
    assert violations(page) == []


def test_a_hunk_that_is_proven_mechanical_is_folded_and_the_receipt_says_so(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed(
        {"src/a.py": "x = f(1, 2)\n", "src/b.py": "y = 1\n"},
        {"src/a.py": "x = f(\n    1, 2\n)\n", "src/b.py": "y = 2\n"},
    )
    page = world.open(open_page())
    page.get_by_text("folded", exact=True).first.wait_for()
    page.get_by_role("button", name="Show it").click()
    page.locator("section[data-folded] .l.d").wait_for()
    page.keyboard.press("N")
    page.keyboard.press("u")
    page.get_by_text("1 of 1 read").wait_for()
    eventually(lambda: "understood" in marks(world).values(), 30)
    page.keyboard.press("v")
    until(page, "document.getElementById('accept') && !document.getElementById('accept').disabled")
    assert "1 folded" in page.locator("#verdict .receipt").inner_text()


def test_in_a_blind_pass_findings_are_told_once_their_hunk_is_marked(reviewed: Build, open_page: OpenPage) -> None:
    found = Finding(fingerprint="x", rule="odd", level="note", message="this is odd", path="src/shop.py", line=5)
    world = reviewed(BEFORE, AFTER, findings=[found], risk="high")
    page = world.open(open_page())
    page.get_by_text("The first pass is blind").wait_for()
    assert "this is odd" not in page.content()
    assert "finding: odd" not in page.content()
    first = page.evaluate("document.querySelector('.l[data-n=\"5\"]').closest('section').dataset.hunk")
    page.evaluate(f"location.hash = '#hunk-{first}'")
    until(page, f"document.getElementById('diff').current === '{first}'")
    page.keyboard.press("u")
    page.locator("#facts").get_by_text("this is odd").wait_for(state="attached")


def test_a_mark_pressed_before_the_next_hunk_is_shown_marks_nothing(reviewed: Build, open_page: OpenPage) -> None:
    long = "".join(f"value{number} = {number}\n" for number in range(400))
    world = reviewed(BEFORE, {**BEFORE, "src/one.py": long, "src/two.py": long.replace("value", "other")})
    page = world.open(open_page())
    page.keyboard.press("u")
    eventually(lambda: list(marks(world).values()) == ["understood"], 30)
    page.context.set_offline(True)
    page.keyboard.press("N")
    page.keyboard.press("u")
    page.get_by_text("nothing was marked").wait_for()
    page.context.set_offline(False)
    until(page, "document.getElementById('diff').blocks[1].drawn")
    page.keyboard.press("N")
    page.keyboard.press("u")
    eventually(lambda: list(marks(world).values()) == ["understood", "understood"], 30)
