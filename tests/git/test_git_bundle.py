"""Bundles: what comes in is checked, what is put away can be taken out again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from git_world import World, text_files

from podium.git.bundle import bundle_refs, fetch_bundle, gc
from podium.git.mirror import Mirror
from podium.git.model import NULL_ID
from podium.git.run import GitError, run_git
from podium.kernel.errors import ConflictError, UsageError

REF = "refs/podium/candidates/r/1"


class Sender:
    """A repository that shares the mirror's history and makes bundles of what it adds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.path = world.base / "sender.git"
        run_git(["clone", "-q", "--bare", str(world.mirror.path), str(self.path)])

    def git(self, *args: str, stdin: bytes = b"") -> str:
        env = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        return run_git([*args], git_dir=self.path, stdin=stdin, env_extra=env).text()

    def tree(self, *entries: tuple[str, str, str]) -> str:
        return self.git("mktree", "--missing", stdin="".join(f"{m} {s}\t{n}\n" for m, s, n in entries).encode())

    def bundle(self, tree: str, *parents: str) -> tuple[Path, str]:
        args = [arg for parent in parents for arg in ("-p", parent)]
        commit = self.git("commit-tree", tree, "-m", "sent", *args)
        self.git("update-ref", "refs/podium/candidate", commit)
        file = self.world.base / "sent.bundle"
        excluded = [f"^{parent}" for parent in parents]
        self.git("bundle", "create", "-q", str(file), "refs/podium/candidate", *excluded)
        return file, commit

    def file(self, content: bytes) -> tuple[str, str]:
        return "100644", "blob " + self.git("hash-object", "-w", "--stdin", stdin=content)


@pytest.fixture
def sender(world: World) -> Sender:
    return Sender(world)


def test_a_good_commit_comes_in_under_the_ref(world: World, sender: Sender) -> None:
    mode, blob = sender.file(b"new\n")
    file, commit = sender.bundle(sender.tree((mode, blob, "new.txt")), world.tip)
    info = fetch_bundle(world.mirror, file, commit, REF, base=world.tip)
    assert (info.id, info.parents) == (commit, (world.tip,))
    assert world.mirror.refs("refs/podium") == {REF: commit}
    assert fetch_bundle(world.mirror, file, commit, REF, base=world.tip) == info


def test_a_ref_is_never_taken_over_by_another_commit(world: World, sender: Sender) -> None:
    mode, blob = sender.file(b"new\n")
    file, commit = sender.bundle(sender.tree((mode, blob, "new.txt")), world.tip)
    world.mirror.update_ref(REF, world.tip, NULL_ID)
    with pytest.raises(ConflictError):
        fetch_bundle(world.mirror, file, commit, REF)


def test_a_commit_with_another_parent_is_refused(world: World, sender: Sender) -> None:
    mode, blob = sender.file(b"new\n")
    tree = sender.tree((mode, blob, "new.txt"))
    for parents in ((), (sender.git("commit-tree", tree, "-m", "in between", "-p", world.tip),)):
        file, commit = sender.bundle(tree, *parents)
        with pytest.raises(GitError):
            fetch_bundle(world.mirror, file, commit, REF, base=world.tip)
        assert REF not in world.mirror.refs()


def test_a_commit_that_is_not_in_the_bundle_is_refused(world: World, sender: Sender) -> None:
    mode, blob = sender.file(b"new\n")
    file, _ = sender.bundle(sender.tree((mode, blob, "new.txt")), world.tip)
    with pytest.raises(GitError, match="does not hold commit"):
        fetch_bundle(world.mirror, file, "1" * 40, REF)


@pytest.mark.parametrize(
    ("name", "reason"),
    [(".git", "hasDotgit"), ("..", "hasDotdot"), (".", "hasDot"), (".GIT", "hasDotgit"), ("git~1", "hasDotgit")],
)
def test_trees_that_would_leave_the_checkout_are_refused(world: World, sender: Sender, name: str, reason: str) -> None:
    mode, blob = sender.file(b"evil")
    inner = sender.tree((mode, blob, "config"))
    file, commit = sender.bundle(sender.tree(("040000", f"tree {inner}", name)), world.tip)
    with pytest.raises(GitError, match=reason):
        fetch_bundle(world.mirror, file, commit, REF, base=world.tip)
    assert REF not in world.mirror.refs()


def test_a_name_with_a_slash_is_refused(world: World, sender: Sender) -> None:
    blob = bytes.fromhex(sender.file(b"evil")[1].split()[1])
    tree = sender.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=b"100644 a/../../b\0" + blob)
    file, commit = sender.bundle(tree, world.tip)
    with pytest.raises(GitError, match="fullPathname"):
        fetch_bundle(world.mirror, file, commit, REF, base=world.tip)


