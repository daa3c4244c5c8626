from __future__ import annotations

import os
from pathlib import Path

import pytest

from podium.testing import odd_repositories as odd
from podium.testing.repositories import Link, Program, build_repository


def test_a_repository_is_checked_out_clean_with_one_commit_for_each_change(tmp_path: Path) -> None:
    repository = build_repository(
        tmp_path / "r", {"a.txt": "1\n", "b.txt": "b\n"}, commits=[{"a.txt": "2\n", "b.txt": None}]
    )
    assert repository.git("log", "--format=%s %an") == "Commit 2 Ada Example\nCommit 1 Ada Example"
    assert (tmp_path / "r/a.txt").read_text() == "2\n"
    assert not (tmp_path / "r/b.txt").exists()
    assert repository.git("status", "--porcelain") == ""
    assert repository.checked_out == "main"


def test_equal_repositories_have_equal_commits(tmp_path: Path) -> None:
    files = {"a.txt": "1\n", "link": Link(to="a.txt"), "run": Program(text="#!/bin/sh\n")}
    assert build_repository(tmp_path / "a", files).head == build_repository(tmp_path / "b", files).head
    assert os.access(tmp_path / "a/run", os.X_OK)
    assert (tmp_path / "a/link").readlink() == Path("a.txt")


def test_commits_go_on_from_the_branch_they_are_made_on(tmp_path: Path) -> None:
    repository = build_repository(tmp_path / "r", {"a.txt": "1\n"}, branch="trunk")
    first = repository.head
    second = repository.commit({"b.txt": "2\n"}, "Second")
    assert repository.git("rev-parse", f"{second}^") == first == repository.git("rev-parse", "trunk~1")
    assert (tmp_path / "r/b.txt").exists()
    repository.git("branch", "side", first)
    side = repository.commit({"c.txt": "3\n"}, branch="side")
    assert repository.git("rev-parse", "side") == side
    assert not (tmp_path / "r/c.txt").exists()


def test_odd_names_are_really_in_the_tree_and_in_the_checkout(tmp_path: Path) -> None:
    repository = odd.odd_names(tmp_path / "r")
    names = repository.git_bytes("ls-files", "-z").split(b"\0")[:-1]
    assert set(odd.ODD_NAMES) < set(names)
    assert repository.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("kind", "question", "answer"),
    [
        (odd.detached, ("rev-parse", "--abbrev-ref", "HEAD"), "HEAD"),
        (odd.bare, ("rev-parse", "--is-bare-repository"), "true"),
        (odd.shallow, ("rev-parse", "--is-shallow-repository"), "true"),
        (odd.shallow, ("rev-list", "--count", "HEAD"), "1"),
        (odd.with_submodule, ("ls-tree", "--format=%(objectmode)", "HEAD", "vendor/lib"), "160000"),
        (odd.with_lfs_pointers, ("check-attr", "filter", "logo.png"), "logo.png: filter: lfs"),
        (odd.without_commits, ("rev-list", "--all", "--count"), "0"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_odd_repository_is_what_it_says(
    tmp_path: Path, kind: object, question: tuple[str, ...], answer: str
) -> None:
    assert callable(kind)
    assert kind(tmp_path / "r").git(*question) == answer


def test_a_large_repository_has_as_many_files_as_asked_for(tmp_path: Path) -> None:
    repository = odd.large(tmp_path / "r", files=200)
    assert len(repository.git("ls-files").splitlines()) == 200
    compile((tmp_path / "r/src/package_000/module_00007.py").read_text(), "module", "exec")


def test_a_large_file_has_the_size_asked_for(tmp_path: Path) -> None:
    odd.with_large_file(tmp_path / "r", megabytes=2)
    assert (tmp_path / "r/large.bin").stat().st_size == 2 << 20
