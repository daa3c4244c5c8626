"""The user's repository, as it is found."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from podium.git.model import Identity
from podium.git.user_repository import UserRepository
from podium.kernel.errors import NotFoundError, UsageError
from podium.testing import odd_repositories
from podium.testing.repositories import Link, build_repository


def test_a_repository_is_found_from_anywhere_inside_it(tmp_path: Path) -> None:
    user = build_repository(tmp_path / "new\nline é", {"src/deep/a.py": "1"})
    found = UserRepository.open(user.path / "src" / "deep")
    assert found.root == user.path
    assert (found.branch(), found.tip(), found.tip("main")) == ("main", user.head, user.head)
    assert found.require_branch() == "main"


def test_a_linked_worktree_is_a_repository_of_its_own_root(tmp_path: Path) -> None:
    user = build_repository(tmp_path / "user", {"a": "1"})
    user.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    found = UserRepository.open(tmp_path / "side")
    assert (found.root, found.branch()) == (tmp_path / "side", "side")
    assert found.common_dir == user.path / ".git"
    assert found.git_dir == user.path / ".git" / "worktrees" / "side"


@pytest.mark.parametrize(
    ("make", "inside", "message"),
    [
        (lambda path: path.mkdir(), ".", "is not in a git repository"),
        (odd_repositories.without_commits, ".", "has no commit yet"),
        (odd_repositories.bare, ".", "is a bare repository"),
        (lambda path: build_repository(path, {"a": "1"}), ".git", "is inside a .git directory"),
        (lambda path: build_repository(path, {"a": "1"}), "gone", "no such directory"),
        (lambda path: build_repository(path, {"a": "1"}), "a", "no such directory"),
    ],
)
def test_what_podium_cannot_work_on_is_refused_with_what_to_do(tmp_path: Path, make, inside: str, message: str) -> None:  # type: ignore[no-untyped-def]
    make(tmp_path / "r")
    with pytest.raises(UsageError, match=message) as caught:
        UserRepository.open(tmp_path / "r" / inside)
    assert str(tmp_path / "r") in caught.value.where


def test_a_sha256_repository_is_refused(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--object-format=sha256", tmp_path / "r"], check=True)
    with pytest.raises(UsageError, match="SHA-256"):
        UserRepository.open(tmp_path / "r")


def test_a_repository_of_someone_else_is_refused_unless_the_user_trusts_it(tmp_path: Path, require) -> None:  # type: ignore[no-untyped-def]
    require(os.geteuid() == 0, "root, to give a repository to another user")
    user = build_repository(tmp_path / "r", {"a": "1"})
    subprocess.run(["chown", "-R", "65534:65534", user.path], check=True)
    home = {"HOME": str(tmp_path)}
    with pytest.raises(UsageError, match="belongs to another user") as caught:
        UserRepository.open(user.path, home)
    assert "safe.directory" in caught.value.do
    (tmp_path / ".gitconfig").write_text(f"[safe]\n\tdirectory = {user.path}\n")
    assert UserRepository.open(user.path, home).tip() == UserRepository.open(user.path, home).tip("main")


def test_a_detached_head_has_no_branch(tmp_path: Path) -> None:
    user = odd_repositories.detached(tmp_path / "r")
    found = UserRepository.open(user.path)
    assert found.branch() is None
    with pytest.raises(UsageError, match="no branch is checked out"):
        found.require_branch()
    with pytest.raises(UsageError, match="there is no branch nowhere"):
        found.tip("nowhere")


def test_facts_tell_what_is_special(tmp_path: Path) -> None:
    plain = UserRepository.open(build_repository(tmp_path / "p", {"a": "1", "b": "2"}).path).facts()
    assert (plain.shallow, plain.partial, plain.submodules, plain.lfs, plain.tracked) == (False, False, (), (), 2)
    assert UserRepository.open(odd_repositories.shallow(tmp_path / "s").path).facts().shallow
    modules = UserRepository.open(odd_repositories.with_submodule(tmp_path / "m").path).facts()
    assert modules.submodules == ("vendor/lib",)
    lfs = UserRepository.open(odd_repositories.with_lfs_pointers(tmp_path / "l").path).facts()
    assert len(lfs.lfs) >= 1
    assert UserRepository.open(odd_repositories.detached(tmp_path / "d").path).facts().branch == ""


def test_odd_names_are_listed_and_read(tmp_path: Path) -> None:
    user = odd_repositories.odd_names(tmp_path / "r")
    found = UserRepository.open(user.path)
    for path in found.tracked_files():
        content = found.read_file("HEAD", path)
        assert content.startswith((b"content of", b"#!/bin/sh", b"../with"))
    with pytest.raises(NotFoundError):
        found.read_file("HEAD", "gone.txt")
    with pytest.raises(NotFoundError):
        found.read_file("gone", "a")


def test_the_largest_files_come_first(tmp_path: Path) -> None:
    user = build_repository(tmp_path / "r", {"s": "1", "l": b"\0" * 5000, "m": "x" * 70, "link": Link(to="s")})
    listed = UserRepository.open(user.path).tracked_sizes()
    assert [(entry.path, entry.size) for entry in listed] == [("l", 5000), ("m", 70), ("link", 1), ("s", 1)]


def test_dirt_is_listed_by_name(tmp_path: Path) -> None:
    user = build_repository(tmp_path / "r", {"a": "1", "b": "2", "c": "3", "d": "4"})
    found = UserRepository.open(user.path)
    assert found.dirty(untracked=True) == ()
    user.write({"a": "changed", "new\nfile": "x"})
    (user.path / "b").unlink()
    user.git("rm", "-q", "--cached", "c")
    user.git("mv", "d", "moved")
    assert set(found.dirty()) == {"a", "b", "c", "d", "moved"}
    assert set(found.dirty(untracked=True)) == {"a", "b", "c", "d", "moved", '"new\\nfile"'}


def test_identity_and_signing_come_from_the_users_configuration(tmp_path: Path) -> None:
    user = build_repository(tmp_path / "r", {"a": "1"})
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    assert UserRepository.open(user.path, home).identity() is None
    assert UserRepository.open(user.path, home).signing_key().key == ""
    (tmp_path / ".gitconfig").write_text(
        "[user]\n\tname = Ada <the> Lovelace\n\temail = ada@example.org\n\tsigningKey = ~/.ssh/id.pub\n"
        "[gpg]\n\tformat = ssh\n"
    )
    found = UserRepository.open(user.path, home)
    assert found.identity() == Identity(name="Ada the Lovelace", email="ada@example.org")
    assert (found.signing_key().format, found.signing_key().key) == ("ssh", f"{tmp_path}/.ssh/id.pub")
    assert UserRepository.open(user.path).identity() is None
    env = {**home, "GIT_AUTHOR_NAME": "Grace", "GIT_AUTHOR_EMAIL": "g@example.org"}
    assert UserRepository.open(user.path, env).identity() == Identity(name="Grace", email="g@example.org")
