"""Two workers with separate state directories on one PostgreSQL share the work, and one takes over from the other."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from conductor_world import SETTINGS, World
from test_crash_points import assert_whole

from podium.conductor.home import Home
from podium.conductor.transcripts import fetch, key
from podium.landing.model import InReview, OnTarget
from podium.ledger.workers import workers
from podium.runs.model import Round, Working
from podium.supervisor.order import EVENTS
from podium.testing import actions
from podium.testing.processes import marked
from podium.testing.script import Script, rounds
from podium.testing.waiting import eventually

TASKS = [f"T{number}" for number in range(1, 5)]


@pytest.fixture
def world(tmp_path: Path, environment: dict[str, str], postgres_url: str, marker: str) -> Iterator[World]:
    """Four tasks; each agent waits for its own marker file inside the sandbox's scripts directory."""
    gate = tmp_path / "gates"
    gate.mkdir()
    script = Script(
        tasks=tuple(
            rounds(
                (
                    actions.Write(path=f"src/{name.lower()}/a.py", text="print(1)\n"),
                    actions.WaitForFile(path=str(gate / name)),
                    actions.Say(text=f"{name} is written."),
                ),
                match=f"numbers/{name}\\b",
            )
            for name in TASKS
        )
    )
    plan = "\n".join(
        f'[[task]]\nid = "{name}"\ntitle = "Write {name}"\nclauses = ["D1"]\nscope = ["src/{name.lower()}/**"]\n'
        'agents = ["scripted"]\n'
        for name in TASKS
    )
    settings = SETTINGS.replace(
        'test = "python3 tests/check.py"', f'test = "python3 tests/check.py"\nmounts = ["{gate}"]'
    )
    built = World.build(
        tmp_path, environment, script, dict.fromkeys(TASKS, ()), plan=plan, settings=settings, url=postgres_url
    )
    yield built
    built.close()


def last_round(world: World, task: str) -> Round:
    return world.run_of(task).rounds[-1]


def open_gates(world: World) -> None:
    for name in TASKS:
        (world.root.parent / "gates" / name).touch()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_workers_share_the_work_and_one_takes_over_from_the_dead(world: World) -> None:
    other = world.root.parent / "other-state"
    first, second = world.start_worker(slots=2), world.start_worker(other, slots=2)
    eventually(lambda: len(workers(world.desk.ledger.engine)) == 2, 60)
    world.order()

    def all_at_work() -> bool:
        runs = world.now.runs.by_id.values()
        return len(runs) == len(TASKS) and all(isinstance(run.rounds[-1].state, Working) for run in runs)

    eventually(all_at_work, 90)
    claimed = {last_round(world, name).worker for name in TASKS}
    assert len(claimed) == 2, claimed
    assert all(isinstance(last_round(world, name).state, Working) for name in TASKS)
    dead = Home(other).worker_id.read_text().strip()
    lost = [name for name in TASKS if last_round(world, name).worker == dead]
    kill_machine(second.pid, other)
    open_gates(world)
    for name in TASKS:
        world.wait_for(name, InReview, 120)
        world.accept(name)
    for name in TASKS:
        world.wait_for(name, OnTarget, 60)
    assert first.poll() is None
    assert all(last_round(world, name).worker != dead for name in TASKS)
    assert all(last_round(world, name).agent_starts == 2 for name in lost)
    assert_whole(world, supervisors_killed=len(lost))
    assert_transcripts_travel(world)


def kill_machine(worker: int, state: Path) -> None:
    """Kill a worker and everything on its "machine", its supervisors and agents, for good."""
    os.kill(worker, signal.SIGKILL)
    for process in marked(str(state)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    eventually(lambda: not marked(str(state)), 10)


def assert_transcripts_travel(world: World) -> None:
    run = world.run_of("T1")
    round_ = run.rounds[-1]
    written = (world.desk.home.round(world.project.id, run.id, 1) / EVENTS).read_bytes()
    assert fetch(world.desk, key(run.id, 1, round_.worker)) == written
