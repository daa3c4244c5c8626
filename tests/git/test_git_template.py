"""Templates: one immutable directory per commit."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from git_world import ADA, THEN, World

from podium.git.commits import commit_tree, list_tree
from podium.git.mirror import Mirror
from podium.git.model import NULL_ID
from podium.git.paths import to_bytes
from podium.git.run import GitError
from podium.git.template import export_template
from podium.kernel.errors import NotFoundError
from podium.testing import odd_repositories
from podium.testing.repositories import Link, Program, Submodule
from podium.testing.waiting import eventually


def exported(world: World, commit: str = "main") -> Path:
    return export_template(
        world.mirror, commit, world.base / "templates" / "t", objects=str(world.mirror.objects_directory)
    )


def git(where: Path, *args: str) -> str:
    env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(["git", *args], cwd=where, env=env, check=True, capture_output=True, text=True).stdout.strip()


def test_files_have_the_commits_bytes_modes_and_links(tmp_path: Path) -> None:
    world = World.of(
        tmp_path,
        {"crlf.txt": "a\r\nb\r\n", "run.sh": Program(text="#!/bin/sh\n"), "link": Link(to="/etc/passwd"), "d/e": "x"},
    )
    top = exported(world)
    assert (top / "crlf.txt").read_bytes() == b"a\r\nb\r\n"
    assert (top / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (top / "d/e").stat().st_mode & 0o777 == 0o644
    assert (top / "link").readlink() == Path("/etc/passwd")


def test_odd_names_are_written_exactly(tmp_path: Path) -> None:
    world = World(tmp_path, odd_repositories.odd_names(tmp_path / "user"))
    world.sync()
    top = exported(world)
    for entry in list_tree(world.mirror, "main"):
        assert os.path.lexists(os.fsencode(top) + b"/" + to_bytes(entry.path))
    assert git(top, "status", "--porcelain") == ""


def test_no_attribute_of_the_project_changes_a_byte(tmp_path: Path) -> None:
    attributes = (
        "*.txt text eol=crlf\n*.c filter=evil ident\n*.u working-tree-encoding=UTF-16 text\n*.gone export-ignore\n"
    )
    files = {".gitattributes": attributes, "a.txt": "1\n", "a.c": "$Id$\n", "a.u": "1\n", "a.gone": "1\n"}
    world = World.of(tmp_path, files)
    top = exported(world)
    assert {name: (top / name).read_text() for name in files} == files
    assert (top / "a.txt").read_bytes() == b"1\n"


def test_the_agents_git_starts_clean_on_its_own_branch_with_the_history(world: World) -> None:
    world.user.commit({"c.txt": "c"}, message="Second")
    world.sync()
    top = exported(world)
    assert git(top, "status", "--porcelain", "--branch") == "## podium"
    assert git(top, "log", "--format=%s").splitlines()[0] == "Second"
    assert git(top, "rev-list", "--count", "HEAD") == "2"
    assert git(top, "config", "user.name") == "Podium agent"
    assert git(top, "remote") == ""
    (top / "c.txt").write_text("d")
    git(top, "commit", "-qam", "mine")
    assert git(top, "log", "-1", "--format=%an %s") == "Podium agent mine"


def test_the_agents_git_trusts_its_index_on_another_file_system_and_owner(world: World, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(exported(world), copy, symlinks=True)  # other inodes and change times, the same times and sizes
    before = (copy / ".git" / "index").read_bytes()
    assert git(copy, "diff-files", "--name-only") == ""  # diff-files trusts the index or lists the file
    assert (copy / ".git" / "index").read_bytes() == before


def test_the_objects_are_found_where_the_sandbox_mounts_them(world: World, tmp_path: Path) -> None:
    top = export_template(world.mirror, "main", tmp_path / "t")
    assert (top / ".git/objects/info/alternates").read_text() == "/podium/objects\n"


def test_a_template_is_made_once(world: World) -> None:
    first = exported(world)
    stamp = first.stat().st_mtime_ns
    (first / "a.txt").write_text("changed")
    assert exported(world).stat().st_mtime_ns == stamp
    assert (first / "a.txt").read_text() == "changed"


def test_a_template_of_another_commit_is_not_taken_for_this_one(world: World) -> None:
    exported(world)
    world.user.commit({"c.txt": "c"})
    world.sync()
    with pytest.raises(GitError, match="holds the files of commit"):
        exported(world)


def test_many_makers_at_once_give_one_template(world: World) -> None:
    start = threading.Barrier(6)

    def make(_: int) -> Path:
        start.wait()
        return exported(world)

    with ThreadPoolExecutor(6) as pool:
        made = set(pool.map(make, range(6)))
    assert len(made) == 1
    assert sorted(each.name for each in (world.base / "templates").iterdir()) == [".t.lock", "t"]


def test_a_maker_that_was_killed_does_no_harm(world: World) -> None:
    many = {f"d{n % 40}/f{n}": f"{n}\n" * 50 for n in range(3000)}
    world.user.commit(many)
    world.sync()
    script = (
        "import sys; from pathlib import Path; from podium.git.mirror import Mirror;"
        "from podium.git.template import export_template;"
        "export_template(Mirror(Path(sys.argv[1])), 'main', Path(sys.argv[2]), objects=sys.argv[1] + '/objects')"
    )
    target = world.base / "templates" / "t"
    maker = subprocess.Popen(
        [sys.executable, "-c", script, str(world.mirror.path), str(target)], start_new_session=True
    )
    # Its git lives on for a moment, and writes on: not into the files of the next maker.
    eventually(lambda: any(target.parent.glob(".t.*.partial/d1")) or target.exists(), 30.0)
    maker.send_signal(signal.SIGKILL)
    maker.wait()
    top = exported(world)
    assert git(top, "status", "--porcelain") == ""
    assert [path for path in many if not (top / path).exists()] == []


def test_a_commit_that_is_not_there_leaves_nothing_behind(world: World) -> None:
    with pytest.raises(NotFoundError):
        exported(world, "1" * 40)
    assert not (world.base / "templates").exists()


def test_a_template_that_cannot_be_written_is_an_error_and_leaves_nothing_behind(world: World) -> None:
    tree = world.mirror.git(["mktree", "--missing"], stdin=b"100644 blob " + b"1" * 40 + b"\tgone\n").text()
    commit = commit_tree(world.mirror, tree, [], "a file is missing", author=ADA, date=THEN)
    with pytest.raises(GitError):
        exported(world, commit)
    assert [each.name for each in (world.base / "templates").iterdir()] == [".t.lock"]


def test_a_place_that_is_no_directory_is_an_error(world: World) -> None:
    (world.base / "file").write_text("x")
    with pytest.raises(GitError, match="could not be written"):
        export_template(world.mirror, "main", world.base / "file" / "t")


def test_a_submodule_becomes_an_empty_directory(tmp_path: Path) -> None:
    world = World.of(tmp_path, {"a": "1", "vendor/lib": Submodule(commit="1" * 40)})
    top = exported(world)
    assert list((top / "vendor/lib").iterdir()) == []
    assert git(top, "status", "--porcelain") == ""


def test_a_shallow_history_ends_where_it_ends(tmp_path: Path) -> None:
    user = odd_repositories.shallow(tmp_path / "user")
    mirror = Mirror.create(tmp_path / "m.git")
    mirror.fetch_from(user.path, [f"{user.checked_out}:refs/heads/main"], options=["--update-shallow"])
    top = export_template(mirror, "main", tmp_path / "t", objects=str(mirror.objects_directory))
    assert git(top, "rev-list", "--count", "HEAD") == "1"


def test_a_tree_that_would_leave_the_template_is_not_written(world: World) -> None:
    blob = world.blob(b"evil")
    inner = world.mirror.git(["mktree"], stdin=f"100644 blob {blob}\tconfig\n".encode()).text()
    for name in (".git", "..", ".GIT", "git~1"):
        tree = world.mirror.git(["mktree"], stdin=f"040000 tree {inner}\t{name}\n".encode()).text()
        commit = world.mirror.git(
            ["commit-tree", tree, "-m", "x"],
            env_extra={f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        ).text()
        world.mirror.update_ref(f"refs/podium/{commit}", commit, NULL_ID)
        with pytest.raises(GitError):
            export_template(world.mirror, commit, world.base / "templates" / "evil")
        assert not (world.base / "templates" / "evil").exists()
        assert not (world.base / "templates" / "config").exists()
