"""What a candidate does to each file."""

from __future__ import annotations

import pytest
from git_world import World, text_files

from podium.git.diff import DiffLimits, changes, diff_command, is_marker, totals
from podium.git.paths import to_text
from podium.git.run import GitError
from podium.runs.model import FileChange

NUMBERS = "".join(f"line {n}\n" for n in range(40))


def diff(
    world: World, old: dict[bytes, tuple[str, bytes]], new: dict[bytes, tuple[str, bytes]]
) -> tuple[FileChange, ...]:
    return changes(world.mirror, world.tree(old), world.tree(new))


def shown(change: FileChange) -> list[str]:
    return [f"{line.kind}{line.old},{line.new} {line.text}" for hunk in change.hunks for line in hunk.lines]


def test_a_changed_line_is_shown_with_its_numbers_and_context(world: World) -> None:
    (change,) = diff(world, text_files(a=NUMBERS), text_files(a=NUMBERS.replace("line 20\n", "LINE\nmore\n")))
    assert (change.status, change.added, change.removed, change.binary) == ("modified", 2, 1, False)
    assert shown(change) == [
        " 18,18 line 17", " 19,19 line 18", " 20,20 line 19",
        "-21,0 line 20", "+0,21 LINE", "+0,22 more",
        " 22,23 line 21", " 23,24 line 22", " 24,25 line 23",
    ]  # fmt: skip
    assert (change.hunks[0].old_start, change.hunks[0].new_start) == (18, 18)


def test_files_that_come_and_go(world: World) -> None:
    old = {b"gone": ("100644", b"1\n2\n"), b"empty": ("100644", b"")}
    new = {b"born": ("100755", b"x\n"), b"hollow": ("100644", b"")}
    born, empty, gone, hollow = sorted(diff(world, old, new), key=lambda change: change.path)
    assert (born.status, born.old_mode, born.new_mode, born.added) == ("added", "000000", "100755", 1)
    assert (gone.status, gone.old_mode, gone.new_mode, gone.removed) == ("deleted", "100644", "000000", 2)
    assert gone.new_blob == born.old_blob == "0" * 40
    # An empty file that is removed while an empty one is added is not called a rename: nothing in it moved.
    assert (empty.status, hollow.status) == ("deleted", "added")
    for change in (empty, hollow):
        assert [hunk.lines for hunk in change.hunks] == [()]


def test_a_renamed_file_keeps_its_history(world: World) -> None:
    pure, edited = NUMBERS, NUMBERS.replace("line", "word")
    old = {b"old/pure": ("100644", pure.encode()), b"old/edited": ("100644", edited.encode())}
    new = {b"new/pure": ("100644", pure.encode()), b"new/edited": ("100644", (edited + "end\n").encode())}
    second, first = diff(world, old, new)
    assert (first.status, first.old_path, first.path, first.added) == ("renamed", "old/pure", "new/pure", 0)
    assert [hunk.lines for hunk in first.hunks] == [()]
    assert (second.status, second.old_path, second.added, second.removed) == ("renamed", "old/edited", 1, 0)


def test_modes_links_and_submodules(world: World) -> None:
    old = {
        b"mode": ("100644", b"x\n"),
        b"kind": ("100644", b"x\n"),
        b"link": ("120000", b"here"),
        b"sub": ("160000", b"1" * 40),
        b"tosub": ("100644", b"file\n"),
    }
    new = {
        b"mode": ("100755", b"x\n"),
        b"kind": ("120000", b"/etc/passwd"),
        b"link": ("120000", b"there"),
        b"sub": ("160000", b"2" * 40),
        b"tosub": ("160000", b"3" * 40),
    }
    found = {change.path: change for change in diff(world, old, new)}
    assert (found["mode"].status, found["mode"].old_mode, found["mode"].new_mode) == ("modified", "100644", "100755")
    assert [hunk.lines for hunk in found["mode"].hunks] == [()]
    assert (found["kind"].status, found["kind"].new_mode) == ("type-changed", "120000")
    assert shown(found["kind"]) == ["-1,0 x", "+0,1 /etc/passwd"]
    assert found["kind"].hunks[-1].lines[0].no_newline
    assert shown(found["link"]) == ["-1,0 here", "+0,1 there"]
    assert shown(found["sub"]) == [f"-1,0 Subproject commit {'1' * 40}", f"+0,1 Subproject commit {'2' * 40}"]
    assert (found["tosub"].status, found["tosub"].added, found["tosub"].removed) == ("type-changed", 1, 1)


def test_a_binary_file_has_no_lines_but_an_id_of_its_content(world: World) -> None:
    def one(old: bytes, new: bytes) -> FileChange:
        return diff(world, {b"b": ("100644", old)}, {b"b": ("100644", new)})[0]

    first, second = one(b"\0" * 10, b"\0" * 11), one(b"\0" * 10, b"\0" * 12)
    assert (first.binary, first.added, first.removed, len(first.hunks)) == (True, 0, 0, 1)
    assert first.hunks[0].id != second.hunks[0].id
    assert one(b"\0" * 10, b"\0" * 11) == first


