"""A diff as rows, and which words of a line are marked as changed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_cases import change

from podium.render.rows import LONGEST, FileRow, HunkRow, LineRow, NoteRow, change_rows, file_row, segments
from podium.render.words import changed_words

_texts = st.text(alphabet="ab 01=()\t\u202eé界\x1b", max_size=30)


def rows(body: str, path: str = "a.py", **more) -> list[LineRow]:
    return [row for row in change_rows(change(path, body, **more)) if isinstance(row, LineRow)]


def marked(row: LineRow) -> list[str]:
    return [part.text for part in row.segments if part.changed]


def text(row: LineRow) -> str:
    return "".join(part.text for part in row.segments)


def test_rows_come_in_the_order_of_the_diff_with_both_line_numbers():
    found = list(change_rows(change("a.py", " one\n-two\n+three\n+four")))
    assert isinstance(found[0], FileRow)
    assert isinstance(found[1], HunkRow)
    assert [(row.kind, row.old, row.new, text(row)) for row in found[2:]] == [
        (" ", 1, 1, "one"),
        ("-", 2, 0, "two"),
        ("+", 0, 2, "three"),
        ("+", 0, 3, "four"),
    ]


def test_only_the_words_that_changed_are_marked():
    old, new = rows("-    self.limit = limit\n+    self.limit = max(limit, 1)")
    assert marked(old) == []
    assert marked(new) == ["max(", ", 1)"]


def test_a_changed_number_is_marked_on_both_sides():
    old, new = rows("-limiter = Limiter(1)\n+limiter = Limiter(100)")
    assert (marked(old), marked(new)) == (["1"], ["100"])


def test_lines_that_have_little_in_common_are_not_marked_at_all():
    old, new = rows("-import os\n+if x > 3: return y[0]")
    assert (marked(old), marked(new)) == ([], [])


def test_a_line_is_compared_with_the_one_that_is_like_it_and_not_with_its_neighbour():
    old, *new = rows("-value = compute(a, b)\n+import os\n+value = compute(a, c)")
    assert [marked(row) for row in new] == [[], ["c"]]
    assert marked(old) == ["b"]


@given(st.lists(_texts, max_size=8), st.lists(_texts, max_size=8))
def test_marks_lie_within_their_lines_in_order_and_apart(removed, added):
    for side, found in zip((removed, added), changed_words(removed, added), strict=True):
        assert len(found) == len(side)
        for line, spans in zip(side, found, strict=True):
            edges = [edge for span in spans for edge in span]
            assert edges == sorted(edges)
            assert all(start < end <= len(line) for start, end in spans)


@given(st.lists(_texts, max_size=6), st.lists(_texts, max_size=6))
def test_what_is_not_marked_is_the_same_on_both_sides(removed, added):
    old, new = changed_words(removed[:1], added[:1])
    for left, right, a, b in zip(removed, added, old, new, strict=False):
        if a or b:
            assert "".join(_rest(left, a).split()) == "".join(_rest(right, b).split())


def _rest(line: str, spans) -> str:
    for start, end in reversed(spans):
        line = line[:start] + line[end:]
    return line


@given(_texts, st.integers(0, 30), st.integers(0, 30))
def test_marking_a_part_changes_nothing_in_what_is_shown(line, start, end):
    start, end = sorted((min(start, len(line)), min(end, len(line))))
    plain = "".join(part.text for part in segments(line, ()))
    assert "".join(part.text for part in segments(line, ((start, end),) if start < end else ())) == plain


def test_hidden_characters_are_segments_of_their_own():
    (row,) = rows("+a\u202eb")
    assert [(part.text, part.hidden) for part in row.segments] == [("a", False), ("<U+202E>", True), ("b", False)]


def test_a_line_of_a_megabyte_is_cut_and_says_by_how_much():
    (row,) = rows("+" + "x" * 1_000_000)
    assert len(text(row)) == LONGEST
    assert row.left_out == 1_000_000 - LONGEST


def test_carriage_returns_are_shown_only_where_they_are_mixed():
    same = rows("-one\r\n+two\r")
    mixed = rows("-one\n+two\r")
    assert [text(row) for row in same] == ["one", "two"]
    assert [text(row) for row in mixed] == ["one", "two<U+000D>"]


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ({"binary": True}, "Binary file"),
        ({"new_mode": "100755"}, "file becomes executable"),
        ({"new_mode": "160000"}, "Another repository"),
        ({"status": "renamed", "old_path": "b\n.py"}, "it was b<U+000A>.py"),
        ({"status": "added", "old_mode": "000000"}, "An empty file"),
    ],
)
def test_a_change_without_lines_says_what_it_is(more, note):
    found = [row for row in change_rows(change("a.py", "", **more)) if isinstance(row, NoteRow)]
    assert note in found[0].text


def test_the_head_of_a_file_tells_its_new_kind_and_is_safe():
    row = file_row(change("a\x1b[1m.py", "+x", old_mode="100644", new_mode="120000"))
    assert row.path == "a<U+001B>[1m.py"
    assert row.notes == ("file becomes symbolic link",)


@pytest.mark.parametrize("line", ["x" * 4000, "a b " * 1000, "(" * 4000, "ab=" * 1300])
def test_hostile_blocks_are_compared_in_a_moment(line):
    before = time.process_time()
    removed = [f"{line}{n}" for n in range(40)]
    changed_words(removed, [f"{n}{line}" for n in range(39)])
    changed_words(removed * 50, [line] * 1000)
    assert time.process_time() - before < 8.0
