"""Some hunks of a change without the others, and the ids by which hunks are chosen and marked: with real git."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from git_world import World
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.git.commits import list_tree
from podium.git.diff import changes
from podium.git.mirror import Mirror
from podium.git.part import part_tree
from podium.git.paths import to_bytes
from podium.kernel.errors import UsageError
from podium.review import marks
from podium.runs.model import FileChange, Hunk

Files = dict[bytes, bytes]


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    with Mirror.create(tmp_path_factory.mktemp("parts") / "m.git") as made:
        yield made


def commit(mirror: Mirror, ref: str, tree: Files) -> str:
    """One process for a whole commit."""
    stream = [b"commit refs/podium/%s\ncommitter A <a@b> 0 +0000\ndata 0\ndeleteall\n" % ref.encode()]
    for path, content in tree.items():
        quoted = b"".join(b"\\%03o" % byte for byte in path)
        stream.append(b'M 100644 inline "%s"\ndata %d\n%s\n' % (quoted, len(content), content))
    mirror.git(["-c", "core.fsync=none", "fast-import", "--quiet", "--force"], stdin=b"".join(stream))
    return (mirror.path / "refs" / "podium" / ref).read_text().strip()


def files_of(mirror: Mirror, tree: str) -> Files:
    return {to_bytes(entry.path): mirror.read_blob(entry.blob) for entry in list_tree(mirror, tree)}


def all_hunks(found: tuple[FileChange, ...]) -> list[Hunk]:
    return [hunk for change in found for hunk in change.hunks]


FAR = [b"%d\n" % number for number in range(40)]


def edited(*at: int, lines: list[bytes] = FAR) -> bytes:
    return b"".join(b"changed\n" if number in at else line for number, line in enumerate(lines))


# --- parts ------------------------------------------------------------------------------------------------------------


def test_chosen_hunks_of_one_file_are_taken_and_the_others_are_not(mirror: Mirror) -> None:
    base = commit(mirror, "base", {b"a": edited(), b"b": b"one\n", b"c": b"gone\n"})
    whole = commit(mirror, "whole", {b"a": edited(3, 20, 35), b"b": b"two\n", b"d": b"new\n"})
    found = changes(mirror, base, whole)
    by_path = {change.path: change for change in found}
    middle = by_path["a"].hunks[1]
    tree = part_tree(mirror, base, whole, {middle.id, by_path["d"].hunks[0].id})
    assert files_of(mirror, tree) == {b"a": edited(20), b"b": b"one\n", b"c": b"gone\n", b"d": b"new\n"}
    assert {hunk.id for hunk in all_hunks(changes(mirror, base, tree))} == {middle.id, by_path["d"].hunks[0].id}


_names = st.sampled_from([b"a", b"b\nc", b'"q"', b"d/e", b"\xff", b"-f", b"z\t1"])
_contents = st.lists(st.sampled_from([b"a\n", b"b\n", b"\xff\n", b"}\n"]), max_size=30).map(b"".join)
_files = st.dictionaries(_names, _contents, max_size=3)


@settings(max_examples=25, deadline=None)
@given(_files, _files, st.data())
def test_a_part_is_exactly_what_was_chosen_or_is_refused(
    mirror: Mirror, old: Files, new: Files, data: st.DataObject
) -> None:
    base, whole = commit(mirror, "base", old), commit(mirror, "whole", new)
    hunks = all_hunks(changes(mirror, base, whole))
    chosen = {hunk.id for hunk in hunks if data.draw(st.booleans())}
    if not chosen:
        return
    try:
        tree = part_tree(mirror, base, whole, chosen)
    except UsageError:
        return
    made = all_hunks(changes(mirror, base, tree))
    wanted = Counter(
        (hunk.path, tuple((row.kind, row.text) for row in hunk.lines)) for hunk in hunks if hunk.id in chosen
    )
    assert Counter((hunk.path, tuple((row.kind, row.text) for row in hunk.lines)) for hunk in made) == wanted
    if chosen == {hunk.id for hunk in hunks}:
        assert tree == mirror.tree_of(whole)


def test_modes_links_and_renames_go_whole_and_hostile_names_are_only_names(world: World) -> None:
    mirror, long = world.mirror, edited()
    base = world.commit(
        {b"run": ("100644", long), b"old-name": ("100644", long.replace(b"9", b"x")), b"link": ("120000", b"run")}
    )
    whole = world.commit(
        {
            b"run": ("100755", edited(3, 30)),
            b"new\nname": ("100644", long.replace(b"9", b"x").replace(b"12\n", b"twelve\n")),
            b"link": ("120000", b"/etc/passwd"),
            b"-rf --force\n": ("100644", b"x\n"),
        }
    )
    found = {change.path: change for change in changes(mirror, base, whole)}
    first = found["run"].hunks[0]
    entries = {entry.path: entry for entry in list_tree(mirror, part_tree(mirror, base, whole, {first.id}))}
    assert entries["run"].mode == "100755"
    assert mirror.read_blob(entries["run"].blob) == edited(3)
    renamed = found['"new\\nname"']
    assert renamed.status == "renamed"
    taken = {hunk.id for path in ('"new\\nname"', "link", '"-rf --force\\n"') for hunk in found[path].hunks}
    entries = {entry.path: entry for entry in list_tree(mirror, part_tree(mirror, base, whole, taken))}
    assert set(entries) == {"run", '"new\\nname"', "link", '"-rf --force\\n"'}
    assert entries["link"].mode == "120000"


def test_a_file_that_became_a_directory_cannot_be_had_by_half(mirror: Mirror) -> None:
    base = commit(mirror, "base", {b"a": b"file\n"})
    whole = commit(mirror, "whole", {b"a/b": b"other\n"})
    found = {change.path: change for change in changes(mirror, base, whole)}
    with pytest.raises(UsageError, match="another change"):
        part_tree(mirror, base, whole, {found["a/b"].hunks[0].id})
    both = {hunk.id for change in found.values() for hunk in change.hunks}
    assert part_tree(mirror, base, whole, both) == mirror.tree_of(whole)


def test_nothing_is_left_behind_in_the_mirror(mirror: Mirror) -> None:
    base, whole = commit(mirror, "base", {b"a": b"1\n"}), commit(mirror, "whole", {b"a": b"2\n", b"b": b"3\n"})
    part_tree(mirror, base, whole, {changes(mirror, base, whole)[0].hunks[0].id})
    assert [path.name for path in mirror.path.iterdir() if path.name.startswith(".part-")] == []


# --- ids --------------------------------------------------------------------------------------------------------------

SAME = [b"{\n", b"a\n", b"b\n", b"c\n", b"x\n", b"d\n", b"e\n", b"f\n", b"}\n"] * 3


def changed_at(*at: int) -> bytes:
    """The file of three equal pieces, with the middle lines of some of them changed."""
    return b"".join(b"y\n" if n % 9 == 4 and n // 9 in at else line for n, line in enumerate(SAME))


def test_equal_pieces_of_one_file_and_of_two_are_hunks_of_their_own(mirror: Mirror) -> None:
    plain = b"".join(SAME)
    base = commit(mirror, "base", {b"one": plain, b"two": plain})
    found = all_hunks(
        changes(mirror, base, commit(mirror, "whole", {b"one": changed_at(0, 1, 2), b"two": changed_at(1)}))
    )
    assert len({hunk.id for hunk in found}) == 4
    assert len({tuple((row.kind, row.text) for row in hunk.lines) for hunk in found}) == 1


def test_of_equal_pieces_as_many_are_unread_as_were_not_read_whichever_was(mirror: Mirror) -> None:
    base = commit(mirror, "base", {b"one": b"".join(SAME)})
    one = all_hunks(changes(mirror, base, commit(mirror, "w1", {b"one": changed_at(2)})))
    own: dict = {}
    marks.mark(own, [one[0].id], "understood")
    three = all_hunks(changes(mirror, base, commit(mirror, "w3", {b"one": changed_at(0, 1, 2)})))
    assert len(marks.unread(three, own)) == 2
    elsewhere = commit(mirror, "w2", {b"one": b"".join(SAME), b"two": changed_at(2)})
    other = all_hunks(
        changes(mirror, commit(mirror, "b2", {b"one": b"".join(SAME), b"two": b"".join(SAME)}), elsewhere)
    )
    assert len(marks.unread(other, own)) == 1


_lines = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"x\n"]), min_size=1, max_size=20)
_round = st.tuples(
    st.lists(st.just(b"top\n"), max_size=3),
    _lines,
    _lines,
    st.sampled_from([b"one", b"two"]),
    st.sets(st.integers(0, 4)),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(_round, min_size=1, max_size=4))
def test_no_sequence_of_bases_and_rounds_makes_text_count_as_read_that_was_not_read_there(
    mirror: Mirror, rounds
) -> None:
    """Counted over what a person is shown: a file's name and all rows of a hunk, its context included."""
    own: dict = {}
    read: dict[tuple, set[str]] = {}
    for top, old, new, name, chosen in rounds:
        base = commit(mirror, "base", {name: b"".join([*top, *old]), b"same": b"".join(old)})
        whole = commit(mirror, "whole", {name: b"".join([*top, *new]), b"same": b"".join(new)})
        hunks = all_hunks(changes(mirror, base, whole))
        shown = marks.marks_for(hunks, own)
        counted = Counter(_content(hunk) for hunk in hunks if marks.is_read(shown[hunk.id]))
        for content, times in counted.items():
            assert times <= len(read.get(content, ()))
        for index in chosen:
            if index < len(hunks):
                marks.mark(own, [hunks[index].id], "seen")
                read.setdefault(_content(hunks[index]), set()).add(hunks[index].id)


def _content(hunk: Hunk) -> tuple:
    return hunk.path, tuple((row.kind, row.text, row.no_newline) for row in hunk.lines)