def test_a_submodule_file_that_is_a_link_or_runs_a_command_is_refused(world: World, sender: Sender) -> None:
    _, link = sender.file(b"/etc/passwd")
    evil = b'[submodule "a"]\n\tpath = a\n\turl = --upload-pack=touch x\n'
    for mode, blob, reason in (("120000", link, "gitmodulesSymlink"), (*sender.file(evil), "gitmodulesUrl")):
        file, commit = sender.bundle(sender.tree((mode, blob, ".gitmodules")), world.tip)
        with pytest.raises(GitError, match=reason):
            fetch_bundle(world.mirror, file, commit, REF, base=world.tip)


def test_a_commit_whose_objects_are_missing_is_refused(world: World, sender: Sender) -> None:
    tree = sender.tree(("100644", "blob " + "1" * 40, "gone.txt"))
    commit = sender.git("commit-tree", tree, "-m", "sent", "-p", world.tip)
    pack = run_git(["pack-objects", "--stdout"], git_dir=sender.path, stdin=f"{commit}\n{tree}\n".encode()).stdout
    file = world.base / "sent.bundle"
    file.write_bytes(f"# v2 git bundle\n-{world.tip} x\n{commit} refs/x\n\n".encode() + pack)
    with pytest.raises(GitError):
        fetch_bundle(world.mirror, file, commit, REF, base=world.tip)
    assert REF not in world.mirror.refs()


def test_half_a_bundle_is_refused(world: World, sender: Sender) -> None:
    mode, blob = sender.file(os.urandom(50_000))
    file, commit = sender.bundle(sender.tree((mode, blob, "new.txt")), world.tip)
    whole = file.read_bytes()
    for part in (whole[: len(whole) // 2], whole[:30], b"", whole[:-1], b"junk" * 100):
        file.write_bytes(part)
        with pytest.raises(GitError):
            fetch_bundle(world.mirror, file, commit, REF)
    assert world.mirror.refs("refs/podium") == {}
    assert list((world.mirror.path / "objects").rglob("*tmp_*")) == []


def test_a_bundle_that_is_too_large_is_refused(world: World, sender: Sender) -> None:
    mode, blob = sender.file(os.urandom(200_000))
    file, commit = sender.bundle(sender.tree((mode, blob, "new.txt")), world.tip)
    with pytest.raises(GitError, match="maximum allowed size"):
        fetch_bundle(world.mirror, file, commit, REF, limit_bytes=100_000)
    fetch_bundle(world.mirror, file, commit, REF, limit_bytes=300_000)


def test_a_link_or_a_pipe_is_not_opened_as_a_bundle(world: World, sender: Sender) -> None:
    mode, blob = sender.file(b"new\n")
    file, commit = sender.bundle(sender.tree((mode, blob, "new.txt")), world.tip)
    (world.base / "link").symlink_to(file)
    os.mkfifo(world.base / "pipe")
    for name in ("link", "pipe", "gone"):
        with pytest.raises(GitError):
            fetch_bundle(world.mirror, world.base / name, commit, REF)


def test_what_was_put_away_can_be_taken_out_again(world: World) -> None:
    old = world.commit(text_files(a="tried"), world.tip, message="rejected\n")
    world.mirror.update_ref(REF, old, NULL_ID)
    file = world.base / "graveyard.bundle"
    bundle_refs(world.mirror, [REF], file, without=[world.tip])
    world.mirror.delete_ref(REF, old)
    world.mirror.git(["prune", "--expire=now"])
    assert world.mirror.resolve(old) is None
    world.mirror.fetch_from(file, [f"{REF}:{REF}"])
    assert world.mirror.refs("refs/podium") == {REF: old}
    assert world.mirror.git(["show", f"{REF}:a.txt"]).text() == "tried"


def test_a_bundle_without_exclusions_stands_alone(world: World) -> None:
    file = world.base / "whole.bundle"
    bundle_refs(world.mirror, ["refs/heads/main"], file)
    other = Mirror.create(world.base / "other.git")
    other.fetch_from(file, ["refs/heads/main:refs/heads/main"])
    assert other.resolve("main") == world.tip


def test_nothing_to_put_away_is_a_mistake(world: World) -> None:
    with pytest.raises(UsageError):
        bundle_refs(world.mirror, [], world.base / "x.bundle")
    with pytest.raises(GitError):
        bundle_refs(world.mirror, ["refs/heads/gone"], world.base / "x.bundle")
    assert list(world.base.glob("*x.bundle*")) == []


def test_gc_keeps_all_that_a_ref_reaches(world: World) -> None:
    kept = world.commit(text_files(a="kept"), world.tip)
    lost = world.commit(text_files(a="lost"), world.tip)
    world.mirror.update_ref(REF, kept, NULL_ID)
    gc(world.mirror, prune="now")
    assert world.mirror.resolve(kept) == kept
    assert world.mirror.resolve(lost) is None
    assert world.mirror.refs() == {"refs/heads/main": world.tip, REF: kept}
