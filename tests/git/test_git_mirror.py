"""The mirror: refs that move by compare-and-swap, objects, other repositories."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from git_world import World, text_files

from podium.git.commits import list_tree
from podium.git.mirror import Mirror
from podium.git.model import NULL_ID
from podium.git.objects import TooLargeError
from podium.git.run import GitError
from podium.kernel.errors import ConflictError, NotFoundError, UsageError
from podium.testing.processes import marked, wait_until_none
from podium.testing.repositories import build_repository


def test_a_mirror_has_no_hooks_and_reads_no_configuration_but_ours(tmp_path: Path) -> None:
    mirror = Mirror.create(tmp_path / "deep" / "down" / "m.git")
    assert not (mirror.path / "hooks").exists()
    listed = mirror.git(["config", "--list", "--show-origin"]).text().splitlines()
    assert {line.split("\t")[0] for line in listed} <= {f"file:{mirror.path}/config", "command line:"}


def test_creating_twice_at_once_gives_one_mirror(tmp_path: Path) -> None:
    path, start = tmp_path / "m.git", threading.Barrier(8)

    def create(_: int) -> Path:
        start.wait()
        return Mirror.create(path).path

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(create, range(8))) == {path}
    assert [each.name for each in tmp_path.iterdir()] == ["m.git"]


def test_opening_a_mirror_again_repairs_its_configuration(tmp_path: Path) -> None:
    mirror = Mirror.create(tmp_path / "m.git")
    (mirror.path / "config").write_text("[core]\n\tfsmonitor = touch /tmp/x\n")
    (mirror.path / "info" / "attributes").write_text("* filter=evil\n")
    mirror = Mirror.create(tmp_path / "m.git")
    assert "fsmonitor" not in (mirror.path / "config").read_text()
    assert "evil" not in (mirror.path / "info" / "attributes").read_text()


def test_a_place_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    with pytest.raises(UsageError, match="no bare git repository"):
        Mirror.create(tmp_path / "notes")


def test_a_ref_moves_only_from_where_it_is_said_to_be(world: World) -> None:
    mirror, first = world.mirror, world.tip
    second = world.commit(text_files(a="2"), first)
    mirror.update_ref("refs/podium/x", first, NULL_ID)
    with pytest.raises(ConflictError, match=r"refs/podium/x is at"):
        mirror.update_ref("refs/podium/x", second, NULL_ID)
    with pytest.raises(ConflictError):
        mirror.update_ref("refs/podium/x", first, second)
    mirror.update_ref("refs/podium/x", second, first)
    assert mirror.refs("refs/podium") == {"refs/podium/x": second}
    with pytest.raises(ConflictError):
        mirror.delete_ref("refs/podium/x", first)
    mirror.delete_ref("refs/podium/x", second)
    assert mirror.refs("refs/podium") == {}


def test_of_many_who_move_a_ref_at_once_one_wins(world: World) -> None:
    first = world.tip
    others = [world.commit(text_files(a=str(n)), first) for n in range(8)]
    start = threading.Barrier(len(others))

    def move(new: str) -> bool:
        start.wait()
        try:
            world.mirror.update_ref("refs/heads/main", new, first)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(len(others)) as pool:
        won = [new for new, moved in zip(others, pool.map(move, others), strict=True) if moved]
    assert won == [world.tip]


def test_a_ref_to_an_object_that_is_not_there_is_an_error(world: World) -> None:
    with pytest.raises(GitError):
        world.mirror.update_ref("refs/podium/x", "1" * 40, NULL_ID)
    with pytest.raises(ValueError, match="not the id of a commit"):
        world.mirror.update_ref("refs/podium/x", world.tip, "")


def test_a_ref_name_cannot_smuggle_a_second_command_in(world: World) -> None:
    with pytest.raises(GitError):
        world.mirror.update_ref(f"refs/podium/x {world.tip}\ndelete refs/heads/main", world.tip, NULL_ID)
    assert world.mirror.resolve("refs/heads/main") == world.tip


def test_names_resolve_or_do_not(world: World) -> None:
    assert world.mirror.resolve("main") == world.tip
    assert world.mirror.resolve(world.tip[:10]) == world.tip
    for nothing in ("nothing", "", "--all", "refs/heads/main:a.txt", "-h"):
        assert world.mirror.resolve(nothing) is None
    for nothing in ("nothing", "0" * 40):
        assert world.mirror.resolve(nothing) is None
        with pytest.raises(NotFoundError):
            world.mirror.tree_of(nothing)
    assert world.mirror.resolve(world.tip) == world.tip
    tree = world.mirror.tree_of("main")
    assert world.mirror.tree_of(world.tip) == tree
    assert world.mirror.resolve(tree) is None
    assert world.mirror.has_path(world.tip, next(entry.path for entry in list_tree(world.mirror, world.tip)))
    assert not world.mirror.has_path(world.tip, "no/such\nfile")


def test_ancestors_and_distances(world: World) -> None:
    first = world.tip
    left = world.commit(text_files(a="1"), first)
    left2 = world.commit(text_files(a="2"), left)
    right = world.commit(text_files(b="1"), first)
    assert world.mirror.is_ancestor(first, left2)
    assert world.mirror.is_ancestor(first, first)
    assert not world.mirror.is_ancestor(left, right)
    assert world.mirror.ahead_and_behind(left2, right) == (2, 1)
    with pytest.raises(NotFoundError):
        world.mirror.is_ancestor("1" * 40, first)


def test_blobs_are_read_whole_over_one_process(world: World) -> None:
    contents = [b"", b"\n", b"no newline", bytes(range(256)) * 500]
    blobs = [world.blob(content) for content in contents]
    for _ in range(3):
        assert [world.mirror.read_blob(blob) for blob in blobs] == contents
    assert len([each for each in marked(str(world.mirror.path)) if "cat-file" in each.command]) == 1
    world.mirror.close()
    wait_until_none(str(world.mirror.path), 10.0)
    assert world.mirror.read_blob(blobs[2]) == b"no newline"


def test_blobs_may_be_read_by_many_threads(world: World) -> None:
    wanted = {world.blob(b"%d" % n * 1000): b"%d" % n * 1000 for n in range(20)}
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(world.mirror.read_blob, list(wanted) * 5))
    assert read == list(wanted.values()) * 5


def test_what_is_no_blob_is_not_read(world: World) -> None:
    for name in ("1" * 40, "nothing here", "a\nb", ""):
        with pytest.raises(NotFoundError):
            world.mirror.read_blob(name)
    with pytest.raises(NotFoundError, match="is a commit"):
        world.mirror.read_blob(world.tip)
    with pytest.raises(TooLargeError):
        world.mirror.read_blob(world.blob(b"12345"), limit=4)
    assert world.mirror.read_blob(world.blob(b"12345"), limit=5) == b"12345"


def test_a_reader_that_was_killed_is_started_anew(world: World) -> None:
    blob = world.blob(b"still here")
    world.mirror.read_blob(blob)
    import psutil

    for each in marked(str(world.mirror.path)):
        psutil.Process(each.pid).kill()
    wait_until_none(str(world.mirror.path), 10.0)
    with pytest.raises(GitError, match="ended in the middle"):
        world.mirror.read_blob(blob)
    assert world.mirror.read_blob(blob) == b"still here"


def test_mirrors_exchange_refs(world: World, tmp_path: Path) -> None:
    other = Mirror.create(tmp_path / "other.git")
    candidate = world.commit(text_files(a="1"), world.tip)
    world.mirror.update_ref("refs/podium/candidates/1", candidate, NULL_ID)
    world.mirror.push_to(other.path, ["refs/podium/candidates/1", "refs/heads/main"])
    assert other.refs() == {"refs/heads/main": world.tip, "refs/podium/candidates/1": candidate}
    third = Mirror.create(tmp_path / "third.git")
    third.fetch_from(f"file://{other.path}", ["+refs/*:refs/*"])
    assert third.refs() == other.refs()


def test_a_push_with_a_lease_is_a_compare_and_swap(world: World, tmp_path: Path) -> None:
    other = Mirror.create(tmp_path / "other.git")
    first, ref = world.tip, "refs/heads/main"
    second = world.commit(text_files(a="1"), first)
    third = world.commit(text_files(a="2"), first)
    world.mirror.push_to(other.path, [f"{first}:{ref}"], leases={ref: NULL_ID})
    with pytest.raises(ConflictError):
        world.mirror.push_to(other.path, [f"{second}:{ref}"], leases={ref: NULL_ID})
    world.mirror.push_to(other.path, [f"{second}:{ref}"], leases={ref: first})
    with pytest.raises(ConflictError):
        world.mirror.push_to(other.path, [f"{third}:{ref}"], leases={ref: first})
    with pytest.raises(ConflictError):
        world.mirror.push_to(other.path, [f"{third}:{ref}"])
    assert other.refs() == {ref: second}


def test_a_repository_that_is_not_there_is_an_error(world: World, tmp_path: Path) -> None:
    with pytest.raises(GitError):
        world.mirror.fetch_from(tmp_path / "gone", ["refs/heads/main"])
    with pytest.raises(GitError):
        world.mirror.push_to(tmp_path / "gone", ["refs/heads/main"])


def test_a_url_never_runs_a_command(world: World, tmp_path: Path) -> None:
    for url in (f"ext::touch {tmp_path}/ran", f"--upload-pack=touch {tmp_path}/ran"):
        with pytest.raises(GitError):
            world.mirror.fetch_from(url, ["refs/heads/main"])
    assert not (tmp_path / "ran").exists()


def test_a_fetch_refuses_trees_that_would_write_into_a_git_directory(world: World, tmp_path: Path) -> None:
    evil = build_repository(tmp_path / "evil", {"a": "1"})
    blob = evil.git("hash-object", "-w", "--stdin", stdin=b"x")
    tree = evil.git("mktree", stdin=f"100644 blob {blob}\t.git\n".encode())
    evil.git("update-ref", "refs/heads/evil", evil.git("commit-tree", tree, "-m", "evil"))
    with pytest.raises(GitError, match="hasDotgit"):
        world.mirror.fetch_from(evil.path, ["refs/heads/evil:refs/heads/evil"])
    assert world.mirror.resolve("refs/heads/evil") is None


def test_blemishes_of_old_histories_are_let_in(world: World, tmp_path: Path) -> None:
    old = build_repository(tmp_path / "old", {"a": "1"})
    tree = old.git("rev-parse", "HEAD^{tree}")
    raw = f"tree {tree}\nauthor A <a@b 0 +0000\ncommitter A<a@b> 0 +051800\n\nold\n"
    commit = old.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw.encode())
    old.git("update-ref", "refs/heads/old", commit)
    world.mirror.fetch_from(old.path, ["refs/heads/old:refs/heads/old"])
    assert world.mirror.resolve("refs/heads/old") == commit
