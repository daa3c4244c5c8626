"""The user's commits flow into the mirror."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from git_world import World, text_files

from podium.git.mirror import Mirror
from podium.git.model import NULL_ID, SyncBehind, SyncDiverged, SyncMoved, SyncUnchanged
from podium.git.run import GitError
from podium.git.sync import sync_from
from podium.kernel.errors import UsageError
from podium.testing import odd_repositories
from podium.testing.repositories import build_repository


def test_the_first_sync_takes_the_branch(tmp_path: Path) -> None:
    user = build_repository(tmp_path / "user", {"a": "1"}, branch="trunk")
    user.git("branch", "private")
    mirror = Mirror.create(tmp_path / "m.git")
    assert sync_from(mirror, user.path, "trunk") == SyncMoved(tip=user.head, old="")
    assert mirror.refs() == {"refs/heads/trunk": user.head}
    assert sync_from(mirror, user.path, "trunk") == SyncUnchanged(tip=user.head)


def test_new_commits_of_the_user_are_taken_over(world: World) -> None:
    old = world.tip
    new = world.user.commit({"c.txt": "c"})
    assert sync_from(world.mirror, world.user.path, "main") == SyncMoved(tip=new, old=old)


def test_commits_that_the_user_lacks_are_kept(world: World) -> None:
    old = world.tip
    landed = world.commit(text_files(a="1"), old)
    world.mirror.update_ref("refs/heads/main", landed, old)
    assert sync_from(world.mirror, world.user.path, "main") == SyncBehind(tip=landed, user_tip=old, missing=1)
    user = world.user.commit({"c.txt": "c"})
    found = sync_from(world.mirror, world.user.path, "main")
    assert found == SyncDiverged(tip=landed, user_tip=user, user_only=1, mirror_only=1)
    assert world.mirror.refs() == {"refs/heads/main": landed}


def test_a_user_who_rewrote_history_has_diverged(world: World) -> None:
    old = world.tip
    world.user.git("commit", "-q", "--amend", "-m", "another story")
    found = sync_from(world.mirror, world.user.path, "main")
    assert found == SyncDiverged(tip=old, user_tip=world.user.head, user_only=1, mirror_only=1)


def test_a_missing_branch_is_the_users_to_mend(world: World) -> None:
    with pytest.raises(UsageError, match="there is no branch nowhere"):
        sync_from(world.mirror, world.user.path, "nowhere")


def test_many_syncs_at_once_agree(world: World) -> None:
    new = world.user.commit({"c.txt": "c"})
    with ThreadPoolExecutor(6) as pool:
        tips = {found.tip for found in pool.map(lambda _: sync_from(world.mirror, world.user.path, "main"), range(6))}
    assert tips == {new}
    assert world.mirror.refs() == {"refs/heads/main": new}


def test_a_shallow_history_makes_a_shallow_mirror_until_it_is_deepened(tmp_path: Path) -> None:
    user = odd_repositories.shallow(tmp_path / "user")
    mirror = Mirror.create(tmp_path / "m.git")
    branch = user.checked_out
    assert sync_from(mirror, user.path, branch).tip == user.head
    assert mirror.git(["rev-list", "--count", branch]).text() == "1"
    user.git("fetch", "-q", "--unshallow")
    assert sync_from(mirror, user.path, branch) == SyncUnchanged(tip=user.head)
    assert mirror.git(["rev-list", "--count", branch]).text() == "3"
    assert mirror.shallow_file == b""


def test_a_repository_of_another_user_is_read_when_it_was_chosen(world: World) -> None:
    subprocess.run(["chown", "-R", "65534:65534", world.user.path], check=False)  # without effect for ordinary users
    try:
        assert sync_from(world.mirror, world.user.path, "main") == SyncUnchanged(tip=world.tip)
    finally:
        subprocess.run(["chown", "-R", "0:0", world.user.path], check=False)


def test_a_repository_that_lost_objects_is_an_error_and_leaves_the_mirror_alone(world: World) -> None:
    old = world.tip
    world.user.commit({"c.txt": "something new"})
    blob = world.user.git("rev-parse", "HEAD:c.txt")
    world.user.git("repack", "-adq")
    for pack in (world.user.path / ".git/objects/pack").glob("*.pack"):
        data = pack.read_bytes()
        pack.chmod(0o644)
        pack.write_bytes(data[: len(data) // 2])
    (world.user.path / ".git/objects" / blob[:2] / blob[2:]).unlink(missing_ok=True)
    with pytest.raises(GitError):
        sync_from(world.mirror, world.user.path, "main")
    assert world.mirror.refs() == {"refs/heads/main": old}
    assert NULL_ID not in world.mirror.refs().values()
