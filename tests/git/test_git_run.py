"""Running git."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from podium.git.run import GitError, environment, git_program, run_git
from podium.testing.processes import wait_until_none


def fake_git(folder: Path, script: str) -> dict[str, str]:
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_git_sees_nothing_of_the_callers_environment(tmp_path: Path) -> None:
    os.environ["PODIUM_TEST_SECRET"] = "secret"
    os.environ["GIT_DIR"] = "/somewhere"
    try:
        seen = run_git(["-c", "alias.surroundings=!env", "surroundings"], cwd=tmp_path).text()
    finally:
        del os.environ["PODIUM_TEST_SECRET"], os.environ["GIT_DIR"]
    assert "secret" not in seen
    assert "/somewhere" not in seen
    assert "GIT_CONFIG_GLOBAL=/dev/null" in seen


def test_none_takes_a_variable_away() -> None:
    assert "HOME" not in environment({"HOME": None})
    assert environment({"HOME": "/h"})["HOME"] == "/h"


def test_a_failure_names_the_command_and_what_git_said(tmp_path: Path) -> None:
    with pytest.raises(GitError) as caught:
        run_git(["rev-parse", "--verify", "no such thing"], cwd=tmp_path)
    assert caught.value.where == "git rev-parse --verify 'no such thing'"
    assert "not a git repository" in caught.value.what
    assert caught.value.code == 128


def test_a_failure_can_be_an_answer(tmp_path: Path) -> None:
    assert run_git(["rev-parse"], cwd=tmp_path, check=False).code == 128


def test_a_missing_directory_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="No such file or directory"):
        run_git(["version"], cwd=tmp_path / "gone")


def test_a_missing_git_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="git was not found") as caught:
        git_program(str(tmp_path))
    assert "2.39" in caught.value.do


def test_an_old_git_is_refused_with_its_version(tmp_path: Path) -> None:
    env = fake_git(tmp_path / "bin", "echo git version 2.25.1")
    with pytest.raises(GitError, match=r"git 2\.25\.1 is too old"):
        run_git(["version"], env_extra=env)


def test_a_vendors_version_text_is_understood(tmp_path: Path) -> None:
    env = fake_git(tmp_path / "bin", "echo 'git version 2.39.5 (Apple Git-154)'")
    assert git_program(env["PATH"]) == str(tmp_path / "bin" / "git")


def test_a_git_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    marker = f"{tmp_path}/marker"
    started = time.monotonic()
    with pytest.raises(GitError, match="took more than"):
        run_git(["-c", f"alias.wait=!tail -f /dev/null {marker} & wait", "wait"], cwd=tmp_path, timeout=0.5)
    assert time.monotonic() - started < 20
    wait_until_none(marker, 10.0)


def test_a_full_disk_is_recognised(tmp_path: Path) -> None:
    env = fake_git(
        tmp_path / "bin",
        '[ "$1" = version ] && { echo git version 2.40.0; exit; }\n'
        'echo "fatal: write error: No space left on device" >&2; exit 128',
    )
    with pytest.raises(GitError) as caught:
        run_git(["gc"], env_extra=env)
    assert "Free some disk space" in caught.value.do


def test_no_hook_runs(tmp_path: Path) -> None:
    run_git(["init", "-q", str(tmp_path / "r")])
    hook = tmp_path / "r" / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "b"}
    run_git(["commit", "-q", "--allow-empty", "-m", "x"], cwd=tmp_path / "r", env_extra=who)
    assert not (tmp_path / "ran").exists()
