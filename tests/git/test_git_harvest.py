"""What an agent left becomes a candidate: all of it, byte for byte, and none of its tricks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from git_world import AGENT, THEN, World

from podium.git.bundle import fetch_bundle
from podium.git.commits import list_tree, read_file
from podium.git.harvest import harvest_error, harvest_plan, prepare_harvest_dir, read_harvest
from podium.git.model import HarvestReport
from podium.git.run import GitError
from podium.testing.repositories import Submodule


def take(world: World, report: HarvestReport) -> dict[str, tuple[str, bytes]]:
    """The candidate's files, after the mirror has taken it over."""
    info = fetch_bundle(world.mirror, Path(report.bundle), report.commit, "refs/podium/candidates/x", base=report.base)
    assert info.tree == report.tree
    entries = list_tree(world.mirror, report.commit)
    return {
        entry.path: (entry.mode, b"" if entry.mode == "160000" else world.mirror.read_blob(entry.blob))
        for entry in entries
    }


def git(where: Path, *args: str) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@y", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *args], cwd=where, check=True, capture_output=True)


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_all_that_the_agent_did_is_in_the_candidate(tmp_path: Path) -> None:
    files = {"keep": "1\n", "gone": "2\n", "edit": "3\n", "mode": "4\n", "kind": "5\n", "d/f": "6\n", "old": "7\n" * 9}
    world = World.of(tmp_path, files)
    space = world.workspace()
    (space / "gone").unlink()
    (space / "edit").write_bytes(b"\xff\x00\r\n")
    (space / "mode").chmod(0o755)
    (space / "kind").unlink()
    (space / "kind").symlink_to("/etc/passwd")
    shutil.rmtree(space / "d")
    (space / "d").write_text("a file now\n")
    (space / "old").rename(space / "renamed")
    (space / "new dir" / "deep").mkdir(parents=True)
    (space / "new dir" / "deep" / "x").write_text("")
    report = world.harvest(space)
    assert take(world, report) == {
        "keep": ("100644", b"1\n"),
        "edit": ("100644", b"\xff\x00\r\n"),
        "mode": ("100755", b"4\n"),
        "kind": ("120000", b"/etc/passwd"),
        "d": ("100644", b"a file now\n"),
        "renamed": ("100644", b"7\n" * 9),
        "new dir/deep/x": ("100644", b""),
    }
    assert (report.embedded, report.submodule_files, report.special, report.ignored) == ((), (), (), ())


def test_the_candidate_is_signed_with_the_names_that_were_given_and_repeats_exactly(world: World) -> None:
    space = world.workspace()
    (space / "a.txt").write_text("changed\n")
    first = world.harvest(space)
    info = fetch_bundle(world.mirror, Path(first.bundle), first.commit, "refs/podium/c", base=world.tip)
    assert (info.author, info.committer, info.message, info.parents) == (AGENT, AGENT, "T1\n", (world.tip,))
    assert world.harvest(space) == first


def test_an_untouched_workspace_gives_a_candidate_that_changes_nothing(world: World) -> None:
    report = world.harvest(world.workspace())
    assert report.tree == world.mirror.tree_of(world.tip)
    take(world, report)


def test_an_agent_that_deletes_everything_is_believed(world: World) -> None:
    space = world.workspace()
    for each in space.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    assert take(world, world.harvest(space)) == {}


def test_names_are_kept_exactly(world: World) -> None:
    space = os.fsencode(world.workspace())
    names = [b"new\nline", b'quo"te', b"back\\slash", b"\xff\xfe", b"-rf", b":(exclude)x", b"*", b" ", b"{}", b"$(x)"]
    for name in names:
        Path(os.fsdecode(space + b"/" + name)).write_bytes(name)
    taken = take(world, world.harvest(Path(os.fsdecode(space))))
    assert {content for _, content in taken.values()} >= set(names)


# --- what the agent plants ------------------------------------------------------------------------------------------


