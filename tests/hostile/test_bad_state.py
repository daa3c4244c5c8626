"""A database that is damaged or newer, a disk that is full, several `podium` at once, a clock that jumps."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hostile_place import Place
from hostile_world import SPEC_NAME, Case, World

from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.landing.model import InReview
from podium.plan.events import DispatchOrdered
from podium.runs.model import AwaitingPermission
from podium.testing import actions
from podium.testing.clock import FakeClock
from podium.testing.disks import NoDiskError, little_room, small_disk
from podium.testing.repositories import build_repository
from podium.testing.script import rounds
from podium.testing.waiting import eventually

VERBS = (
    ["status"],
    ["attention"],
    ["log"],
    ["land"],
    ["run", "--no-follow"],
    ["plan", "approve", "numbers", "--yes"],
    ["ledger", "verify"],
    ["ledger", "export"],
    ["init"],
    ["review", "numbers/T1"],
)


def write(name: str) -> actions.Action:
    return actions.Write(path=f"src/{name}/x.py", text="print(1)\n")


def simple(*names: str) -> dict[str, Case]:
    return {name: Case(rounds((write(name),))) for name in names}


@pytest.fixture(scope="module")
def shared(build_module_world: Callable[..., World]) -> World:
    return build_module_world(simple("a"), worker=False)


@pytest.fixture
def database(shared: World) -> Iterator[Path]:
    """The world's database file; afterwards it is as it was."""
    file = shared.state / "podium.db"
    connection = sqlite3.connect(file)
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    kept = file.read_bytes()
    yield file
    if file.is_dir():
        file.rmdir()
    for extra in ("-wal", "-shm"):
        file.with_name(file.name + extra).unlink(missing_ok=True)
    file.write_bytes(kept)


def assert_each_is_refused(world: World, because: str) -> None:
    for verb in VERBS:
        result = world.podium_here(*verb)
        assert result.code in (1, 2), (verb, result)
        assert because in result.err, (verb, result)
        assert "Restore" in result.err or "Upgrade" in result.err, (verb, result)
    world.podium_here("doctor")
    result = world.podium("worker", "--idle", "1")
    assert result.code == 1, result


@pytest.mark.parametrize(
    "content", [b"this is no database\n" * 500, b"SQLite format 3\0" + b"\xff" * 8000, b"\0" * 9000]
)
def test_a_damaged_database_is_told_and_left_as_it_is(shared: World, database: Path, content: bytes) -> None:
    database.write_bytes(content)
    assert_each_is_refused(shared, "the database cannot be read")
    assert database.read_bytes() == content


def test_a_database_damaged_in_its_middle_is_told(shared: World, database: Path) -> None:
    whole = database.read_bytes()
    database.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    assert_each_is_refused(shared, "the database cannot be read")


def test_a_database_of_a_newer_podium_is_told_and_left_as_it_is(shared: World, database: Path) -> None:
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("update podium_meta set value = '99' where key = 'schema'")
    connection.close()
    assert_each_is_refused(shared, "newer Podium")
    connection = sqlite3.connect(database)
    assert connection.execute("select value from podium_meta").fetchone() == ("99",)
    connection.close()


def test_a_directory_in_place_of_the_database_is_told(shared: World, database: Path) -> None:
    database.unlink()
    database.mkdir()
    for verb in VERBS:
        result = shared.podium_here(*verb)
        assert result.code in (1, 2), (verb, result)


def test_a_record_that_was_changed_is_named(shared: World, database: Path) -> None:
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("update podium_ledger set data = replace(data, 'numbers', 'letters') where seq = 1")
    connection.close()
    result = shared.podium_here("ledger", "verify")
    assert result.code == 1
    assert "record 1" in result.text or " 1 " in result.text
    assert shared.podium_here("ledger", "export").code == 0


def test_a_state_directory_that_is_a_file_is_told(place: Place) -> None:
    build_repository(place.root, {"a.txt": "a\n"})
    place.state.write_text("no directory\n")
    for verb in (["init", "--yes"], ["status"], ["worker", "--idle", "1"]):
        result = place.podium(*verb)
        assert result.code in (1, 2), (verb, result)
    assert not (place.root / "podium.toml").exists()


# --- no room ----------------------------------------------------------------------------------------------------------


def test_a_command_that_cannot_write_says_so_and_works_afterwards(shared: World, database: Path) -> None:
    seq = shared.now.seq
    approve = ("plan", "approve", "numbers", "--yes")
    result = shared.podium(*approve, prefix=("prlimit", "--fsize=0"))
    assert result.code == 1, result
    assert "the database refused to write" in result.err or "the database cannot be read" in result.err
    assert shared.now.seq == seq
    shared.assert_ledger_verifies()
    shared.podium(*approve, code=0)
    assert shared.now.seq > seq


