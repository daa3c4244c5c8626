"""The agent's session outlives its HOME: it is kept in the mirror, and what an agent hid in its store does no harm."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from conductor_world import World

from podium.agents.stores import stores_of
from podium.conductor.gc import collect
from podium.conductor.home import Home
from podium.conductor.packed_store import PackedFile, PackedStore, pack, unpack
from podium.conductor.sessions import session_ref
from podium.kernel.errors import PodiumError
from podium.landing.model import InReview, TurnedDown
from podium.runs.model import Round
from podium.supervisor.order import read_order
from podium.testing import actions
from podium.testing.repositories import Repository
from podium.testing.script import Action, Script, rounds
from podium.testing.waiting import eventually

STORE = (".podium-scripted",)
RIGHT = actions.Write(path="src/one.py", text="print(1)\n")
AGAIN = actions.Write(path="src/one.py", text="print(1)  # again\n")
MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(tmp_path: Path, environment: dict[str, str], marker: str) -> Iterator[MakeWorld]:
    built: list[World] = []

    def make(*first: Action, url: str = "") -> World:
        script = Script(tasks=(rounds((*first, RIGHT), (AGAIN, actions.Say(text="P1 is met."))),))
        built.append(World.build(tmp_path, environment, script, {"T1": ()}, url=url))
        return built[-1]

    yield make
    for world in built:
        world.close()


def first_round(world: World) -> tuple[Path, Repository]:
    """Order the task and wait for its first candidate; the run's HOME, and the mirror."""
    world.order()
    world.wait_for("T1", InReview)
    home = world.desk.home.run(world.project.id, world.run_of("T1").id) / "home"
    return home, Repository(world.desk.home.mirror(world.project.id))


def refine(world: World) -> Round:
    """Send it back and wait for the second candidate."""
    world.judge.refine(world.run_of("T1").id, ("say it again",))
    eventually(lambda: len(world.run_of("T1").rounds) == 2, 60)
    world.wait_for("T1", InReview)
    return world.run_of("T1").rounds[1]


def kept(world: World, mirror: Repository) -> str:
    return mirror.git("for-each-ref", "--format=%(refname)", session_ref(world.run_of("T1").id, 1)).strip()


def test_a_refine_after_the_loss_of_home_goes_on_in_the_same_session_until_gc_drops_it(make_world: MakeWorld) -> None:
    world = make_world()
    world.start_worker()
    home, mirror = first_round(world)
    assert kept(world, mirror)
    shutil.rmtree(home)
    second = refine(world)
    assert second.resumption == "session"
    assert second.session == world.run_of("T1").rounds[0].session
    world.judge.reject(world.run_of("T1").id, "enough")
    world.wait_for("T1", TurnedDown)
    collect(world.desk, world.project.id, world.environment["PATH"])
    assert not mirror.git("for-each-ref", "refs/podium/sessions")


def test_a_store_that_became_a_link_is_not_kept_and_the_refine_says_new_session(make_world: MakeWorld) -> None:
    spoil = 'mv "$HOME/.podium-scripted" "$HOME/real" && ln -s "$HOME/real" "$HOME/.podium-scripted"'
    world = make_world(actions.Run(command=spoil))
    world.start_worker()
    home, mirror = first_round(world)
    assert (home / ".podium-scripted").is_symlink()
    assert not kept(world, mirror)
    shutil.rmtree(home)
    second = refine(world)
    assert second.resumption == "fallback"
    assert second.session != world.run_of("T1").rounds[0].session


@pytest.mark.slow
def test_a_refine_on_another_worker_resumes_the_session_and_is_told_its_work_is_not_there(
    postgres_url: str, make_world: MakeWorld
) -> None:
    world = make_world(url=postgres_url)
    worker = world.start_worker()
    home, _ = first_round(world)
    worker.terminate()
    worker.wait(60)
    before = home.stat().st_ino
    other = world.root.parent / "other-state"
    world.start_worker(other)
    second = refine(world)
    assert second.resumption == "session"
    assert second.session == world.run_of("T1").rounds[0].session
    assert home.stat().st_ino == before
    order = read_order(Home(other).round(world.project.id, world.run_of("T1").id, 2))
    assert "WITHOUT this work" in order.prompt


def test_only_regular_files_of_the_store_are_packed_and_come_back_as_they_were(tmp_path: Path) -> None:
    home, fresh = tmp_path / "home", tmp_path / "fresh"
    (home / ".podium-scripted" / "deep").mkdir(parents=True)
    (home / ".podium-scripted" / "deep" / "a.json").write_bytes(b"{}\x00")
    (home / ".podium-scripted" / "passwd").symlink_to("/etc/passwd")
    (home / ".podium-scripted" / "etc").symlink_to("/etc")
    os.mkfifo(home / ".podium-scripted" / "pipe")
    (home / "secret").write_text("not of the store")
    fresh.mkdir()
    unpack(pack(home, STORE), fresh, STORE)
    files = [path.relative_to(fresh).as_posix() for path in fresh.rglob("*") if path.is_file() or path.is_symlink()]
    assert files == [".podium-scripted/deep/a.json"]
    assert (fresh / files[0]).read_bytes() == b"{}\x00"
    assert (fresh / files[0]).stat().st_mtime_ns == (home / files[0]).stat().st_mtime_ns


def test_a_link_on_the_way_to_the_store_leads_nowhere(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    home.mkdir()
    (outside / "projects").mkdir(parents=True)
    (outside / "projects" / "theirs.jsonl").write_text("private")
    (home / ".claude").symlink_to(outside)
    assert pack(home, stores_of("claude", ("claude",))) == b""


def test_a_store_that_is_too_large_or_too_deep_is_refused_without_reading_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = home / ".podium-scripted"
    store.mkdir(parents=True)
    with (store / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PodiumError, match="too large"):
        pack(home, STORE)
    (store / "huge").unlink()
    (store / "/".join(["d"] * 20)).mkdir(parents=True)
    with pytest.raises(PodiumError, match="too deeply"):
        pack(home, STORE)


@pytest.mark.parametrize(
    "path",
    ["../out", ".podium-scripted/../../out", "/etc/out", ".podium-scripted//x", ".podium-scripted/./x", ".bashrc", ""],
)
def test_a_forged_store_that_names_another_place_writes_nothing(tmp_path: Path, path: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    good = PackedFile(path=".podium-scripted/a", mtime_ns=0, body=b"")
    forged = PackedStore(files=(good, PackedFile(path=path, mtime_ns=0, body=b"x")))
    with pytest.raises(PodiumError, match="outside of its store"):
        unpack(msgspec.msgpack.encode(forged), home, STORE)
    assert not list(home.iterdir())
    assert not (tmp_path / "out").exists()


def test_bytes_that_are_no_store_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PodiumError, match="cannot be read"):
        unpack(b"\xc1 no store", tmp_path, STORE)


def test_the_stores_are_found_by_driver_by_program_and_behind_a_runner() -> None:
    assert stores_of("codex", ("/opt/bin/codex-wrapped",)) == (".codex/sessions",)
    assert stores_of("acp", ("/usr/bin/qwen", "--acp")) == (".qwen/projects",)
    assert stores_of("acp", ("npx", "codex-acp")) == (".codex/sessions",)
    assert stores_of("acp", ("unheard-of",)) == ()
