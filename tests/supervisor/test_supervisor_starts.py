"""Starting once, attaching, outliving the starter, and what is true about a round whatever a pid or a file says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from podium.agents.event import Started
from podium.kernel.errors import PodiumError
from podium.kernel.value import canonical
from podium.supervisor import lock
from podium.supervisor.attach import Alive, Died, Ended, NotStarted, start_lines, start_or_attach, starts, status
from podium.supervisor.inbox import Stop
from podium.supervisor.order import LOCK, ORDER, STARTS, read_order, write_order
from podium.testing.actions import Mark, Say, WaitForFile
from podium.testing.processes import alive, marked
from podium.testing.waiting import eventually

if TYPE_CHECKING:
    from conftest import Bench

_STARTER = """
import sys
from pathlib import Path
from podium.supervisor.attach import start_or_attach
from podium.supervisor.order import read_order
directory = Path(sys.argv[1])
order = read_order(directory)
if len(sys.argv) > 2:
    print("go", flush=True)
    sys.stdin.readline()
start_or_attach(directory, order)
print("started", flush=True)
sys.stdin.readline()
"""


def _waiting(bench: Bench) -> None:
    """Starts an agent that waits until it may go on."""
    bench.start(bench.order(Mark(path="here"), WaitForFile(path="~/go-on"), Say(text="Done.")))


def test_a_round_that_nobody_started_is_not_started(tmp_path: Path) -> None:
    assert status(tmp_path / "nowhere") == NotStarted()
    assert starts(tmp_path / "nowhere") == 0


def test_twenty_callers_at_once_start_one_agent(bench: Bench) -> None:
    order = bench.order(Mark(path="here"), WaitForFile(path="~/go-on"), Say(text="Done."))
    failures: list[BaseException] = []
    together = threading.Barrier(20)

    def call() -> None:
        together.wait()
        try:
            start_or_attach(bench.round_dir, order)
        except PodiumError as error:
            failures.append(error)

    threads = [threading.Thread(target=call) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert isinstance(status(bench.round_dir), Alive)
    bench.wait_for_file("here")
    assert starts(bench.round_dir) == 1
    supervisors = eventually(
        lambda: [each for each in marked(str(bench.round_dir)) if "podium.supervisor" in each.command],
        what="one supervisor",
    )
    assert [each.pid for each in supervisors] == [bench.supervisor()]
    bench.allow_to_go_on("go-on")
    record = bench.end()
    assert (record.outcome, record.attempt) == ("completed", 1)
    assert len(bench.events(Started)) == 1


def test_attaching_again_starts_nothing_while_it_lives_and_after_its_end(bench: Bench) -> None:
    order = bench.order(Mark(path="here"), WaitForFile(path="~/go-on"))
    bench.start(order)
    first = bench.supervisor()
    bench.wait_for_file("here")
    bench.start(order)
    assert bench.supervisor() == first
    bench.allow_to_go_on("go-on")
    bench.end()
    bench.start(order)
    assert isinstance(status(bench.round_dir), Ended)
    assert starts(bench.round_dir) == 1


def test_a_starter_that_is_killed_leaves_the_supervisor_at_work(bench: Bench) -> None:
    write_order_of(bench, bench.order(Mark(path="here"), WaitForFile(path="~/go-on"), Say(text="Done.")))
    with subprocess.Popen(
        [sys.executable, "-c", _STARTER, str(bench.round_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"started\n"
        starter.kill()
    bench.wait_for_file("here")
    assert isinstance(status(bench.round_dir), Alive)
    bench.allow_to_go_on("go-on")
    assert bench.end().outcome == "completed"


@pytest.mark.parametrize("delay_ms", [0, 5, 15, 25, 35, 50, 80, 120])
def test_a_starter_that_is_killed_while_it_starts_leaves_one_supervisor_or_none(bench: Bench, delay_ms: int) -> None:
    order = bench.order(Say(text="Done."))
    write_order_of(bench, order)
    with subprocess.Popen(
        [sys.executable, "-c", _STARTER, str(bench.round_dir), "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdin is not None
        assert starter.stdout is not None
        starter.stdout.readline()
        starter.stdin.write(b"\n")
        starter.stdin.flush()
        time.sleep(delay_ms / 1000)  # the moment of the kill is what this test is about
        os.kill(starter.pid, signal.SIGKILL)
    bench.start(order)
    record = bench.end()
    assert (record.outcome, record.attempt) == ("completed", 1)
    assert starts(bench.round_dir) == 1


def test_the_supervisor_is_a_session_of_its_own_and_has_nothing_of_its_starter(bench: Bench) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    _waiting(bench)
    bench.wait_for_file("here")
    pid = bench.supervisor()
    os.close(writing)
    assert os.read(reading, 1) == b""  # nobody else has the other end
    os.close(reading)
    assert os.getsid(pid) == pid or os.getsid(pid) != os.getsid(0)
    assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")
    assert [each.parent for each in marked(str(bench.round_dir))] != [os.getpid()]
    bench.post(Stop())
    bench.end()


def test_killing_the_supervisor_ends_every_process_of_its_agent(bench: Bench) -> None:
    _waiting(bench)
    bench.wait_for_file("here")
    assert marked(bench.marker)
    os.kill(bench.supervisor(), signal.SIGKILL)
    bench.dead()
    assert status(bench.round_dir) == Died(attempt=1)


def test_a_lock_file_with_the_pid_of_a_living_stranger_means_nothing(bench: Bench) -> None:
    bench.round_dir.mkdir()
    (bench.round_dir / LOCK).write_text(f"{os.getppid()}\n")
    assert status(bench.round_dir) == NotStarted()
    start = {"attempt": 1, "pid": os.getppid(), "at": "2031-01-01T00:00:00.000Z", "planned": "new"}
    (bench.round_dir / STARTS).write_bytes(canonical(start) + b"\n")
    assert status(bench.round_dir) == Died(attempt=1)


def test_a_torn_last_line_of_the_starts_is_no_start(bench: Bench) -> None:
    bench.round_dir.mkdir()
    (bench.round_dir / STARTS).write_bytes(b'{"attempt":1,"pi')
    assert status(bench.round_dir) == NotStarted()
    record = bench.play(bench.order(Say(text="Done.")))
    assert record.attempt == 1
    assert len(start_lines(bench.round_dir)) == 1


def test_asking_who_has_the_lock_never_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert lock.holder(path) is None
    code = (
        "import sys; from pathlib import Path; from podium.supervisor import lock;"
        "assert lock.take(Path(sys.argv[1])) is not None; print('has it', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert lock.holder(path) == other.pid
        assert lock.take(path) is None
        other.kill()
    assert not alive(other.pid)
    assert lock.holder(path) is None


def test_the_first_order_counts(bench: Bench) -> None:
    write_order_of(bench, bench.order(Say(text="x"), prompt="first"))
    write_order(bench.round_dir, bench.order(Say(text="x"), prompt="second"))
    assert read_order(bench.round_dir).prompt == "first"


def test_an_order_that_cannot_be_understood_is_refused_before_anything_starts(bench: Bench) -> None:
    bench.round_dir.mkdir()
    (bench.round_dir / ORDER).write_text('{"round":')
    with pytest.raises(PodiumError, match="cannot be understood"):
        bench.start(bench.order(Say(text="x")))
    assert status(bench.round_dir) == NotStarted()


def test_a_python_that_is_not_there_is_an_error_that_names_the_round(bench: Bench) -> None:
    with pytest.raises(PodiumError, match="did not start") as raised:
        start_or_attach(bench.round_dir, bench.order(Say(text="x")), python="/nowhere/python")
    assert str(bench.round_dir) in raised.value.where


def test_a_round_directory_that_cannot_be_written_is_an_error_and_not_a_hanging_starter(bench: Bench) -> None:
    bench.round_dir.mkdir()
    (bench.round_dir / "supervisor.log").mkdir()  # cannot be opened for writing, not even by root
    with pytest.raises(PodiumError, match="did not start"):
        bench.start(bench.order(Say(text="x")))


def test_ten_rounds_work_at_once(benches: Callable[[], Bench]) -> None:
    made = [benches() for _ in range(10)]
    for each in made:
        each.start(each.order(Say(text="Done.")))
    assert [each.end(60.0).outcome for each in made] == ["completed"] * 10


def write_order_of(bench: Bench, order: object) -> None:
    from podium.supervisor.order import Order

    assert isinstance(order, Order)
    bench.round_dir.mkdir(exist_ok=True)
    write_order(bench.round_dir, order)
