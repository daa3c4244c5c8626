"""Commits, files, blame and notes."""

from __future__ import annotations

import pytest
from git_world import ADA, AGENT, THEN, World, text_files

from podium.git.commits import (
    add_note,
    blame,
    commit_info,
    commit_tree,
    list_tree,
    read_file,
    read_note,
    trailers,
)
from podium.git.model import BlameLine, Identity, TreeEntry
from podium.git.objects import TooLargeError
from podium.git.run import GitError
from podium.kernel.errors import ConflictError, NotFoundError, UsageError


def test_a_commit_tells_what_was_put_in(world: World) -> None:
    tree = world.tree(text_files(a="1"))
    message = "Subject é\n\nBody.\n\nPodium-Task: s/T1\nReviewed-by: Ada <ada@example.org>\n"
    made = commit_tree(world.mirror, tree, [world.tip], message, author=AGENT, committer=ADA, date=THEN)
    info = commit_info(world.mirror, made)
    assert (info.id, info.tree, info.parents, info.message) == (made, tree, (world.tip,), message)
    assert (info.author, info.committer, info.subject) == (AGENT, ADA, "Subject é")
    assert info.authored_at == info.committed_at == "1770091506 +0000"
    assert trailers(world.mirror, made) == (("Podium-Task", "s/T1"), ("Reviewed-by", "Ada <ada@example.org>"))
    assert trailers(world.mirror, world.tip) == ()


def test_equal_arguments_give_the_same_commit(world: World) -> None:
    tree = world.tree(text_files(a="1"))
    made = {commit_tree(world.mirror, tree, [world.tip], "m", author=ADA, date=THEN) for _ in range(2)}
    made |= {commit_tree(world.mirror, tree, [world.tip], "m", author=ADA, date="1770091506 +0000")}
    assert len(made) == 1


@pytest.mark.parametrize(
    "person", [Identity(name="", email="a@b"), Identity(name="A", email=" "), Identity(name="A\0", email="a@b")]
)
def test_a_person_without_a_name_commits_nothing(world: World, person: Identity) -> None:
    with pytest.raises(UsageError):
        commit_tree(world.mirror, world.mirror.tree_of(world.tip), [], "m", author=person, date=THEN)


def test_a_name_cannot_forge_a_header(world: World) -> None:
    evil = Identity(name="A\nparent " + "1" * 40, email="a@b>\ngpgsig x")
    made = commit_tree(world.mirror, world.mirror.tree_of(world.tip), [], "m", author=evil, date=THEN)
    assert commit_info(world.mirror, made).parents == ()


def test_a_commit_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(NotFoundError, match="no such commit: nothing"):
        commit_info(world.mirror, "nothing")


def test_a_tree_is_listed_with_modes_and_sizes(world: World) -> None:
    tree = world.tree(
        {b"x/run": ("100755", b"12345"), b"l": ("120000", b"x"), b"s": ("160000", b"1" * 40), b"\xff": ("100644", b"")}
    )
    listed = list_tree(world.mirror, tree)
    assert {(entry.path, entry.mode, entry.size) for entry in listed} == {
        ("x/run", "100755", 5),
        ("l", "120000", 1),
        ("s", "160000", None),
        ('"\\377"', "100644", 0),
    }
    assert all(isinstance(entry, TreeEntry) and len(entry.blob) == 40 for entry in listed)
    with pytest.raises(GitError):
        list_tree(world.mirror, "1" * 40)


def test_a_file_is_read_at_a_commit(world: World) -> None:
    names = [b"a*b", b":(top)x", b"new\nline", b"\xff", b"a/b c"]
    commit = world.commit({name: ("100644", b"is " + name) for name in names})
    for entry in list_tree(world.mirror, commit):
        assert read_file(world.mirror, commit, entry.path).startswith(b"is ")
    for missing in ("a", "gone", "a/", "../a", "a*", '"badly quoted', "\udcff"):
        with pytest.raises(NotFoundError):
            read_file(world.mirror, commit, missing)
    with pytest.raises(TooLargeError):
        read_file(world.mirror, commit, "a*b", limit=2)


def test_blame_finds_the_commit_the_old_name_and_the_old_line(world: World) -> None:
    lines = "".join(f"line {n}\n" for n in range(10))
    first = world.commit({b"old \xc3\xa9.txt": ("100644", lines.encode())})
    second = world.commit({b"new\nname": ("100644", ("top\n" + lines).encode())}, first)
    assert blame(world.mirror, second, '"new\\nname"', 1) == BlameLine(
        commit=second, path='"new\\nname"', line=1, text="top"
    )
    assert blame(world.mirror, second, '"new\\nname"', 5) == BlameLine(
        commit=first, path="old é.txt", line=4, text="line 3"
    )


@pytest.mark.parametrize(("path", "line"), [("a.txt", 99), ("gone.txt", 1), ("a.txt", -5), ("a.txt", 0), ('"x', 1)])
def test_blame_of_a_line_that_is_not_there_says_so(world: World, path: str, line: int) -> None:
    with pytest.raises(NotFoundError):
        blame(world.mirror, world.tip, path, line)


def test_notes_are_kept_exactly_and_never_replaced(world: World) -> None:
    ref, text = "refs/notes/podium/receipts", '{"a": "é"}\n\n\n  trailing space \n'
    assert read_note(world.mirror, ref, world.tip) is None
    add_note(world.mirror, ref, world.tip, text, by=ADA, date=THEN)
    add_note(world.mirror, ref, world.tip, text, by=ADA, date=THEN)
    assert read_note(world.mirror, ref, world.tip) == text
    with pytest.raises(ConflictError):
        add_note(world.mirror, ref, world.tip, "another", by=ADA, date=THEN)
    assert read_note(world.mirror, ref, world.tip) == text
    other = world.commit(text_files(a="1"))
    add_note(world.mirror, ref, other, "of another", by=ADA, date=THEN)
    assert read_note(world.mirror, ref, world.tip) == text