def test_line_ends_are_shown_as_they_are(world: World) -> None:
    (change,) = diff(world, text_files(a="a\r\nb"), text_files(a="a\nb\n"))
    assert shown(change) == ["-1,0 a\r", "-2,0 b", "+0,1 a", "+0,2 b"]
    assert [line.no_newline for line in change.hunks[0].lines] == [False, True, False, False]
    (change,) = diff(world, text_files(a="a\n"), text_files(a="a\x0c\x1c\u2028b\rc\n"))
    assert shown(change) == ["-1,0 a", "+0,1 a\x0c\x1c\u2028b\rc"]


def test_bytes_that_are_no_text_still_tell_two_hunks_apart(world: World) -> None:
    one = diff(world, text_files(a="x\n"), {b"a.txt": ("100644", b"\xff\n")})[0]
    other = diff(world, text_files(a="x\n"), {b"a.txt": ("100644", b"\xfe\n")})[0]
    assert shown(one) == shown(other) == ["-1,0 x", "+0,1 \ufffd"]
    assert one.hunks[0].id != other.hunks[0].id


@pytest.mark.parametrize(
    "name",
    [
        b"new\nline",
        b"a\n@@ -1 +1 @@\n-x\n+y",
        b"\ndiff --git a/other b/other",
        b'quo"te',
        b"back\\slash",
        b"tab\there",
        b"\xff\xfe",
        "größe".encode(),
        b" -> x",
        b"a b/c d",
        b":100644 100644",
    ],
)
def test_no_file_name_confuses_the_parser(world: World, name: bytes) -> None:
    files = {name: ("100644", NUMBERS.encode()), b"zz": ("100644", b"1\n")}
    moved = {name + b"2": ("100644", NUMBERS.encode() + b"end\n"), b"zz": ("100644", b"2\n")}
    change, other = sorted(diff(world, files, moved), key=lambda each: each.path == "zz")
    assert (change.path, change.old_path, change.status) == (to_text(name + b"2"), to_text(name), "renamed")
    assert (change.added, change.removed, shown(other)) == (1, 0, ["-1,0 1", "+0,1 2"])


def test_lines_that_look_like_a_diff_are_lines(world: World) -> None:
    tricky = "--- a/x\n+++ b/x\n@@ -1 +1 @@\ndiff --git a/x b/x\n\\ No newline at end of file\nBinary files differ\n"
    (added,) = diff(world, {}, text_files(a=tricky))
    assert [line.text for line in added.hunks[0].lines] == tricky.splitlines()
    (removed,) = diff(world, text_files(a=tricky), {})
    assert (removed.removed, removed.binary) == (6, False)


def test_attributes_of_the_project_hide_nothing(world: World) -> None:
    attributes = {b".gitattributes": ("100644", b"* -diff\n*.txt binary\n*.txt diff=evil\n")}
    (change,) = diff(world, {**attributes, **text_files(a="1\n")}, {**attributes, **text_files(a="2\n")})
    assert (change.binary, shown(change)) == (False, ["-1,0 1", "+0,1 2"])


def test_nothing_changed_is_nothing(world: World) -> None:
    assert changes(world.mirror, world.tip, world.tip) == ()
    assert totals(()) == (0, 0, 0)


def test_totals_count_files_and_lines(world: World) -> None:
    assert totals(diff(world, text_files(a="1\n", b="2\n"), text_files(a="3\n4\n"))) == (2, 2, 2)


def test_a_commit_that_is_not_there_is_gits_own_error(world: World) -> None:
    with pytest.raises(GitError, match="bad object"):
        changes(world.mirror, world.tip, "1" * 40)


# --- ids ------------------------------------------------------------------------------------------------------------


def ids(change: FileChange) -> list[str]:
    return [hunk.id for hunk in change.hunks]


def test_ids_survive_a_shift_and_a_rebase(world: World) -> None:
    edited = NUMBERS.replace("line 20\n", "LINE\n")
    (before,) = diff(world, text_files(a=NUMBERS), text_files(a=edited))
    (after,) = diff(world, text_files(a="x\ny\n" + NUMBERS), text_files(a="x\ny\n" + edited))
    assert ids(before) == ids(after)
    assert before.hunks[0].new_start != after.hunks[0].new_start
    (more,) = diff(world, text_files(a=NUMBERS), text_files(a=edited + "another change\n"))
    assert ids(more)[0] == ids(before)[0]


def test_a_hunk_in_another_place_or_file_is_another_hunk(world: World) -> None:
    (one,) = diff(world, text_files(a=NUMBERS), text_files(a=NUMBERS.replace("line 10\n", "line 10\nx\n")))
    (other,) = diff(world, text_files(a=NUMBERS), text_files(a=NUMBERS.replace("line 30\n", "line 30\nx\n")))
    (file,) = diff(world, text_files(b=NUMBERS), text_files(b=NUMBERS.replace("line 10\n", "line 10\nx\n")))
    assert len({*ids(one), *ids(other), *ids(file)}) == 3


