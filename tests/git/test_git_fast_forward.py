"""Landed work comes to the user's branch, and never over anything that the user did."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_world import World, text_files

from podium.git.fast_forward import fast_forward
from podium.git.model import (
    NULL_ID,
    BranchDiverged,
    BranchMoved,
    CheckedOutElsewhere,
    CheckoutMoved,
    DirtyTree,
    FastForward,
    InProgress,
    NoBranch,
    UpToDate,
)
from podium.git.run import GitError
from podium.git.user_repository import UserRepository


class Landing:
    """A world in which a commit has landed that the user does not have yet."""

    def __init__(self, world: World) -> None:
        self.world, self.user, self.root = world, world.user, world.user.path
        self.old = world.tip
        files = {
            b"a.txt": ("100755", b"one\nTWO\nthree\n"),
            b"src/b.py": ("100644", b"x = 1\n"),
            b".gitignore": ("100644", b"*.log\nbuild/\n"),
            b"new.txt": ("100644", b"landed\n"),
            b"deep/er.txt": ("100644", b"landed\n"),
            b"kept.log": ("100644", b"landed although ignored\n"),
            b"link": ("120000", b"new.txt"),
        }
        self.new = world.commit(files, self.old)
        world.mirror.update_ref("refs/heads/main", self.new, self.old)

    def forward(self, environ: dict[str, str] | None = None) -> FastForward:
        return fast_forward(UserRepository.open(self.root, environ), "main", self.new, self.world.mirror)

    def assert_untouched(self, answer: FastForward, expected: FastForward) -> None:
        assert answer == expected
        assert self.user.git("rev-parse", "refs/heads/main") == self.old
        assert self.user.git("rev-parse", "podium/main") == self.new


@pytest.fixture
def landing(world: World) -> Landing:
    return Landing(world)


def test_a_clean_checkout_moves_with_its_files(landing: Landing) -> None:
    landing.user.write({"untracked.txt": "mine", "mine.log": "ignored"})
    assert landing.forward() == CheckoutMoved(old=landing.old, new=landing.new)
    assert landing.user.head == landing.new
    assert landing.user.git("status", "--porcelain") == "?? untracked.txt"
    assert (landing.root / "a.txt").read_text() == "one\nTWO\nthree\n"
    assert (landing.root / "a.txt").stat().st_mode & 0o111
    assert (landing.root / "link").readlink() == Path("new.txt")
    assert (landing.root / "untracked.txt").read_text() == "mine"
    assert landing.forward() == UpToDate(tip=landing.new)


def test_the_user_can_merge_by_hand_in_every_case(landing: Landing) -> None:
    landing.user.write({"a.txt": "dirty\n"})
    landing.forward()
    landing.user.git("checkout", "-q", "a.txt")
    landing.user.git("merge", "-q", "--ff-only", "podium/main")
    assert landing.user.head == landing.new


@pytest.mark.parametrize("staged", [False, True])
def test_a_dirty_tree_is_not_touched(landing: Landing, staged: bool) -> None:
    landing.user.write({"src/b.py": "x = 2\n"})  # not even among the files that landed
    if staged:
        landing.user.git("add", "src/b.py")
    landing.assert_untouched(landing.forward(), DirtyTree(files=("src/b.py",)))
    assert (landing.root / "src/b.py").read_text() == "x = 2\n"
    assert not (landing.root / "new.txt").exists()


@pytest.mark.parametrize("name", ["new.txt", "deep/er.txt", "kept.log"])
def test_an_untracked_or_ignored_file_in_the_way_is_not_overwritten(landing: Landing, name: str) -> None:
    landing.user.write({name: "mine"})
    landing.assert_untouched(landing.forward(), DirtyTree(files=(name,)))
    assert (landing.root / name).read_text() == "mine"
    assert landing.user.git("status", "--porcelain", "-uno") == ""


def test_an_untracked_file_where_a_directory_would_come_is_not_overwritten(landing: Landing) -> None:
    landing.user.write({"deep": "mine"})
    answer = landing.forward()
    assert isinstance(answer, DirtyTree)
    landing.assert_untouched(answer, answer)
    assert (landing.root / "deep").read_text() == "mine"


def test_an_untracked_directory_where_a_file_would_come_is_not_removed(landing: Landing) -> None:
    landing.user.write({"new.txt/mine": "mine"})
    answer = landing.forward()
    assert isinstance(answer, DirtyTree)
    landing.assert_untouched(answer, answer)
    assert (landing.root / "new.txt/mine").read_text() == "mine"


def test_the_users_autostash_setting_does_not_get_a_dirty_tree_touched(landing: Landing) -> None:
    landing.user.git("config", "merge.autoStash", "true")
    landing.user.write({"a.txt": "dirty\n"})
    landing.assert_untouched(landing.forward(), DirtyTree(files=("a.txt",)))


@pytest.mark.parametrize("option", ["--no-ff", "--squash", "--no-commit"])
def test_the_users_merge_options_do_not_change_what_happens(landing: Landing, option: str) -> None:
    landing.user.git("config", "branch.main.mergeOptions", option)
    landing.user.git("config", "merge.ff", "false")
    assert landing.forward() == CheckoutMoved(old=landing.old, new=landing.new)
    assert landing.user.git("status", "--porcelain") == ""
    assert landing.user.head == landing.new


def test_a_branch_that_is_not_checked_out_moves_alone(landing: Landing) -> None:
    landing.user.git("switch", "-q", "-c", "topic")
    landing.user.write({"a.txt": "work on the topic\n"})
    assert landing.forward() == BranchMoved(old=landing.old, new=landing.new)
    assert landing.user.git("rev-parse", "main") == landing.new
    assert (landing.root / "a.txt").read_text() == "work on the topic\n"


def test_a_detached_head_stays_where_it_is(landing: Landing) -> None:
    landing.user.git("checkout", "-q", "--detach")
    assert landing.forward() == BranchMoved(old=landing.old, new=landing.new)
    assert landing.user.head == landing.old


def test_a_branch_in_another_worktree_is_left_alone(landing: Landing, tmp_path: Path) -> None:
    landing.user.git("switch", "-q", "-c", "topic")
    landing.user.git("worktree", "add", "-q", str(tmp_path / "other"), "main")
    landing.assert_untouched(landing.forward(), CheckedOutElsewhere(path=str(tmp_path / "other")))


def test_the_linked_worktree_that_is_the_project_moves(landing: Landing, tmp_path: Path) -> None:
    landing.user.git("switch", "-q", "-c", "topic")
    landing.user.git("worktree", "add", "-q", str(tmp_path / "other"), "main")
    landing.root = tmp_path / "other"
    assert landing.forward() == CheckoutMoved(old=landing.old, new=landing.new)
    assert (tmp_path / "other" / "new.txt").read_text() == "landed\n"


def test_a_diverged_branch_is_left_alone(landing: Landing) -> None:
    mine = landing.user.commit({"mine.txt": "1"})
    assert landing.forward() == BranchDiverged(user_tip=mine, user_only=1, landed_only=1)
    assert landing.user.head == mine


def test_a_branch_that_is_ahead_is_up_to_date(landing: Landing) -> None:
    landing.forward()
    mine = landing.user.commit({"mine.txt": "1"})
    assert landing.forward() == UpToDate(tip=mine)


def test_a_removed_branch_is_not_made_again(landing: Landing) -> None:
    landing.user.git("branch", "-m", "main", "renamed")
    assert landing.forward() == NoBranch()
    assert landing.user.git("for-each-ref", "refs/heads/main") == ""


@pytest.mark.parametrize(
    ("begin", "operation"), [("rebase", "rebase"), ("merge", "merge"), ("cherry-pick", "cherry-pick")]
)
def test_a_user_in_the_middle_of_something_is_left_alone(landing: Landing, begin: str, operation: str) -> None:
    user = landing.user
    user.git("branch", "side")
    side = user.commit({"a.txt": "side\n"}, branch="side")
    user.git("switch", "-q", "-c", "topic")
    mine = user.commit({"a.txt": "topic\n"}, branch="topic")
    user.git("branch", "-f", "main", mine)
    user.git("switch", "-q", "main")
    landing.world.mirror.fetch_from(user.path, ["+refs/heads/main:refs/podium/user"])
    landing.new = landing.world.commit(text_files(a="landed"), mine)
    landing.world.mirror.git(["update-ref", "refs/heads/main", landing.new])
    with pytest.raises(AssertionError):
        user.git(begin, side)
    answer = landing.forward()
    assert isinstance(answer, InProgress)
    assert answer.operation == operation
    assert user.git("rev-parse", "refs/heads/main") == mine


def test_hooks_do_not_run_but_the_users_filters_do(landing: Landing, tmp_path: Path) -> None:
    for name in ("post-merge", "post-checkout", "reference-transaction"):
        hook = landing.root / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hook-ran\n")
        hook.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text('[filter "shout"]\n\tsmudge = tr a-z A-Z\n\tclean = tr A-Z a-z\n')
    (landing.root / ".git" / "info").mkdir(exist_ok=True)
    (landing.root / ".git" / "info" / "attributes").write_text("new.txt filter=shout\n")
    assert isinstance(landing.forward({"HOME": str(home)}), CheckoutMoved)
    assert not (tmp_path / "hook-ran").exists()
    assert (landing.root / "new.txt").read_text() == "LANDED\n"


def test_a_lock_that_was_left_is_an_error_that_says_so(landing: Landing) -> None:
    (landing.root / ".git" / "index.lock").touch()
    with pytest.raises(GitError) as caught:
        landing.forward()
    assert "lock" in caught.value.do
    assert landing.user.git("rev-parse", "main") == landing.old
    assert landing.old != NULL_ID
