"""Supervisors that are forked from a warm process: the same as plain ones in all that counts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from podium.kernel.errors import PodiumError
from podium.supervisor.attach import Alive, start_or_attach, starts, status
from podium.supervisor.nursery import Nursery, NurseryGoneError
from podium.testing.actions import Mark, Say, WaitForFile
from podium.testing.waiting import eventually

if TYPE_CHECKING:
    from conftest import Bench

_CONDUCTOR = """
import sys
from pathlib import Path
from podium.supervisor.attach import start_or_attach
from podium.supervisor.nursery import Nursery
from podium.supervisor.order import read_order
nursery = Nursery(sys.executable)
place = Path(sys.argv[1])
start_or_attach(place, read_order(place), nursery=nursery)
print(nursery.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    made = Nursery(sys.executable)
    yield made
    made.close()


def _here_and_waiting(bench: Bench, nursery: Nursery) -> int:
    order = bench.order(Mark(path="here"), WaitForFile(path="~/go-on"), Say(text="Done."))
    start_or_attach(bench.round_dir, order, nursery=nursery)
    bench.wait_for_file("here")
    return bench.supervisor()


def test_a_supervisor_from_the_nursery_plays_a_round_to_its_end(bench: Bench, nursery: Nursery) -> None:
    start_or_attach(bench.round_dir, bench.order(Say(text="Done.")), nursery=nursery)
    record = bench.end()
    assert (record.outcome, record.attempt, record.claim) == ("completed", 1, "[scripted] Done.")


def test_it_belongs_to_nobody_is_a_session_of_its_own_and_holds_nothing_of_the_nursery(
    bench: Bench, nursery: Nursery
) -> None:
    pid = _here_and_waiting(bench, nursery)
    assert os.getsid(pid) != os.getsid(0)
    assert psutil.Process(pid).ppid() not in (os.getpid(), nursery.pid)
    pipes = {Path(f"/proc/{nursery.pid}/fd/{number}").readlink() for number in (0, 1)}
    held = {each.readlink() for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink()}
    assert not pipes & held
    bench.allow_to_go_on("go-on")
    assert bench.end().outcome == "completed"


def test_it_outlives_the_nursery_and_the_conductor_that_are_killed(bench: Bench) -> None:
    from podium.supervisor import inbox
    from podium.supervisor.order import write_order

    bench.round_dir.mkdir()
    inbox.prepare(bench.round_dir)
    write_order(bench.round_dir, bench.order(Mark(path="here"), WaitForFile(path="~/go-on"), Say(text="Done.")))
    with subprocess.Popen(
        [sys.executable, "-c", _CONDUCTOR, str(bench.round_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as conductor:
        assert conductor.stdout is not None
        warm = psutil.Process(int(conductor.stdout.readline()))
        bench.wait_for_file("here")
        conductor.kill()
    eventually(lambda: not warm.is_running(), 10.0, what="the nursery ends when its conductor does")
    assert isinstance(status(bench.round_dir), Alive)
    bench.allow_to_go_on("go-on")
    assert bench.end().outcome == "completed"


def test_without_its_nursery_a_round_is_started_in_the_plain_way(bench: Bench, nursery: Nursery) -> None:
    os.kill(nursery.pid, signal.SIGKILL)
    start_or_attach(bench.round_dir, bench.order(Say(text="Done.")), nursery=nursery)
    assert bench.end().outcome == "completed"
    with pytest.raises(NurseryGoneError):
        nursery.begin(bench.round_dir)


def test_a_nursery_that_cannot_be_started_is_simply_gone(bench: Bench) -> None:
    start_or_attach(bench.round_dir, bench.order(Say(text="Done.")), nursery=Nursery("/nowhere/python"))
    assert bench.end().outcome == "completed"


def test_why_a_supervisor_cannot_begin_is_told(bench: Bench, nursery: Nursery) -> None:
    (bench.round_dir / "supervisor.log").mkdir(parents=True)
    with pytest.raises(PodiumError, match=r"the supervisor did not start: .*Is a directory"):
        start_or_attach(bench.round_dir, bench.order(Say(text="x")), nursery=nursery)
    assert nursery.begin(bench.round_dir / "nothing" / "there") != ""


def test_many_callers_at_once_on_two_rounds_start_two_agents(benches: Callable[[], Bench], nursery: Nursery) -> None:
    rounds = [benches(), benches()]
    orders = [each.order(Mark(path="here"), WaitForFile(path="~/go-on"), Say(text="Done.")) for each in rounds]
    failures: list[BaseException] = []
    together = threading.Barrier(12)

    def call(number: int) -> None:
        together.wait()
        try:
            start_or_attach(rounds[number % 2].round_dir, orders[number % 2], nursery=nursery)
        except PodiumError as error:
            failures.append(error)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for each in rounds:
        each.wait_for_file("here")
        assert starts(each.round_dir) == 1
        each.allow_to_go_on("go-on")
        assert each.end().outcome == "completed"
