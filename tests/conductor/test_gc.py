"""gc frees what is provably landed or archived, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conductor_world import World, writes

from podium.conductor.gc import collect, survey
from podium.landing.model import InReview, OnTarget, TurnedDown
from podium.supervisor.order import EVENTS
from podium.testing.repositories import Repository
from podium.testing.script import Script
from podium.testing.waiting import eventually


@pytest.fixture
def world(tmp_path: Path, environment: dict[str, str], marker: str) -> Iterator[World]:
    names = ("T1", "T2", "T3")
    script = Script(
        tasks=tuple(writes(f"src/{n.lower()}/file.py", f"print('{n}')\n", match=f"numbers/{n}\\b") for n in names)
    )
    plan = "\n".join(
        f'[[task]]\nid = "{n}"\ntitle = "Write {n}"\nclauses = ["D1"]\nscope = ["src/{n.lower()}/**"]\n'
        'agents = ["scripted"]\n'
        for n in names
    )
    built = World.build(tmp_path, environment, script, {}, plan=plan)
    yield built
    built.close()


def test_only_landed_and_archived_runs_are_freed_and_rejected_work_is_in_a_bundle(world: World) -> None:
    world.start_worker()
    world.order()
    for name in ("T1", "T2", "T3"):
        world.wait_for(name, InReview)
    path = world.environment["PATH"]
    assert [item for item in survey(world.desk, world.project.id, path) if item.run] == []
    world.accept("T1")
    rejected = world.run_of("T2")
    candidate = world.now.runs.by_id[rejected.id].rounds[0].state.candidate.commit  # pyright: ignore
    world.judge.reject(rejected.id, "not wanted")
    world.wait_for("T1", OnTarget)
    world.wait_for("T2", TurnedDown)
    landed, waiting = world.run_of("T1"), world.run_of("T3")

    found = {item.run: item.proof for item in survey(world.desk, world.project.id, path) if item.run}
    assert set(found) == {landed.id, rejected.id}
    assert found[landed.id].startswith("landed as")

    collect(world.desk, world.project.id, path)
    home, mirror = world.desk.home, Repository(world.desk.home.mirror(world.project.id))
    for run in (landed, rejected):
        directory = home.run(world.project.id, run.id)
        assert sorted(entry.name for entry in directory.iterdir()) == ["round-1"]
        assert (directory / "round-1" / EVENTS).exists()
    assert any(entry.name.startswith("on-") for entry in home.run(world.project.id, waiting.id).iterdir())
    bundle = home.graveyard(world.project.id) / f"{rejected.id}.bundle"
    assert candidate in mirror.git("bundle", "list-heads", str(bundle))
    refs = mirror.git("for-each-ref", "--format=%(refname)", "refs/podium/candidates").split()
    assert refs == [f"refs/podium/candidates/{waiting.id}/1"]
    assert mirror.git("for-each-ref", "refs/podium/accepted")
    eventually(lambda: not [i for i in survey(world.desk, world.project.id, path) if i.run], 5)

    world.accept("T3")
    world.wait_for("T3", OnTarget)