def test_equal_hunks_in_one_file_have_different_ids(world: World) -> None:
    block = "a\nb\nc\nd\ne\nf\ng\nh\n"
    (change,) = diff(world, text_files(a=block * 3), text_files(a=block.replace("d\n", "D\n") * 3))
    assert len(change.hunks) == 3
    assert len(set(ids(change))) == 3
    assert len({tuple((line.kind, line.text) for line in hunk.lines) for hunk in change.hunks}) == 1


def test_a_file_that_becomes_executable_is_read_again(world: World) -> None:
    old, new = {b"a": ("100644", b"1\n")}, {b"a": ("100644", b"2\n")}
    assert ids(diff(world, old, new)[0]) != ids(diff(world, old, {b"a": ("100755", b"2\n")})[0])
    assert ids(diff(world, {}, new)[0]) != ids(diff(world, {}, {b"a": ("100755", b"2\n")})[0])
    assert ids(diff(world, old, {b"a": ("100755", b"1\n")})[0]) != ids(diff(world, old, {b"a": ("120000", b"1\n")})[0])


# --- large ----------------------------------------------------------------------------------------------------------


def test_text_beyond_the_limits_is_counted_and_marked_and_still_addressed(world: World) -> None:
    limits = DiffLimits(lines=30, lines_per_file=10, characters_per_line=20)
    text = "".join(f"{n}\n" for n in range(100))
    trees = [world.tree(text_files(a=text + end, b="x" * 50 + "\n", c=text)) for end in ("", "1\n", "2\n")]
    empty = world.tree({})
    a, b, c = changes(world.mirror, empty, trees[1], limits)
    assert (a.added, c.added, len(a.hunks[0].lines), len(c.hunks[0].lines)) == (101, 100, 11, 11)
    assert a.hunks[0].lines[-1].text == "[91 more lines of this hunk are not shown]"
    assert [is_marker(line) for line in a.hunks[0].lines] == [False] * 10 + [True]
    assert b.hunks[0].lines[0].text == "x" * 20 + " [30 more characters of this line are not shown]"
    other = changes(world.mirror, empty, trees[2], limits)[0]
    assert (other.hunks[0].lines, other.hunks[0].id == a.hunks[0].id) == (a.hunks[0].lines, False)
    whole = changes(world.mirror, empty, trees[1])[0]
    assert whole.hunks[0].id == a.hunks[0].id


def test_hunks_behind_the_limit_are_still_there_to_be_marked(world: World) -> None:
    text = "".join(f"{n}\n" for n in range(100))
    limits = DiffLimits(lines_per_file=5)
    old, new = world.tree(text_files(a=text)), world.tree(text_files(a=text.replace("5\n", "five\n")))
    found = changes(world.mirror, old, new, limits)[0]
    assert len(found.hunks) > 1
    assert all(len(hunk.lines) == 1 and is_marker(hunk.lines[0]) for hunk in found.hunks[1:])
    assert [hunk.id for hunk in found.hunks] == ids(changes(world.mirror, old, new)[0])


def defined(count: int, value: str) -> bytes:
    """Functions of which every third line is equal: what git's histogram is slowest with."""
    return "".join(f"def f{n}(x):\n    return x * {value}{n}\n\n" for n in range(count)).encode()


@pytest.mark.parametrize(
    ("old", "new", "algorithm"),
    [(40, 40, "histogram"), (40, 12_000, "histogram"), (12_000, 40, "histogram"), (12_000, 12_000, "myers")],
)
def test_files_that_are_large_on_both_sides_are_compared_in_a_way_that_nobody_can_make_slow(
    world: World, old: int, new: int, algorithm: str
) -> None:
    before = world.tree({b"big.py": ("100644", defined(old, "1")), b"small": ("100644", b"1\n")})
    after = world.tree({b"big.py": ("100644", defined(new, "2")), b"small": ("100644", b"2\n")})
    assert f"--diff-algorithm={algorithm}" in diff_command(world.mirror, before, after)
    big, small = changes(world.mirror, before, after)
    assert (big.added - big.removed, small.added, small.removed) == (3 * (new - old), 1, 1)


@pytest.mark.slow
def test_a_million_lines_are_no_trouble(world: World) -> None:
    old = world.tree({b"big": ("100644", b"".join(b"line %d\n" % n for n in range(1_000_000)))})
    new = world.tree({b"big": ("100644", b"".join(b"LINE %d\n" % n for n in range(1_000_000)))})
    (change,) = changes(world.mirror, old, new)
    assert (change.added, change.removed, change.binary) == (1_000_000, 1_000_000, False)
    assert len(change.hunks[0].lines) == DiffLimits().lines_per_file + 1
