"""All that an agent writes is hostile: no text of it becomes markup, script or an invisible trick on any page."""

from __future__ import annotations

from pathlib import Path

import pytest
from web_story import Teller
from web_world import Shop

from browser import OpenPage
from podium.agents import event as events
from podium.api.story import MOST_ITEMS, Story
from podium.conductor.write_document import write_document
from podium.kernel.errors import ConflictError, UsageError
from podium.spec.blob import blob_id

EVIL = (
    "<script>window.hit=1</script>",
    "<img src=x onerror='window.hit=1'>",
    '"><svg onload="window.hit=1">',
    "'-window.hit=1-'",
    "{{ 7*7 }}{% raw %}",
    "</textarea><script>window.hit=1</script>",
    "<!--<script>window.hit=1//-->",
    "javascript:window.hit=1",
    "\x1b[31mred\x1b]8;;http://evil.example\x07link",
    "user\u202e\u2066 nimda\u2069\u2066",
    "a\u200bb\ufeffc",
    "\x00\x08\x7f\x9b",
)


def test_no_text_of_an_agent_becomes_markup(shop: Shop, open_page: OpenPage) -> None:
    tell = Teller(shop)
    evil = " ".join(EVIL)
    tell.spec("basket", "Totals", clauses=8, tasks=6)
    tell.order("basket")
    run = tell.start("basket", "T1", agent=EVIL[0])
    tell.ask(run, evil, detail=evil)
    tell.trip(tell.start("basket", "T2"), evil)
    tell.fail(tell.start("basket", "T3"), evil)
    back = tell.start("basket", "T4")
    tell.deliver(back, claim=evil)
    tell.hold("basket", "T4", back, why=evil)
    tell.says(
        run,
        events.Message(text=evil),
        events.Thought(text=evil),
        events.ToolCall(id=EVIL[0], title=evil, kind=EVIL[1], status="failed", output=evil, paths=(evil,)),
        events.ErrorReported(what=evil, source=evil),
        events.PlanUpdated(steps=(events.PlanStep(text=evil, status=evil),)),
        events.Undecoded(raw=evil, why=evil),
    )
    page = open_page()
    page.goto(shop.site.link())
    for path in (
        "/",
        "/board",
        "/landing",
        "/ledger?all=1",
        "/agents",
        f"/run/{run}",
        "/task/basket/T3",
        "/ledger?q=<b>",
    ):
        page.goto(shop.site.url + path)
        page.locator("body[data-beats]").wait_for(state="attached")
        assert page.evaluate("window.hit") is None, path
        assert page.locator("main script, main img, main svg[onload], main [onerror]").count() == 0, path
        text = page.content()
        assert not any(char in text for char in "\u202e\u2066\u200b\ufeff\x1b\x9b"), path
    page.goto(f"{shop.site.url}/run/{run}")
    told = page.locator("#story").inner_text()
    assert EVIL[0] in told
    assert "<U+202E>" in told
    assert "<U+001B>" in told


def test_a_hostile_spec_is_shown_and_edited_as_it_is(shop: Shop, open_page: OpenPage) -> None:
    text = "---\ntitle: T\n---\n# T\n" + "\n".join(each for each in EVIL if "\x00" not in each) + "\n"
    place = shop.root / "specs/odd.md"
    place.parent.mkdir()
    place.write_text(text)
    page = open_page()
    page.goto(shop.site.link())
    for path in ("/specs", "/spec/odd", "/spec/odd?edit=1"):
        page.goto(shop.site.url + path)
        page.locator("body[data-beats]").wait_for(state="attached")
        assert page.evaluate("window.hit") is None, path
    assert page.locator("#text").input_value() == text
    page.goto(f"{shop.site.url}/spec/odd")
    assert "<U+202E>" in page.get_by_role("main").inner_text()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a" * 2_000_000, b"---\n" * 50_000, b"", b"\n" * 300])
def test_a_document_that_is_no_spec_is_told_so_and_breaks_no_page(
    shop: Shop, open_page: OpenPage, content: bytes
) -> None:
    place = shop.root / "specs/odd.md"
    place.parent.mkdir()
    place.write_bytes(content)
    page = open_page()
    page.goto(shop.site.link())
    for path in ("/specs", "/spec/odd", "/plan/odd", "/board"):
        answer = page.goto(shop.site.url + path)
        assert answer is not None
        assert answer.status < 500, path


def test_nothing_is_written_through_a_link_or_out_of_the_repository(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    (root / "specs").mkdir(parents=True)
    other.mkdir()
    (other / "file").write_text("theirs")
    (root / "specs/link.md").symlink_to(other / "file")
    (root / "out").symlink_to(other)
    with pytest.raises(UsageError, match="no plain file"):
        write_document(root, Path("specs/link.md"), "mine", seen=blob_id(b"theirs"))
    with pytest.raises(UsageError, match="no plain file"):
        write_document(root, Path("specs/link.md"), "mine", seen="")
    with pytest.raises(UsageError, match="leads out"):
        write_document(root, Path("out/file"), "mine", seen=blob_id(b"theirs"))
    assert (other / "file").read_text() == "theirs"


def test_a_document_is_written_only_over_what_was_seen(tmp_path: Path) -> None:
    place = Path("specs/a.md")
    first = write_document(tmp_path, place, "one\n", seen="")
    assert first == blob_id(b"one\n")
    with pytest.raises(ConflictError, match="changed"):
        write_document(tmp_path, place, "two\n", seen="")
    with pytest.raises(ConflictError, match="changed"):
        write_document(tmp_path, place, "two\n", seen=blob_id(b"zero\n"))
    (tmp_path / place).chmod(0o755)
    write_document(tmp_path, place, "two\n", seen=first)
    assert (tmp_path / place).read_text() == "two\n"
    assert (tmp_path / place).stat().st_mode & 0o777 == 0o755
    (tmp_path / place).unlink()
    with pytest.raises(ConflictError, match="removed"):
        write_document(tmp_path, place, "three\n", seen=first)
    assert [path.name for path in (tmp_path / "specs").iterdir()] == []  # and nothing is left lying about


def test_a_story_joins_pieces_and_news_and_is_bounded() -> None:
    story = Story()
    flood = [
        events.Message(text="I ", more=True),
        events.Message(text="begin"),
        events.ToolCall(id="c", title="Read", status="pending"),
        *[events.ToolCall(id="c", output="x" * 200_000) for _ in range(3)],
        *[events.Message(text=f"m{n}") for n in range(MOST_ITEMS + 50)],
        events.ToolCall(id="c", status="completed"),
    ]
    for number, event in enumerate(flood, 1):
        story.add(events.Entry(n=number, t="", event=event))
        if number == 6:
            told = [(item.sign, item.text, len(item.detail)) for item in story.since(0)]
            assert told == [("says", "I begin", 0), ("call", "Read", 20_000)]
            assert [item.sign for item in story.since(2)] == ["call"]
    assert len(story.items) == MOST_ITEMS
    assert story.dropped >= 50
    assert story.newest == len(flood)
