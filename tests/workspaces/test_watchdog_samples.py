"""The watchdog's figures, its clock, and what it costs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sandbox_world import started, until

from podium.project.model import Limits
from podium.workspaces import processes, space
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.sandbox import Launch, launch
from podium.workspaces.watchdog import Watchdog


class Running:
    def __init__(self, ready: Launch, process: subprocess.Popen[bytes]) -> None:
        self.ready = ready
        self.process = process

    @property
    def pid(self) -> int:
        until(lambda: self.ready.child_pid() is not None)
        return self.ready.child_pid() or 0


@pytest.fixture
def sleeping(me: SandboxPlan, bwrap: str) -> Iterator[Running]:
    ready = launch(me, ["sh", "-c", "sleep 60 & sleep 60"], bwrap=bwrap)
    process = started(ready)
    yield Running(ready, process)
    ready.kill()
    process.wait()
    ready.close()


def test_the_wall_clock_is_an_argument(me: SandboxPlan) -> None:
    now = [1000.0]
    plan = msgspec.structs.replace(me, limits=Limits(wall_minutes=1.0))
    watchdog = Watchdog(plan, monotonic=lambda: now[0])
    assert watchdog.sample(None) is None
    now[0] += 59
    assert watchdog.sample(None) is None
    now[0] += 2
    breach = watchdog.sample(None)
    assert breach
    assert (breach.name, breach.limit, breach.text) == ("wall clock", 1.0, "it used 1 minutes, of 1 that it may use")


def test_all_processes_of_a_sandbox_are_counted_and_none_else(sleeping: Running) -> None:
    until(lambda: len(processes.descendants(sleeping.pid)) == 3)
    assert os.getpid() not in processes.descendants(sleeping.pid)
    assert processes.rss(processes.descendants(sleeping.pid)) > 100_000
    assert 0 < processes.pss(processes.descendants(sleeping.pid)) < processes.rss(processes.descendants(sleeping.pid))


def test_a_zero_asks_for_no_limit(me: SandboxPlan, sleeping: Running) -> None:
    plan = msgspec.structs.replace(me, limits=Limits(memory_mb=0, processes=0, disk_mb=0, wall_minutes=0))
    (Path(me.upper) / "big").write_bytes(b"x" * 2_000_000)
    assert Watchdog(plan).sample(sleeping.pid) is None


def test_a_sandbox_within_its_limits_is_left_alone(me: SandboxPlan, sleeping: Running) -> None:
    watchdog = Watchdog(me)
    assert [watchdog.sample(sleeping.pid) for _ in range(5)] == [None] * 5
    watchdog.close()


def test_a_process_that_is_gone_is_no_breach(me: SandboxPlan) -> None:
    assert Watchdog(me).sample(2**22 + 1) is None


def test_a_tree_of_20_000_files_is_measured_in_small_steps(me: SandboxPlan) -> None:
    for directory in range(20):
        path = Path(me.upper, str(directory))
        path.mkdir()
        for number in range(1000):
            (path / str(number)).touch()
    walk = space.DiskWalk((me.upper,))
    longest, steps, use = 0.0, 0, None
    while use is None:
        begun = time.thread_time()
        use = walk.step(0.005)
        longest = max(longest, time.thread_time() - begun)
        steps += 1
    assert use.entries == 20_020
    assert steps > 3
    assert longest < 0.1


def test_a_hard_linked_file_counts_once(me: SandboxPlan) -> None:
    file = Path(me.upper, "a")
    file.write_bytes(b"x" * 100_000)
    for name in ("b", "c"):
        Path(me.upper, name).hardlink_to(file)
    assert 100_000 <= space.disk_use(Path(me.upper)).bytes < 120_000


def test_a_sparse_file_counts_what_it_takes(me: SandboxPlan) -> None:
    with Path(me.upper, "a").open("wb") as file:
        file.truncate(10**9)
    assert space.disk_use(Path(me.upper)).bytes < 100_000


def test_a_walk_that_is_given_up_leaves_nothing_open(me: SandboxPlan) -> None:
    Path(me.upper, "a/b/c").mkdir(parents=True)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        walk = space.DiskWalk((me.upper, me.home))
        walk.step(0.0)
        walk.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