@pytest.mark.slow
def test_a_full_disk_delays_work_and_loses_none(build_world: Callable[..., World]) -> None:
    go = actions.Ask(title="May I?", allowed=(write("a"), actions.Say(text="done")))
    case = Case(rounds((go,)))
    with contextlib.ExitStack() as disks:

        def mount(world: World) -> None:
            try:
                disks.enter_context(small_disk(world.state, 48))
            except NoDiskError as error:
                pytest.skip(str(error))

        world = build_world({"a": case, **simple("b")}, before=mount)
        world.order("a")
        eventually(lambda: isinstance(world.round_of("a").state, AwaitingPermission), 60)
        with little_room(world.state):
            refused = world.podium("allow", world.full("a"))
            assert refused.code == 1, refused
            assert world.podium("status").code == 0
            assert "the disk of" in world.podium("attention", code=0).out
            assert world.podium("run", "--no-follow", world.full("b")).code == 1
        # A little room: the answer goes through; then none again, while the agent ends and its work is taken over.
        assert "the disk of" not in world.podium("attention", code=0).out
        world.podium("allow", world.full("a"), code=0)
        with little_room(world.state):
            world.podium("status")
        world.wait_for("a", InReview)
        assert world.changed_paths("a") == [b"src/a/x.py"]
        assert sum(each.agent_starts for each in world.run_of("a").rounds) == 1  # pyright: ignore[reportOptionalMemberAccess]
        world.ran("b", InReview)
        world.landed("a")
        world.assert_ledger_verifies()
        for process in world.processes:
            assert process.poll() is None, world.log()
        world.end()


# --- several at once --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_several_commands_at_once_do_each_thing_once(build_world: Callable[..., World]) -> None:
    world = build_world(simple("a"), worker=False)
    command = [sys.executable, "-m", "podium.cli.main", "run", "--no-follow", "numbers"]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
    several = [subprocess.Popen(command, cwd=world.root, env=world.environment, **quiet) for _ in range(4)]  # pyright: ignore
    told = [each.communicate(timeout=100)[0].decode() for each in several]
    assert [each.returncode for each in several] == [0] * 4, told
    assert sum("was ordered already" in each for each in told) == 3, told
    world.wait_for("a", InReview)
    state = world.now
    assert len(state.runs.by_id) == 1
    assert world.round_of("a").agent_starts == 1
    world.read_all("a")
    command = [sys.executable, "-m", "podium.cli.main", "accept", "numbers/T1", "--unsigned"]
    several = [subprocess.Popen(command, cwd=world.root, env=world.environment, **quiet) for _ in range(3)]  # pyright: ignore
    told = [each.communicate(timeout=100)[0].decode() for each in several]
    assert sorted(each.returncode for each in several)[0] == 0, told
    assert sum(each.returncode == 0 for each in several) == 1, told
    assert "Podium broke" not in "".join(told), told
    assert len(world.now.reviews.of(SPEC_NAME, "T1").decisions) == 1
    refused = world.podium("worker")
    assert refused.code == 1
    assert "another conductor is at work" in refused.err
    world.assert_ledger_verifies()


# --- clock jumps ------------------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_breaks_no_chain_and_gives_no_negative_times(build_world: Callable[..., World]) -> None:
    asks = Case(rounds((actions.Ask(title="May I?"), write("asks"))))
    world = build_world({**simple("a"), "asks": asks}, worker=False)
    clock = FakeClock(datetime.now(UTC) + timedelta(days=3650))
    home = Home(world.state)
    desk = Desk(home, home.default_database, clock)
    actor = "person:Ada Example <ada@example.org>"
    with desk.change(world.now.id) as change:
        change.append(DispatchOrdered(spec=SPEC_NAME, by=actor[7:], tasks=("T1",)), actor=actor)
    clock.advance(hours=-24 * 7300)
    with desk.change(world.now.id) as change:
        change.append(DispatchOrdered(spec=SPEC_NAME, by=actor[7:], tasks=("T2",)), actor=actor)
    desk.close()
    world.start_worker()
    world.wait_for("a", InReview)
    eventually(lambda: isinstance(world.round_of("asks").state, AwaitingPermission), 60)
    shown = "".join(world.podium_here(*verb).out for verb in (["status"], ["attention"], ["log", "-n", "0"]))
    assert not re.search(r"(?<!\w)-\d+ (s|min|h|days)\b", shown), shown
    assert world.round_of("a").seconds >= 0
    assert all(item.seconds >= 0 for item in world.evidence("a").values())
    world.podium("allow", world.full("asks"), code=0)
    world.wait_for("asks", InReview)
    world.landed("a")
    world.assert_prints_safely("a")
    world.assert_ledger_verifies()
