"""Rows as HTML: nothing is lost, nothing acts, and every colour can be read on the ground that it stands on."""

from __future__ import annotations

import re
import time
from html import unescape
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import podium.web
from podium.render.colour_store import ColourStore, Wanted
from podium.render.colours import colour
from podium.render.hunk_html import Drawing, changed_in
from podium.render.line_html import line_html
from podium.render.moved import moves
from podium.render.notebook import cell_lines
from podium.render.rows import segments
from podium.render.sheet import Entry, Sheet, View
from podium.runs.model import DiffLine, FileChange, Hunk

CSS = (Path(podium.web.__file__).parent / "static" / "review.css").read_text()


def a_change(path: str, lines: list[str], name: str = "h1", status: str = "modified") -> FileChange:
    old = new = 0
    rows: list[DiffLine] = []
    for text in lines:
        kind = text[0]
        old += kind != "+"
        new += kind != "-"
        rows.append(
            DiffLine(kind=kind, old=old if kind != "+" else 0, new=new if kind != "-" else 0, text=text[1:])  # type: ignore[arg-type]
        )
    hunk = Hunk(id=name, path=path, old_start=1, new_start=1, section="", lines=tuple(rows))
    return FileChange(
        path=path,
        old_path=path,
        status=status,  # type: ignore[arg-type]
        old_mode="100644",
        new_mode="100644",
        old_blob="a" * 40,
        new_blob="b" * 40,
        added=1,
        removed=1,
        binary=False,
        hunks=(hunk,),
    )


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 20), st.integers(0, 11)), max_size=6), st.data())
def test_a_line_says_the_same_with_and_without_colours_and_marks(
    text: str, pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    text = text.replace("\n", "")
    edges = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    spans = tuple(zip(edges[::2], edges[1::2], strict=False))
    colours = tuple(number for pair in pairs for number in pair)
    html = line_html(text, colours, spans)
    assert not re.search(r"<(?!/?span[ >])", html)
    assert unescape(re.sub(r"</?span[^>]*>", "", html)) == "".join(part.text for part in segments(text, spans))


@given(st.lists(st.lists(st.sampled_from([" x", "-y", "+z"]), max_size=30), min_size=1, max_size=6), st.integers(1, 40))
def test_blocks_together_hold_every_line_once_in_its_order(hunks: list[list[str]], size: int) -> None:
    entries = [
        Entry(change, change.hunks[0])
        for change in (a_change(f"f{at // 2}", lines, f"h{at}") for at, lines in enumerate(hunks))
    ]
    views: list[View] = ["unified", "split"]
    for view in views:
        sheet = Sheet(entries, view)
        drawing = Drawing(sheet, marks={}, colours=lambda _, __: None, moves={})
        whole = drawing.rows(0, sheet.rows)
        parts = "".join(drawing.rows(at, at + size) for at in range(0, sheet.rows, size))
        found = re.findall(r'data-i="(\d+)"', whole)
        assert re.findall(r'data-i="(\d+)"', parts) == found
        assert len(re.findall(r"<header", parts)) == len(re.findall(r"<header", whole))
        assert parts.count('id="hunk-') == len(entries)


def test_a_hunk_of_many_thousand_lines_marks_only_what_is_drawn() -> None:
    lines = [f"-old {number} word" for number in range(20_000)] + [f"+new {number} word" for number in range(20_000)]
    hunk = a_change("f.py", lines).hunks[0]
    spans = changed_in(hunk.lines, 20_100, 20_102)
    assert set(spans) == {100, 101, 20_100, 20_101}


def test_lines_that_were_carried_elsewhere_are_found_and_coincidences_are_not() -> None:
    block = ["def carried(value, other):", "    result = value * other + value", "    return result"]
    changes = [
        a_change("a.py", [" x = 1", *(f"-{line}" for line in block), "-}"], "h1"),
        a_change("b.py", [" y = 1", *(f"+    {line}" for line in block), "+z = 1", "+}"], "h2"),
    ]
    found = moves(changes)
    assert found["h1", 1].path == "b.py"
    assert found["h2", 1].path == "a.py"
    assert ("h1", 4) not in found


def test_many_lines_that_say_little_are_not_compared_for_ever() -> None:
    lines = ["+" * (1 + number % 120) + "-" * (number // 120) for number in range(12_000)]
    far = [
        a_change("a.py", ["-" + line for line in lines], "h1"),
        a_change("b.py", ["+" + line for line in lines], "h2"),
    ]
    began = time.process_time()
    assert moves(far) == {}
    assert time.process_time() - began < 10


def test_strings_of_many_lines_are_coloured_as_one() -> None:
    lines = colour("a.py", 'x = """one\ntwo = 2\n"""\ny = 3\n')
    assert lines[1] == (7, 2)
    assert colour("unknown.zzz", "text") == ()
    assert colour("a.py", "x = '" + "a" * 5_000 + "'") == ()


def test_colours_are_kept_by_blob_and_a_lexer_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    store = ColourStore(tmp_path / "colours", lambda _: b"x = 1\n")
    wanted = Wanted("c" * 40, "a.py")
    assert store.get(wanted) is None
    store.want([wanted])
    assert store.wait([wanted], 60)
    assert store.get(wanted)
    store.close()
    again = ColourStore(tmp_path / "colours", lambda _: b"")
    assert again.get(wanted)
    again.close()
    slow = ColourStore(tmp_path / "slow", lambda _: b"x = 1\n", seconds=0.0)
    slow.want([wanted])
    assert slow.wait([wanted], 60)
    assert slow.get(wanted) == ()
    slow.close()


def test_a_notebook_that_is_none_has_no_cells() -> None:
    for data in (b"", b"[]", b'{"cells": 3}', b'{"cells": [1, {"source": [2]}]}', b"[" * 100_000):
        assert len(cell_lines(data)) <= 2


def palettes() -> list[tuple[str, dict[str, str]]]:
    found = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r"root[^{]*\{([^}]*)\}", CSS)
    ]
    own = (Path(podium.web.__file__).parent / "static" / "podium.css").read_text()
    base = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r"root[^{]*\{([^}]*)\}", own)
    ]
    return [("light", {**base[0], **found[0]}), ("dark", {**base[1], **found[1]})]


def contrast(one: str, other: str) -> float:
    def light(code: str) -> float:
        parts = [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_colour_of_code_can_be_read_on_every_ground(name: str) -> None:
    palette = dict(palettes())[name]
    grounds = ["bg", "add", "del", "add-word", "del-word", "moved", "surface"]
    inks = ["text", *(key for key in palette if key.startswith("c-"))]
    weak = {
        (ink, ground): round(contrast(palette[ink], palette[ground]), 2)
        for ink, ground in product(inks, grounds)
        if contrast(palette[ink], palette[ground]) < 4.5
    }
    assert weak == {}
