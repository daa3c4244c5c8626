"""Fifty kill -9 at seeded random moments, of workers and supervisors, while tasks go from plan to target."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conductor_world import SETTINGS, World
from test_crash_points import accepted, assert_whole

from podium.agents.event import Result
from podium.landing.model import InReview, OnTarget
from podium.supervisor.attach import Alive, Died, Status, start_lines, status
from podium.supervisor.follow import read
from podium.testing import actions
from podium.testing.script import Script, rounds
from podium.testing.waiting import eventually

KILLS = 50
TASKS = [f"T{number}" for number in range(1, 33)]


@pytest.fixture
def world(tmp_path: Path, environment: dict[str, str], marker: str) -> Iterator[World]:
    script = Script(
        tasks=tuple(
            rounds(
                (
                    actions.Write(path=f"src/{name.lower()}/a.py", text="print(1)\n"),
                    actions.Pause(seconds=2.0),
                    actions.Write(path=f"src/{name.lower()}/b.py", text="print(2)\n"),
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
    settings = SETTINGS.replace("parallel = 50", "parallel = 4")
    built = World.build(tmp_path, environment, script, dict.fromkeys(TASKS, ()), plan=plan, settings=settings)
    yield built
    built.close()


class Killer:
    """Kills workers and supervisors, and counts the agents that died with them."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.worker = world.start_worker()
        self.supervisors = 0
        self.kills = 0

    def kill_one(self) -> None:
        """Kill a supervisor whose agent is at work, as soon as there is one, or the worker."""
        self.kills += 1
        if self.random.random() < 0.4:
            directories = eventually(self._alive_or_done, 60)
            if isinstance(directories, list):
                self._kill_supervisor(self.random.choice(directories))
                return
        self.restart()

    def _alive_or_done(self) -> list[Path] | bool:
        accept_what_waits(self.world)
        return self._alive() or all_but_the_last_landed(self.world)

    def restart(self) -> None:
        """kill -9 the worker and start another one."""
        self.worker.send_signal(signal.SIGKILL)
        self.worker.wait()
        self.worker = self.world.start_worker()

    def _alive(self) -> list[Path]:
        return [
            directory
            for run, round_ in self.world.now.runs.active()
            if is_at_work(status(directory := self._directory(run.id, round_.number)))
        ]

    def _directory(self, run: str, number: int) -> Path:
        return self.world.desk.home.round(self.world.project.id, run, number)

    def _kill_supervisor(self, directory: Path) -> None:
        found = status(directory)
        if not isinstance(found, Alive):
            return
        # Stopped first, so that nobody can start another one between the kill and the look at what it left.
        self.worker.send_signal(signal.SIGSTOP)
        try:
            os.kill(found.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        else:
            eventually(lambda: not isinstance(status(directory), Alive), 10)
            self.supervisors += isinstance(status(directory), Died) and _had_begun(directory, found.pid)
        finally:
            self.worker.send_signal(signal.SIGCONT)


def _had_begun(directory: Path, supervisor: int) -> bool:
    """Whether this very supervisor had started the agent, and the agent was not done: then one more start must follow.

    One that was only about to go on after another one's death, killed before it counted, costs no start.
    """
    return start_lines(directory)[-1].pid == supervisor and not _was_done(directory)


def _was_done(directory: Path) -> bool:
    """Whether the agent's last turn was over and on record: then no agent is started again, only the end written."""
    entries, _ = read(directory)
    return any(isinstance(entry.event, Result) and entry.event.last for entry in entries)


def is_at_work(found: Status) -> bool:
    return isinstance(found, Alive) and found.attempt > 0


def all_landed(world: World) -> bool:
    return all(isinstance(world.task(name), OnTarget) for name in TASKS)


def all_but_the_last_landed(world: World) -> bool:
    return all(isinstance(world.task(name), OnTarget) for name in TASKS[:-1])


def accept_what_waits(world: World, names: list[str] = TASKS[:-1]) -> None:
    """The last task is held back until every kill has happened: on a slow machine the tasks would outrun the kills."""
    for name in names:
        if isinstance(world.task(name), InReview) and not accepted(world, name):
            world.accept(name)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [20261122])
def test_fifty_random_kills_lose_nothing_and_do_nothing_twice(world: World, seed: int) -> None:
    killer = Killer(world, seed)
    world.order()
    while killer.kills < KILLS:
        until = world.now.seq + killer.random.randint(1, 12)

        def moved(until: int = until) -> bool:
            accept_what_waits(world)
            return world.now.seq >= until or all_but_the_last_landed(world)

        eventually(moved, 120)
        killer.kill_one()

    def landed() -> bool:
        accept_what_waits(world, TASKS)
        return all_landed(world)

    eventually(landed, 300)
    assert_whole(world, supervisors_killed=killer.supervisors)
    assert killer.supervisors > 0
    _assert_quiet(killer.worker)


def _assert_quiet(worker: subprocess.Popen[bytes]) -> None:
    assert worker.poll() is None