def test_nothing_that_the_agent_planted_runs(world: World) -> None:
    space, ran = world.workspace(), world.base / "ran"
    program(space / "evil", f"touch {ran}; cat")
    for hook in ("pre-commit", "post-commit", "post-index-change", "reference-transaction", "post-checkout"):
        program(space / ".git" / "hooks" / hook, f"touch {ran}")
    settings = "".join(
        f"[{section}]\n\t{line}\n"
        for section, line in [
            ("core", f"fsmonitor = {space}/evil"),
            ("core", f"hooksPath = {space}/.git/hooks"),
            ("core", f"sshCommand = {space}/evil"),
            ('filter "evil"', f"clean = {space}/evil\n\tsmudge = {space}/evil\n\tprocess = {space}/evil\n\trequired"),
            ('diff "evil"', f"textconv = {space}/evil\n\tcommand = {space}/evil"),
            ('merge "evil"', f"driver = {space}/evil"),
            ("diff", f"external = {space}/evil"),
            ("include", f"path = {space}/more.config"),
        ]
    )
    with (space / ".git" / "config").open("a") as config:
        config.write(settings)
    (space / "more.config").write_text(settings)
    (space / ".gitattributes").write_text("* filter=evil diff=evil merge=evil text eol=crlf ident\n")
    (space / "a.txt").write_bytes(b"$Id$\r\nkept\n")
    taken = take(world, world.harvest(space))
    assert not ran.exists()
    assert taken["a.txt"] == ("100644", b"$Id$\r\nkept\n")
    assert taken[".gitattributes"][1].startswith(b"* filter=evil")


def test_a_filter_of_the_project_itself_changes_nothing_either(tmp_path: Path) -> None:
    world = World.of(
        tmp_path, {".gitattributes": "*.bin filter=lfs\n*.txt text\n*.w working-tree-encoding=UTF-16 text\n"}
    )
    space = world.workspace()
    for name in ("a.bin", "a.txt", "a.w"):
        (space / name).write_bytes(b"one\r\ntwo\n\xff")
    taken = take(world, world.harvest(space))
    assert {taken[name][1] for name in ("a.bin", "a.txt", "a.w")} == {b"one\r\ntwo\n\xff"}


@pytest.mark.parametrize("kind", ["removed", "a file", "a link", "rewritten"])
def test_the_workspaces_own_git_directory_does_not_matter(world: World, kind: str) -> None:
    space = world.workspace()
    (space / "a.txt").write_text("changed\n")
    if kind == "rewritten":
        git(space, "commit", "-qam", "mine")
        git(space, "commit", "-q", "--amend", "-m", "another story")
        git(space, "update-ref", "-d", "refs/heads/podium")
    else:
        shutil.rmtree(space / ".git")
    if kind == "a file":
        (space / ".git").write_text("gitdir: /etc\n")
    if kind == "a link":
        (space / ".git").symlink_to("/etc")
    taken = take(world, world.harvest(space))
    assert taken["a.txt"] == ("100644", b"changed\n")
    assert set(taken) == {"a.txt", "src/b.py", ".gitignore"}


def test_a_directory_that_became_a_link_is_a_link(world: World, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "b.py").write_text("secret\n")
    space = world.workspace()
    shutil.rmtree(space / "src")
    (space / "src").symlink_to(tmp_path / "secret")
    taken = take(world, world.harvest(space))
    assert taken["src"] == ("120000", os.fsencode(tmp_path / "secret"))
    assert "src/b.py" not in taken


@pytest.mark.parametrize("name", [".GIT/config", "git~1", "d/.Git/hooks/x"])
def test_a_name_that_is_a_git_directory_elsewhere_is_refused_by_name(world: World, name: str) -> None:
    space = world.workspace()
    (space / name).parent.mkdir(parents=True, exist_ok=True)
    (space / name).write_text("x")
    with pytest.raises(GitError, match=name.split("/")[0].replace("~", ".")):
        world.harvest(space)


