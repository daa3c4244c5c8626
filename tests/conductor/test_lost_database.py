"""A database that goes away: work waits for it and goes on, and a worker can always be ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from conductor_world import SETTINGS, World

from podium.conductor.decide import Accepted
from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.kernel.clock import SystemClock
from podium.landing.model import InReview, OnTarget
from podium.ledger.versions import RefusedError
from podium.runs.model import Working
from podium.testing import actions
from podium.testing.script import Script, rounds
from podium.testing.waiting import eventually

MakeWorld = Callable[[], World]


@pytest.fixture
def make_world(postgres_url: str, tmp_path: Path, environment: dict[str, str], marker: str) -> Iterator[MakeWorld]:
    """One task whose agent waits for the file `gate`."""
    built: list[World] = []
    gate = tmp_path / "gates"
    gate.mkdir()

    def make() -> World:
        write = actions.Write(path="src/one.py", text="print(1)\n")
        script = Script(tasks=(rounds((write, actions.WaitForFile(path=str(gate / "gate")))),))
        mounts = f'test = "python3 tests/check.py"\nmounts = ["{gate}"]'
        settings = SETTINGS.replace('test = "python3 tests/check.py"', mounts)
        built.append(World.build(tmp_path, environment, script, {"T1": ()}, url=postgres_url, settings=settings))
        return built[-1]

    yield make
    for world in built:
        world.close()


def sql(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run a statement from a database that is nobody's."""
    place = url.replace("postgresql+psycopg://", "postgresql://")
    name = place.partition("@/")[2].partition("?")[0]
    with psycopg.connect(place.replace(f"@/{name}?", "@/postgres?"), autocommit=True) as connection:
        cursor = connection.execute(statement.replace("NAME", name).encode())
        return cursor.fetchall() if cursor.description else []


def cut(url: str) -> int:
    """Cut every connection to a database, as a restart of the server does; how many there were."""
    query = "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'NAME' and pid <> pg_backend_pid()"
    return len(sql(url, query))


def at_work(world: World) -> None:
    """Order the task, and wait until its agent is at work."""
    world.order()
    eventually(lambda: world.now.runs.of_task("numbers", "T1"), 30)
    eventually(lambda: isinstance(world.run_of("T1").rounds[-1].state, Working), 60)


def becomes(world: World, kind: type) -> None:
    """Wait until the task is in such a state; the test's own connection may be cut as well."""
    try:
        eventually(lambda: again(world) and isinstance(world.task("T1"), kind), 90)
    except AssertionError as error:
        raise AssertionError(f"T1 is {world.task('T1')!r}\n{world.log()}") from error


@pytest.mark.slow
def test_a_round_and_a_landing_outlive_the_loss_of_every_connection(make_world: MakeWorld, postgres_url: str) -> None:
    world = make_world()
    world.start_worker()
    at_work(world)
    for _ in range(3):
        eventually(lambda: cut(postgres_url) > 0, 30)
    eventually(lambda: again(world), 30, what="the database is read anew")
    (world.root.parent / "gates" / "gate").touch()
    eventually(lambda: cut(postgres_url) > 0, 30)
    becomes(world, InReview)
    assert isinstance(world.accept("T1"), Accepted)
    eventually(lambda: cut(postgres_url) > 0, 30)
    becomes(world, OnTarget)
    assert len(world.run_of("T1").rounds) == 1
    assert "Podium broke" not in world.log()


def again(world: World) -> bool:
    """Whether the database can be read."""
    try:
        return bool(world.now.seq)
    except RefusedError:
        return False


def test_a_worker_whose_database_is_gone_waits_says_so_and_ends_when_told(
    make_world: MakeWorld, postgres_url: str
) -> None:
    world = make_world()
    worker = world.start_worker()
    at_work(world)
    sql(postgres_url, "drop database NAME with (force)")
    eventually(lambda: "waiting: " in world.log(), 30)
    assert worker.poll() is None
    worker.terminate()
    assert worker.wait(20) == 0
    assert "Podium broke" not in world.log()


def test_a_reader_whose_server_was_restarted_says_so_once_and_reads_on(tmp_path: Path, make_world: MakeWorld) -> None:
    world = make_world()
    desk = Desk(Home(tmp_path / "other"), world.url, SystemClock())
    assert desk.projects() == [world.project.id]
    cut(world.url)
    with pytest.raises(RefusedError, match="does not answer"):
        desk.projects()
    assert desk.projects() == [world.project.id]
    desk.close()
