"""The drivers that need no foreign program, against the public suite; the real agents' are in tests/real_agents."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from podium.agents.acp import AcpDriver
from podium.agents.driver import AgentTask, Driver
from podium.agents.shell import ShellDriver
from podium.testing.actions import Action, Hang, Say
from podium.testing.agent_conformance import WORD, AgentConformance, Hanging
from podium.testing.script import Script, rounds, save


def _scripted(place: Path, *acts: Action) -> AgentTask:
    (place / "work").mkdir(exist_ok=True)
    script = save(Script(tasks=(rounds(*(acts,) * 4),)), place / "script.json")
    command = (sys.executable, "-m", "podium.testing.scripted_agent", str(script), "--home", str(place))
    return AgentTask(agent="scripted", command=command, workdir=str(place / "work"))


class TestAcp(AgentConformance):
    def make(self) -> Driver:
        return AcpDriver()

    def task(self, place: Path) -> AgentTask:
        return _scripted(place, Say(text=WORD))

    def hanging(self, place: Path) -> Hanging:
        return _scripted(place, Hang(mark="begun")), (place / "work" / "begun").exists


class TestShell(AgentConformance):
    way: tuple[str, ...] = ("cat > told",)

    def make(self) -> Driver:
        return ShellDriver()

    def task(self, place: Path) -> AgentTask:
        command = ("/bin/sh", "-c", f"{self.way[0]}; echo {WORD}", *self.way[1:])
        return AgentTask(agent="any", command=command, workdir=str(place))

    def hanging(self, place: Path) -> Hanging:
        command = ("/bin/sh", "-c", "touch begun; sleep 1000 & wait")
        return AgentTask(agent="any", command=command, workdir=str(place)), (place / "begun").exists


class TestShellByArgument(TestShell):
    way = ('printf %s "$1" > told', "any", "{prompt}")


_PLUGIN = """
from podium.agents.shell import ShellDriver
class Echo(ShellDriver):
    pass
"""
_TEST = """
import pytest
from podium.agents.driver import AgentTask, driver, drivers
from podium.testing.agent_conformance import WORD, AgentConformance
class TestEcho(AgentConformance):
    def make(self):
        assert "echo-agent" in drivers()
        return driver("echo-agent")
    def task(self, place):
        return AgentTask(agent="echo", command=("/bin/sh", "-c", f"cat > /dev/null; echo {WORD}"), workdir=str(place))
    def hanging(self, place):
        begun = place / "begun"
        return AgentTask(agent="echo", command=("/bin/sh", "-c", "touch begun; sleep 1000")), begun.exists
"""


def test_a_driver_that_somebody_else_installed_is_found_and_passes_the_suite(tmp_path: Path) -> None:
    about = tmp_path / "site" / "echo_agent-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: echo-agent\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[podium.agents]\necho-agent = echo_agent:Echo\n")
    (tmp_path / "site" / "echo_agent.py").write_text(_PLUGIN)
    (tmp_path / "test_echo.py").write_text(_TEST)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            str(tmp_path / "test_echo.py"),
        ],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 passed" in done.stdout
