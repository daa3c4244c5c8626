"""What agents may put before a reviewer: names, text, pictures and sizes that were made to harm or to hide."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from review_world import Reviewed, until

from browser import OpenPage, violations

Build = Callable[..., Reviewed]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg"><script>parent.hurt=1;alert(1)</script><rect width="9" height="9"/></svg>'
)
NOTEBOOK = '{{"cells":[{{"cell_type":"code","source":["x = {0}\\n","print(x)"],"outputs":["<script>"]}}]}}'


def fetched(page: Any, address: str) -> Any:
    return page.context.request.get(address)


def test_names_and_text_that_are_html_stay_text(reviewed: Build, open_page: OpenPage) -> None:
    evil = "<img src=x onerror=window.hurt=1>"
    world = reviewed(
        {"src/a.py": "x = 1\n"},
        {"src/a.py": f'x = "{evil}"\n', f"src/{evil}.py": f"# {evil}</code></div>\n"},
        claim=f"I did {evil} <script>window.hurt=1</script>",
    )
    page = world.open(open_page())
    page.keyboard.press("n")
    page.keyboard.press("e")
    page.locator(".of-why").first.wait_for()
    page.keyboard.press("v")
    page.locator("#accept").wait_for()
    assert page.evaluate("window.hurt") is None
    assert page.locator("#diff img, #claim img, #claim script").count() == 0
    assert evil in page.locator("#claim .claim").first.inner_text()
    assert evil.rpartition("/")[2] in page.locator("#diff header.file", has_text="onerror").inner_text()


def test_what_turns_text_around_or_hides_in_it_is_made_visible_with_a_warning(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed(
        {"src/a.py": "ok = 1\n"},
        {"src/a.py": "if admin:\u202e ; nigol\u2066\nzero\u200bwidth = '\x1b[31mred'\n"},
    )
    page = world.open(open_page())
    page.get_by_text("hidden characters").first.wait_for()
    text = page.locator("#diff").inner_text()
    for code in ("<U+202E>", "<U+2066>", "<U+200B>", "<U+001B>"):
        assert code in text
    assert not {"\u202e", "\u2066", "\u200b", "\x1b"} & set(page.content())


def test_bytes_that_are_no_text_and_a_line_of_a_megabyte_are_shown_in_part(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed(
        {"src/a.py": "x = 1\n"},
        {"src/a.py": b"x = '\xff\xfe'\n", "src/long.py": "y = '" + "a" * 1_000_000 + "'\n"},
    )
    page = world.open(open_page())
    assert "\ufffd" in page.locator("#diff").inner_text()
    page.get_by_text("more characters").first.wait_for()
    assert len(page.content()) < 200_000
    assert violations(page) == []


def test_pictures_are_served_where_nothing_in_them_can_run(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed({"a.png": PNG, "b.svg": "<svg/>"}, {"a.png": PNG + b"x", "b.svg": SVG})
    page = world.open(open_page())
    sources = page.locator(".pictures img").evaluate_all("all => all.map((each) => each.src)")
    assert len(sources) == 4
    for source in sources:
        answer = fetched(page, source)
        assert answer.headers["content-security-policy"].endswith("sandbox")
        assert answer.headers["content-type"] in ("image/png", "image/svg+xml")
        assert answer.headers["x-content-type-options"] == "nosniff"
    svg = next(
        source
        for source in sources
        if "b.svg" in page.locator(f'img[src="{source[source.index("/review") :]}"]').get_attribute("alt")
    )
    alone = open_page(strict=False)
    alone.goto(world.site.link())
    alone.goto(svg)
    assert alone.evaluate("window.hurt") is None


def test_a_file_that_only_calls_itself_a_picture_or_is_a_link_is_not_served_as_one(
    reviewed: Build, open_page: OpenPage
) -> None:
    world = reviewed({"src/a.py": "x = 1\n"}, {"src/a.py": "x = 2\n"})
    page = world.open(open_page())
    hunk = page.evaluate("document.getElementById('diff').order[0]")
    answer = fetched(page, f"{world.site.url}/review/shop/T1/picture?run=run1&round=1&hunk={hunk}&side=new")
    assert answer.status == 404


def test_notebooks_are_compared_by_what_their_cells_say(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed({"n.ipynb": NOTEBOOK.format(1)}, {"n.ipynb": NOTEBOOK.format(2)})
    page = world.open(open_page())
    page.get_by_role("button", name="Cells side by side").click()
    pane = page.locator(".pane.cells")
    pane.wait_for()
    assert "x = 1" in pane.inner_text()
    assert "x = 2" in pane.inner_text()
    assert "script" not in pane.inner_text()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_hundred_thousand_lines_in_a_few_files_are_opened_searched_and_walked(
    reviewed: Build, open_page: OpenPage
) -> None:
    text = "".join(f"value_{number} = {number}\n" for number in range(20_000))
    world = reviewed({"src/a.py": "x = 1\n"}, {f"data/part{part}.csv": text for part in range(5)})
    page = open_page()
    page.context.set_default_timeout(60_000)
    world.open(page, seconds=300)
    assert page.evaluate("document.getElementById('diff').total") > 100_000
    page.keyboard.press("/")
    page.keyboard.type("value_19321 ")
    page.keyboard.press("Enter")
    page.locator("#find-count", has_text="1 of 5").wait_for()
    until(page, "document.querySelector('.hit')?.textContent.includes('value_19321')")
    assert page.evaluate("document.getElementsByTagName('*').length") < 25_000


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_five_thousand_files_are_opened_and_the_last_one_is_gone_to(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed({"src/a.py": "x = 1\n"}, {f"src/f{number}.py": f"x = {number}\n" for number in range(5_000)})
    page = open_page()
    page.context.set_default_timeout(60_000)
    world.open(page, "?order=path", seconds=300)
    last = page.evaluate("document.getElementById('diff').order.at(-1)")
    page.evaluate(f"location.hash = '#hunk-{last}'")
    page.locator(f"section[data-hunk='{last}']").wait_for()
    assert page.evaluate("document.getElementById('diff').current") == last


def test_requests_for_what_is_not_of_this_task_are_refused(reviewed: Build, open_page: OpenPage) -> None:
    world = reviewed({"src/a.py": "x = 1\n"}, {"src/a.py": "x = 2\n"})
    page = world.open(open_page())
    at = f"{world.site.url}/review/shop/T1"
    assert fetched(page, f"{at}/rows?run=../../etc&round=1").status == 404
    assert fetched(page, f"{at}/rows?run=run1&round=7").status == 404
    assert fetched(page, f"{at}/rows?run=run1&round=1&from=-1").status == 400
    assert fetched(page, f"{at}/why?run=run1&round=1&hunk=nothing").status == 404
    assert fetched(page, f"{world.site.url}/review/shop/T9").status == 404
    stranger = open_page(strict=False)
    assert fetched(stranger, f"{at}/rows?run=run1&round=1").status == 403