# --- what git would lose --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("commits", [False, True])
def test_the_files_of_a_nested_repository_are_taken_and_it_is_reported(world: World, commits: bool) -> None:
    space = world.workspace()
    inner = space / "vendor" / "new\nlib"
    (inner / "deep").mkdir(parents=True)
    (inner / "deep" / "code.py").write_text("x = 1\n")
    program(inner / "run", "true")
    (inner / "link").symlink_to("run")
    (inner / ".gitignore").write_text("junk\n")
    (inner / "junk").write_text("junk\n")
    (space / "vendor" / "beside").write_text("b\n")
    git(inner, "init", "-q")
    program(inner / "evil", f"touch {world.base}/ran")
    git(inner, "config", "core.fsmonitor", str(inner / "evil"))
    if commits:
        git(inner, "add", "deep")
        git(inner, "commit", "-qm", "inner")
    (world.base / "ran").unlink(missing_ok=True)
    report = world.harvest(space)
    taken = take(world, report)
    assert not (world.base / "ran").exists()
    where = '"vendor/new\\nlib'
    assert {path for path in taken if path.startswith(where)} == {
        f'{where}/{name}"' for name in ("deep/code.py", "run", "link", ".gitignore", "evil")
    }
    assert taken["vendor/beside"] == ("100644", b"b\n")
    assert report.embedded == (f'{where}"',)


def test_a_repository_within_a_repository_within_is_taken_too(world: World) -> None:
    space = world.workspace()
    (space / "one" / "two").mkdir(parents=True)
    for folder in ("one", "one/two"):
        git(space / folder, "init", "-q")
        (space / folder / "f").write_text(folder)
    report = world.harvest(space)
    taken = take(world, report)
    assert (taken["one/f"][1], taken["one/two/f"][1]) == (b"one", b"one/two")
    assert report.embedded == ("one", "one/two")


def test_a_repository_made_around_known_files_hides_nothing(world: World) -> None:
    space = world.workspace()
    git(space / "src", "init", "-q")
    git(space / "src", "add", "b.py")
    git(space / "src", "commit", "-qm", "mine")
    (space / "src" / "b.py").write_text("x = 2\n")
    (space / "src" / "new.py").write_text("y = 1\n")
    report = world.harvest(space)
    taken = take(world, report)
    assert (taken["src/b.py"][1], taken["src/new.py"][1]) == (b"x = 2\n", b"y = 1\n")
    assert report.embedded == ("src",)


def test_what_is_ignored_stays_out_and_is_reported(world: World) -> None:
    space = world.workspace()
    (space / "build" / "repo").mkdir(parents=True)
    git(space / "build" / "repo", "init", "-q")
    (space / "build" / "out").write_text("x")
    (space / "x.log").write_text("x")
    (space / ".gitignore").write_text("*.log\nbuild/\nsecretly\n")
    (space / "secretly").write_text("x")
    report = world.harvest(space)
    assert set(take(world, report)) == {"a.txt", "src/b.py", ".gitignore"}
    assert report.ignored == ("build/", "secretly", "x.log")
    assert (report.ignored_count, report.embedded) == (3, ())


def test_a_known_file_is_taken_even_if_it_is_ignored(tmp_path: Path) -> None:
    world = World.of(tmp_path, {"a.log": "1\n"})
    space = world.workspace()
    (space / ".gitignore").write_text("*.log\n")
    (space / "a.log").write_text("2\n")
    assert take(world, world.harvest(space))["a.log"][1] == b"2\n"


def test_what_podium_put_there_itself_can_be_left_out(world: World) -> None:
    space = world.workspace()
    (space / ".venv").mkdir()
    (space / ".venv" / "x").write_text("x")
    assert ".venv/x" not in take(world, world.harvest(space, exclude=("/.venv/",)))


def test_sockets_and_pipes_are_reported(world: World) -> None:
    space = world.workspace()
    os.mkfifo(space / "pipe")
    (space / "x").mkdir()
    with socket.socket(socket.AF_UNIX) as made:
        here = os.open(space / "x", os.O_RDONLY)
        made.bind(f"/proc/self/fd/{here}/sock")
        os.close(here)
    report = world.harvest(space)
    assert report.special == ("pipe", "x/sock")
    assert set(take(world, report)) == {"a.txt", "src/b.py", ".gitignore"}


