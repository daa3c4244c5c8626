"""Two stores of objects: what agents may see, and all the rest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from git_world import World, text_files

from podium.git.bundle import gc
from podium.git.history import visible_objects
from podium.git.mirror import Mirror
from podium.git.model import NULL_ID
from podium.git.run import run_git
from podium.git.sync import sync_from
from podium.testing import odd_repositories


def seen(objects: Path, world: World) -> set[str]:
    """Every object that a git with this store finds."""
    empty = world.base / "looking.git"
    if not empty.exists():
        run_git(["init", "-q", "--bare", str(empty)])
    env = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects)}
    listing = run_git(["cat-file", "--batch-all-objects", "--batch-check"], git_dir=empty, env_extra=env).text()
    return {line.split()[0] for line in listing.splitlines()}


def reached(mirror: Mirror, commit: str) -> set[str]:
    return {line.split()[0] for line in mirror.git(["rev-list", "--objects", commit]).text().splitlines()}


def test_the_store_for_agents_holds_the_history_and_no_candidate(world: World) -> None:
    candidate = world.commit(text_files(secret="x"), world.tip)
    world.mirror.update_ref("refs/podium/candidates/1", candidate, NULL_ID)
    visible = seen(visible_objects(world.mirror, world.tip), world)
    assert visible == reached(world.mirror, world.tip)
    assert candidate not in visible


def test_a_landed_commit_can_be_seen_whole(world: World) -> None:
    landed = world.commit(text_files(a="landed"), world.tip)
    other = world.commit(text_files(secret="x"), landed)
    world.mirror.update_ref("refs/heads/main", landed, world.tip)
    visible = seen(visible_objects(world.mirror, landed), world)
    assert visible == reached(world.mirror, landed)
    assert other not in visible
    assert visible_objects(world.mirror, landed) == world.mirror.history_directory / "objects"


def test_an_earlier_commit_of_the_history_can_be_seen(world: World) -> None:
    first = world.tip
    world.user.commit({"c.txt": "1"})
    middle = world.user.commit({"c.txt": "2"})
    world.user.commit({"c.txt": "3"})
    world.sync()
    for commit in (first, middle, world.tip):
        assert reached(world.mirror, commit) <= seen(visible_objects(world.mirror, commit), world)


def test_checks_on_a_candidate_find_its_objects(world: World) -> None:
    candidate = world.commit(text_files(secret="x"), world.tip)
    world.mirror.update_ref("refs/podium/candidates/1", candidate, NULL_ID)
    objects = visible_objects(world.mirror, candidate)
    assert objects == world.mirror.objects_directory
    assert reached(world.mirror, candidate) <= seen(objects, world)
    assert candidate not in seen(visible_objects(world.mirror, world.tip), world)


def test_many_may_ask_at_once(world: World) -> None:
    landed = world.commit(text_files(a="landed"), world.tip)
    world.mirror.update_ref("refs/heads/main", landed, world.tip)
    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(lambda _: visible_objects(world.mirror, landed), range(6)))) == 1
    assert reached(world.mirror, landed) <= seen(visible_objects(world.mirror, landed), world)


def test_packing_and_pruning_lose_nothing_of_either_store(world: World) -> None:
    landed = world.commit(text_files(a="landed"), world.tip)
    candidate = world.commit(text_files(secret="x"), landed)
    world.mirror.update_ref("refs/heads/main", landed, world.tip)
    world.mirror.update_ref("refs/podium/candidates/1", candidate, NULL_ID)
    before = reached(world.mirror, candidate)
    visible_objects(world.mirror, landed)
    for _ in range(2):
        gc(world.mirror, prune="now")
        assert reached(world.mirror, candidate) == before
        assert reached(world.mirror, landed) <= seen(visible_objects(world.mirror, landed), world)
        assert world.mirror.git(["fsck", "--full", "--strict"]).stdout == b""


def test_a_mirror_from_before_the_split_gets_its_history_when_it_is_asked_for(world: World, tmp_path: Path) -> None:
    old = tmp_path / "old.git"
    run_git(["clone", "-q", "--bare", str(world.user.path), str(old)])
    mirror = Mirror.create(old)
    visible = seen(visible_objects(mirror, world.tip), world)
    assert visible == reached(mirror, world.tip)


def test_a_shallow_history_stays_shallow_in_both_stores(tmp_path: Path) -> None:
    user = odd_repositories.shallow(tmp_path / "user")
    mirror = Mirror.create(tmp_path / "m.git")
    tip = sync_from(mirror, user.path, user.checked_out).tip
    assert visible_objects(mirror, tip) == mirror.history_directory / "objects"
    for git_dir in (mirror.path, mirror.history_directory):
        assert run_git(["rev-list", "--count", tip], git_dir=git_dir).text() == "1"
