"""Merging and reverting on trees alone."""

from __future__ import annotations

import pytest
from git_world import World, text_files

from podium.git.merge import merge, revert_tree
from podium.git.model import Conflicted, Merged
from podium.git.run import GitError
from podium.kernel.errors import NotFoundError

LINES = "".join(f"line {n}\n" for n in range(20))


def content(world: World, tree: str, path: str) -> str:
    return world.mirror.git(["cat-file", "blob", f"{tree}:{path}"]).stdout.decode()


def test_changes_to_different_places_merge(world: World) -> None:
    base = world.commit(text_files(a=LINES))
    ours = world.commit(text_files(a="first\n" + LINES), base)
    theirs = world.commit(text_files(a=LINES + "last\n", b="b"), base)
    merged = merge(world.mirror, ours, theirs)
    assert isinstance(merged, Merged)
    assert content(world, merged.tree, "a.txt") == "first\n" + LINES + "last\n"
    assert content(world, merged.tree, "b.txt") == "b"


def test_changes_to_the_same_line_conflict_with_the_path_and_the_reason(world: World) -> None:
    base = world.commit(text_files(a="1\n", b="1\n", **{"c d": "1\n"}))
    ours = world.commit(text_files(a="2\n", b="2\n"), base)
    theirs = world.commit(text_files(a="3\n", b="1\n", **{"c d": "3\n"}), base)
    found = merge(world.mirror, ours, theirs)
    assert isinstance(found, Conflicted)
    assert found.paths == ("a.txt", "c d.txt")
    assert any("Merge conflict in a.txt" in message for message in found.messages)
    assert any("modify/delete" in message for message in found.messages)
    assert not any("Auto-merging" in message for message in found.messages)


def test_odd_names_in_conflicts_are_paths(world: World) -> None:
    name = b"new\nline \xff"
    commits = [world.commit({name: ("100644", text)}) for text in (b"1\n", b"2\n", b"3\n")]
    found = merge(world.mirror, commits[1], commits[2], base=commits[0])
    assert isinstance(found, Conflicted)
    assert found.paths == ('"new\\nline \\377"',)


def test_the_base_can_be_chosen(world: World) -> None:
    first = world.commit(text_files(a=LINES))
    second = world.commit(text_files(a="added\n" + LINES), first)
    third = world.commit(text_files(a="added\n" + LINES + "end\n"), second)
    # What `third` did to `second`, brought onto `first`: in history that would be all of it.
    picked = merge(world.mirror, first, third, base=second)
    assert isinstance(picked, Merged)
    assert content(world, picked.tree, "a.txt") == LINES + "end\n"
    by_tree = merge(
        world.mirror, world.mirror.tree_of(first), world.mirror.tree_of(third), base=world.mirror.tree_of(second)
    )
    assert by_tree == picked


def test_a_revert_takes_back_one_commit_and_keeps_later_ones(world: World) -> None:
    first = world.commit(text_files(a=LINES))
    second = world.commit(text_files(a="added\n" + LINES, new="n"), first)
    third = world.commit(text_files(a="added\n" + LINES + "end\n", new="n"), second)
    found = revert_tree(world.mirror, second, third)
    assert isinstance(found, Merged)
    assert content(world, found.tree, "a.txt") == LINES + "end\n"
    assert world.mirror.git(["ls-tree", "--name-only", found.tree]).text() == "a.txt"


def test_a_revert_of_a_merge_takes_back_what_was_merged_in(world: World) -> None:
    base = world.commit(text_files(a=LINES))
    side = world.commit(text_files(a=LINES, side="s"), base)
    main = world.commit(text_files(a="main\n" + LINES), base)
    landed = world.commit(text_files(a="main\n" + LINES, side="s"), main, side)
    assert revert_tree(world.mirror, landed, landed) == Merged(tree=world.mirror.tree_of(main))


def test_a_revert_of_the_first_commit_leaves_nothing(world: World) -> None:
    first = world.commit(text_files(a="1"))
    found = revert_tree(world.mirror, first, first)
    assert isinstance(found, Merged)
    assert world.mirror.git(["ls-tree", found.tree]).text() == ""


def test_a_revert_that_later_work_needs_conflicts(world: World) -> None:
    first = world.commit(text_files(a="1\n"))
    second = world.commit(text_files(a="2\n"), first)
    third = world.commit(text_files(a="3\n"), second)
    found = revert_tree(world.mirror, second, third)
    assert isinstance(found, Conflicted)
    assert found.paths == ("a.txt",)


def test_a_merge_driver_or_attribute_of_the_project_does_nothing(world: World) -> None:
    attributes = {b".gitattributes": ("100644", b"*.txt merge=union\n")}
    base = world.commit({**attributes, **text_files(a="1\n")})
    ours = world.commit({**attributes, **text_files(a="2\n")}, base)
    theirs = world.commit({**attributes, **text_files(a="3\n")}, base)
    assert isinstance(merge(world.mirror, ours, theirs), Conflicted)


def test_merging_leaves_no_ref_and_no_state(world: World) -> None:
    before = world.mirror.refs()
    base = world.commit(text_files(a="1\n"))
    merge(world.mirror, world.commit(text_files(a="2\n")), world.commit(text_files(a="3\n")), base=base)
    assert world.mirror.refs() == before
    assert not (world.mirror.path / "MERGE_HEAD").exists()


def test_commits_that_are_not_there_are_an_error(world: World) -> None:
    with pytest.raises(GitError):
        merge(world.mirror, world.tip, "1" * 40)
    with pytest.raises(NotFoundError):
        merge(world.mirror, world.tip, "1" * 40, base=world.tip)
