"""kill -9 at every named point, then a restart: nothing lost, no agent started twice, nothing landed twice."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conductor_world import World, writes

from podium.conductor.crash import POINTS
from podium.landing.model import InReview, OnTarget
from podium.ledger.read import open_reader
from podium.ledger.verify import verify
from podium.review.model import Accepted
from podium.supervisor.crash import POINTS as SUPERVISOR_POINTS
from podium.testing.repositories import Repository
from podium.testing.script import Script
from podium.testing.waiting import eventually

MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(tmp_path: Path, environment: dict[str, str], marker: str) -> Iterator[MakeWorld]:
    built: list[World] = []

    def make(count: int, url: str = "") -> World:
        names = {f"T{number}": () for number in range(1, count + 1)}
        script = Script(
            tasks=tuple(
                writes(f"src/{name.lower()}/file.py", f"print('{name}')\n", match=f"numbers/{name}\\b")
                for name in names
            )
        )
        plan = "\n".join(
            f'[[task]]\nid = "{name}"\ntitle = "Write {name}"\nclauses = ["D1"]\nscope = ["src/{name.lower()}/**"]\n'
            'agents = ["scripted"]\n'
            for name in names
        )
        world = World.build(tmp_path, environment, script, dict(names), plan=plan, url=url)
        built.append(world)
        return world

    yield make
    for world in built:
        world.close()


def assert_whole(world: World, *, supervisors_killed: int = 0) -> None:
    """The promises: starts, landings, ledger."""
    state = world.now
    rounds = [round_ for run in state.runs.by_id.values() for round_ in run.rounds]
    assert sum(round_.agent_starts for round_ in rounds) == len(rounds) + supervisors_killed
    accepted = [
        each
        for spec, task in state.reviews.tasks()
        for each in state.reviews.of(spec, task).decisions
        if isinstance(each.decision, Accepted)
    ]
    mirror = Repository(world.desk.home.mirror(world.project.id))
    landed = mirror.git("log", "--format=%(trailers:key=Podium-Landing,valueonly,separator=)", "main").split()
    assert len(landed) == len(accepted)
    assert len(set(landed)) == len(landed)
    reader = open_reader(world.url)
    assert reader is not None
    found = verify(world.project.id, reader.records(world.project.id), reader.head(world.project.id))
    reader.close()
    assert found.verified, found.faults


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_leaves_nothing_undone_or_done_twice(make_world: MakeWorld, point: str) -> None:
    killed_and_restarted(make_world(1), point)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["workspace-ready", "evidence-half", "round-ordered", "landing-moved-not-recorded"])
def test_the_same_holds_on_postgresql(postgres_url: str, make_world: MakeWorld, point: str) -> None:
    killed_and_restarted(make_world(1, postgres_url), point)


def killed_and_restarted(world: World, point: str) -> None:
    """From order to landing, with a kill -9 of the worker at this point."""
    doomed = world.start_worker(PODIUM_CRASH_AT=point)
    world.order()

    def died_or_reviewed() -> bool:
        return doomed.poll() is not None or isinstance(world.task("T1"), InReview)

    eventually(died_or_reviewed, 60)
    if doomed.poll() is None:
        world.accept("T1")
    eventually(lambda: doomed.poll() is not None, 60)
    assert doomed.returncode == -signal.SIGKILL
    world.start_worker()
    if not accepted(world, "T1"):
        world.wait_for("T1", InReview)
        world.accept("T1")
    world.wait_for("T1", OnTarget)
    assert_whole(world)


def accepted(world: World, task: str) -> bool:
    return any(isinstance(each.decision, Accepted) for each in world.now.reviews.of("numbers", task).decisions)


@pytest.mark.slow
@pytest.mark.parametrize("point", SUPERVISOR_POINTS)
def test_a_supervisor_killed_at_any_point_is_started_again(make_world: MakeWorld, point: str) -> None:
    world = make_world(1)
    world.start_worker(PODIUM_SUPERVISOR_CRASH_AT=point)
    world.order()
    world.wait_for("T1", InReview)
    world.accept("T1")
    world.wait_for("T1", OnTarget)
    starts = world.run_of("T1").rounds[0].agent_starts
    assert_whole(world, supervisors_killed=starts - 1)
    assert starts <= 2
