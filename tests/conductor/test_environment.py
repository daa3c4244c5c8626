"""Dependencies are set up once, in a sandbox, as a read-only layer under every workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conductor_world import SETTINGS, World, writes

from podium.git.commits import list_tree
from podium.git.mirror import Mirror
from podium.landing.model import InReview, Lost
from podium.review.model import Accepted
from podium.runs.model import Delivered
from podium.testing.script import Script

Built = list[World]

SETUP = "mkdir deps && cp locked.txt deps/lib.py && echo done"
TEST = "python3 -c 'import sys; sys.path.insert(0, \\\"deps\\\"); import lib; assert lib.VERSION == 1'"


@pytest.fixture
def built() -> Iterator[Built]:
    worlds: Built = []
    yield worlds
    for world in worlds:
        world.close()


def build(built: Built, place: Path, environment: dict[str, str], setup: str) -> World:
    script = Script(tasks=(writes("src/t1/a.py", "1\n", match="T1"), writes("src/t2/a.py", "2\n", match="T2")))
    plan = "\n".join(
        f'[[task]]\nid = "T{n}"\ntitle = "Add T{n}"\nclauses = ["D1"]\nscope = ["src/t{n}/**"]\nagents = ["scripted"]\n'
        for n in (1, 2)
    )
    settings = SETTINGS.replace(
        'test = "python3 tests/check.py"', f'test = "{TEST}"\nsetup = "{setup}"\nlockfiles = ["locked.txt"]'
    )
    world = World.build(
        place, environment, script, {}, plan=plan, settings=settings, files={"locked.txt": "VERSION = 1\n"}
    )
    built.append(world)
    world.start_worker()
    world.order()
    return world


def test_a_set_up_is_run_once_and_is_there_for_tests_but_never_in_a_candidate(
    tmp_path: Path, environment: dict[str, str], marker: str, built: Built
) -> None:
    world = build(built, tmp_path, environment, SETUP)
    for task in ("T1", "T2"):
        world.wait_for(task, InReview)
        state = world.run_of(task).rounds[-1].state
        assert isinstance(state, Delivered)
        with Mirror.create(world.desk.home.mirror(world.project.id)) as mirror:
            assert not [entry.path for entry in list_tree(mirror, state.candidate.commit) if "deps" in entry.path]
    layers = [entry for entry in world.desk.home.layers(world.project.id).iterdir() if entry.is_dir()]
    assert len(layers) == 1
    assert (layers[0] / "deps" / "lib.py").read_text() == "VERSION = 1\n"
    assert isinstance(world.accept("T1"), Accepted)


def test_a_set_up_that_fails_ends_the_round_with_the_end_of_its_output(
    tmp_path: Path, environment: dict[str, str], marker: str, built: Built
) -> None:
    world = build(built, tmp_path, environment, "echo no such package; exit 3")
    lost = world.wait_for("T1", Lost)
    assert isinstance(lost, Lost)
    assert "exit code 3" in lost.reason
    assert "no such package" in lost.reason