def test_a_submodule_keeps_its_commit_and_what_is_written_into_it_is_reported(tmp_path: Path) -> None:
    world = World.of(tmp_path, {"a": "1", "lib": Submodule(commit="1" * 40), "other": Submodule(commit="2" * 40)})
    space = world.workspace()
    (space / "lib" / "f").write_text("x")
    git(space / "lib", "init", "-q")
    git(space / "lib", "add", "f")
    git(space / "lib", "commit", "-qm", "mine")
    report = world.harvest(space)
    assert report.tree == world.mirror.tree_of("main")
    assert [each.split("/")[0] for each in report.submodule_files] == ["lib"]
    assert report.embedded == ("lib",)
    take(world, report)


def test_a_submodule_can_be_removed(tmp_path: Path) -> None:
    world = World.of(tmp_path, {"a": "1", "lib": Submodule(commit="1" * 40), "lib2": Submodule(commit="1" * 40)})
    space = world.workspace()
    (space / "lib").rmdir()
    (space / "lib2").rmdir()
    (space / "lib2").write_text("a file")
    assert set(take(world, world.harvest(space))) == {"a", "lib2"}


# --- when it goes wrong ---------------------------------------------------------------------------------------------


def test_a_disk_that_is_full_gives_an_error_and_no_half_candidate(world: World) -> None:
    space = world.workspace()
    (space / "large").write_bytes(os.urandom(300_000))
    git_dir = prepare_harvest_dir(world.base / "h.git", world.mirror, objects=str(world.mirror.objects_directory))
    plan = harvest_plan(git_dir, world.mirror, base=world.tip, message="T1\n", author=AGENT, date=THEN)
    env = {**plan.env, "GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(space), "GIT_INDEX_FILE": f"{git_dir}/index"}
    limited = ["/bin/sh", "-c", 'ulimit -f 100; exec "$@"', "sh", *plan.argv]  # files of at most 50 kB
    done = subprocess.run(limited, env=env, cwd=space, capture_output=True, check=False)
    assert done.returncode != 0
    with pytest.raises(GitError, match="did not finish"):
        read_harvest(git_dir, world.tip)
    told = harvest_error(128, b"fatal: unable to write loose object file: No space left on device\n")
    assert "Free some disk space" in told.do
    again = world.harvest(space)
    assert "large" in take(world, again)


def test_a_harvest_that_takes_too_long_is_stopped(world: World) -> None:
    with pytest.raises(GitError, match="took more than"):
        world.harvest(world.workspace(), timeout=0.001)


def test_a_base_that_is_not_there_is_an_error(world: World) -> None:
    git_dir = prepare_harvest_dir(world.base / "h.git", world.mirror)  # objects as a sandbox sees them, but no sandbox
    plan = harvest_plan(git_dir, world.mirror, base=world.tip, message="T1\n", author=AGENT, date=THEN)
    env = {
        **plan.env,
        "GIT_DIR": str(git_dir),
        "GIT_WORK_TREE": str(world.workspace()),
        "GIT_INDEX_FILE": f"{git_dir}/i",
    }
    assert subprocess.run(plan.argv, env=env, capture_output=True, check=False).returncode != 0


def test_the_results_are_never_read_through_a_link(world: World) -> None:
    report = world.harvest(world.workspace())
    result = Path(report.bundle).with_name("result")
    result.rename(result.with_name("elsewhere"))
    result.symlink_to("elsewhere")
    with pytest.raises(GitError, match="did not finish"):
        read_harvest(result.parents[1], report.base)


@pytest.mark.slow
def test_a_file_of_100_mb_is_taken(world: World) -> None:
    space = world.workspace()
    block = os.urandom(1 << 20)
    with (space / "huge.bin").open("wb") as file:
        for n in range(100):
            file.write(n.to_bytes(4, "big") + block)
    report = world.harvest(space)
    fetch_bundle(world.mirror, Path(report.bundle), report.commit, "refs/podium/c", base=world.tip)
    size = next(entry.size for entry in list_tree(world.mirror, report.commit) if entry.path == "huge.bin")
    assert size == 100 * ((1 << 20) + 4)
    assert read_file(world.mirror, report.commit, "a.txt") == b"one\ntwo\nthree\n"
