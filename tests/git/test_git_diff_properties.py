"""Whatever is in two files: what we read of git's diff turns one into the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.git.diff import changes, diff_command
from podium.git.mirror import Mirror
from podium.git.patch import FileHead, HunkHead, HunkLine, PatchEvent, read_patch
from podium.git.paths import to_text

Files = dict[bytes, bytes]

traps = (b"@@ -1 +1 @@", b"--- a", b"+++ b", b"\\ No newline at end of file", b"diff --git a/0 b/0", b"index 1..2")
pieces = st.sampled_from([b"a", b"b", b"", b"}", b"\r", b"\xff", "é".encode(), b"\x0c", b" ", b"-", b"+", *traps])
contents = st.builds(
    lambda lines, end: b"\n".join(lines) + (b"\n" if end and lines else b""),
    st.lists(pieces, max_size=25),
    st.booleans(),
)
names = st.sampled_from([b"a", b"b\nc", b'"q"', b"d/e", b"\xff", b"@@ -1 +1 @@\n+x", b"\\", b"z"])
files = st.dictionaries(names, contents, max_size=4)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    with Mirror.create(tmp_path_factory.mktemp("properties") / "m.git") as made:
        yield made


def commit(mirror: Mirror, ref: str, tree: Files) -> str:
    """One process for a whole commit."""
    stream = [b"commit refs/podium/%s\ncommitter A <a@b> 0 +0000\ndata 0\ndeleteall\n" % ref.encode()]
    for path, content in tree.items():
        quoted = b"".join(b"\\%03o" % byte for byte in path)
        stream.append(b'M 100644 inline "%s"\ndata %d\n%s\n' % (quoted, len(content), content))
    mirror.git(["-c", "core.fsync=none", "fast-import", "--quiet", "--force"], stdin=b"".join(stream))
    return (mirror.path / "refs" / "podium" / ref).read_text().strip()


def lines_of(content: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+", content)


def patched(old: list[bytes], events: list[PatchEvent]) -> bytes:
    """A file after its hunks, checking on the way that they fit."""
    at, made = 0, list[bytes]()
    for event in events:
        match event:
            case HunkHead(start):
                start = max(start - 1, 0)  # 0 only where the old file is empty
                made += old[at:start]
                at = start
            case HunkLine(kind, data):
                if kind != "+":
                    assert old[at] == data
                    at += 1
                if kind != "-":
                    made.append(data)
            case _:
                raise AssertionError(f"unexpected here: {event}")
    return b"".join(made + old[at:])


def applied(old: Files, events: Iterator[PatchEvent]) -> dict[str, bytes]:
    """All files after a patch, by its events alone."""
    groups: list[tuple[FileHead, list[PatchEvent]]] = []
    for event in events:
        if isinstance(event, FileHead):
            groups.append((event, []))
        else:
            groups[-1][1].append(event)
    before = {to_text(path): content for path, content in old.items()}
    after = dict(before)
    for head, _ in groups:
        if head.status in "DR":
            after.pop(head.old_path, None)
    for head, hunks in groups:
        source = [] if head.status == "A" else lines_of(before[head.old_path])
        content = patched(source, hunks)
        if head.status == "D":
            assert content == b""
        else:
            after[head.path] = content
    return after


@settings(max_examples=120, deadline=None)
@given(old=files, new=files)
def test_the_hunks_turn_the_old_files_into_the_new_ones(mirror: Mirror, old: Files, new: Files) -> None:
    pair = [commit(mirror, "old", old), commit(mirror, "new", new)]
    printed = mirror.git([*diff_command(mirror, *pair), *pair]).stdout
    assert applied(old, read_patch(iter(lines_of(printed)))) == {
        to_text(path): content for path, content in new.items()
    }


@settings(max_examples=60, deadline=None)
@given(old=files, new=files)
def test_numbers_and_counts_are_true(mirror: Mirror, old: Files, new: Files) -> None:
    pair = (commit(mirror, "old", old), commit(mirror, "new", new))
    olds, news = ({to_text(path): lines_of(content) for path, content in tree.items()} for tree in (old, new))
    for change in changes(mirror, *pair):
        rows = [line for hunk in change.hunks for line in hunk.lines]
        for row in rows:
            for number, side, path in ((row.old, olds, change.old_path), (row.new, news, change.path)):
                if number:
                    line = side[path][number - 1]
                    assert row.text == line.removesuffix(b"\n").decode("utf-8", "replace")
                    assert row.no_newline == (not line.endswith(b"\n"))
        assert change.added == sum(row.kind == "+" for row in rows)
        assert change.removed == sum(row.kind == "-" for row in rows)
        assert len({hunk.id for hunk in change.hunks}) == len(change.hunks)


@settings(max_examples=40, deadline=None)
@given(old=contents, new=contents, above=st.lists(pieces, max_size=4))
def test_ids_do_not_depend_on_where_in_the_file_a_hunk_is(
    mirror: Mirror, old: bytes, new: bytes, above: list[bytes]
) -> None:
    edge = b"1\n2\n3\n4\n"  # so that what is above is no context
    head = b"".join(line + b"\n" for line in above) + edge
    found = [
        changes(mirror, commit(mirror, "old", {b"f": top + old}), commit(mirror, "new", {b"f": top + new}))
        for top in (edge, head)
    ]
    plain, shifted = ([hunk.id for change in each for hunk in change.hunks] for each in found)
    assert plain == shifted
