"""Dependency layers: built once, never in the way of the commit they lie on."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from podium.kernel.errors import PodiumError, UsageError
from podium.workspaces import space
from podium.workspaces.layers import build_layer
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.run import run


class Ground:
    def __init__(self, top: Path, bwrap: str) -> None:
        self.store = top / "layers"
        self.bwrap = bwrap
        self.template = top / "template"
        (self.template / "src").mkdir(parents=True)
        (self.template / "src/version.py").write_text("1\n")
        (self.template / ".git").mkdir()
        (self.template / ".git/index").write_text("index\n")

    def plan(self, place: Path) -> SandboxPlan:
        made = space.create(place)
        return SandboxPlan(
            tier="overlay", lowers=(str(self.template),), upper=made.upper, work=made.work, home=made.home
        )

    def build(self, setup: str, key: str = "k") -> Path:
        return build_layer(self.store, key, self.plan, setup, bwrap=self.bwrap)


@pytest.fixture
def ground(tmp_path: Path, bwrap: str) -> Ground:
    return Ground(tmp_path, bwrap)


def test_what_the_set_up_installs_is_there_in_later_sandboxes(ground: Ground, tmp_path: Path) -> None:
    layer = ground.build("mkdir -p .venv/bin && echo tool >.venv/bin/tool")
    plan = msgspec.structs.replace(ground.plan(tmp_path / "run"), lowers=(str(ground.template), str(layer)))
    done = run(plan, "cat .venv/bin/tool src/version.py", bwrap=ground.bwrap, timeout_seconds=20)
    assert done.output == b"tool\n1\n"


def test_it_is_built_once_per_key(ground: Ground) -> None:
    first = ground.build("date +%N >stamp")
    assert ground.build("exit 1") == first
    assert (first / "stamp").read_text() == (ground.build("date +%N >stamp") / "stamp").read_text()
    assert ground.build("echo other >stamp", key="other") != first


def test_of_many_builders_at_once_one_builds(ground: Ground, tmp_path: Path) -> None:
    count = tmp_path / "count"
    count.mkdir()
    found: list[Path] = []

    def plan(place: Path) -> SandboxPlan:
        (count / place.name).touch()
        return ground.plan(place)

    def build() -> None:
        found.append(build_layer(ground.store, "k", plan, "echo x >x; sleep 0.1", bwrap=ground.bwrap))

    threads = [threading.Thread(target=build) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 5
    assert len(list(count.iterdir())) == 1


def test_a_layer_never_hides_files_of_a_commit(ground: Ground) -> None:
    layer = ground.build(
        "echo stale >src/version.py; echo new >src/built.so; rm -rf .git/index; echo evil >.git/config; "
        "rm -rf src2; mkdir -p lib/a && touch lib/a/b"
    )
    assert sorted(str(path.relative_to(layer)) for path in layer.rglob("*")) == [
        "lib",
        "lib/a",
        "lib/a/b",
        "src",
        "src/built.so",
    ]


def test_a_layer_never_takes_files_of_a_commit_away(ground: Ground, tmp_path: Path) -> None:
    layer = ground.build("rm -rf src; mkdir src; touch src/other; mkfifo pipe")
    assert not (layer / "pipe").exists()
    plan = msgspec.structs.replace(ground.plan(tmp_path / "run"), lowers=(str(ground.template), str(layer)))
    assert run(plan, "ls src", bwrap=ground.bwrap, timeout_seconds=20).output == b"other\nversion.py\n"


def test_a_set_up_that_fails_keeps_its_log_and_leaves_nothing_else(ground: Ground) -> None:
    with pytest.raises(PodiumError, match=r"exit code 3:\nno such package") as caught:
        ground.build("echo no such package >&2; touch half; exit 3")
    assert "k.log" in caught.value.do
    assert (ground.store / "k.log").read_text() == "no such package\n"
    assert {path.name for path in ground.store.iterdir()} == {"k.log", ".k.lock"}
    assert (ground.build("touch whole") / "whole").exists()


def test_a_set_up_without_end_is_ended(ground: Ground) -> None:
    with pytest.raises(PodiumError, match="did not end within"):
        build_layer(ground.store, "k", ground.plan, "sleep 60", bwrap=ground.bwrap, timeout_seconds=0.3)


def test_what_a_killed_builder_left_is_swept(ground: Ground) -> None:
    (ground.store / ".k.dead.building/upper").mkdir(parents=True)
    layer = ground.build("touch x")
    assert {path.name for path in ground.store.iterdir()} == {layer.name, "k.log", ".k.lock"}


def test_a_key_that_is_a_path_is_refused(ground: Ground) -> None:
    for key in ("", "../up", "a/b", ".hidden"):
        with pytest.raises(UsageError):
            ground.build("true", key=key)


def test_planted_links_in_a_layer_are_links_and_nothing_is_followed(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    layer = ground.build(f"ln -s {tmp_path}/mine a; rm -rf src; ln -s {tmp_path} src; mkdir .git2; ln -s / .git2/x")
    assert (layer / "a").is_symlink()
    assert not (layer / "src").is_symlink()
    assert (tmp_path / "mine").read_text() == "mine"
