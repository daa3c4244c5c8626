"""What the benchmarks of agents stand on: a small repository under Podium whose tasks a scripted agent does.

The benchmark makes itself the reaper of everything below it, so that the processor time of detached supervisors and of
the agents in their sandboxes is counted where they end, by the kernel and not by sampling.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from podium.agents.python_roots import python_roots
from podium.conductor.approve_plan import approve_plan
from podium.conductor.background import conductor_pid
from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.conductor.register import register
from podium.kernel.clock import SystemClock
from podium.plan.parse import parse_plan
from podium.project.model import Project
from podium.runs.model import Delivered, Failed, Run, Stopped
from podium.spec.parse import parse_spec
from podium.testing.repositories import build_repository
from podium.testing.script import Script, save

ADA = "Ada Example <ada@example.org>"
POLL_SECONDS = 0.01
PR_SET_CHILD_SUBREAPER = 36
SPEC = """\
---
title: Numbers
owner: Ada Example
risk: low
scope: [src/**]
---

# Numbers

## Intent
People need numbers.

## Behaviour
- B1: `src/zero.py` prints 0.

## Edge cases
- E1: `src/zero.py` ignores its arguments.

## Done
- D1: `src/zero.py` is there.

## Out of scope
Everything else.
"""
SETTINGS = """\
[project]
name = "numbers"

[review]
capacity = 1000

[run]
parallel = 1000

[agents.scripted]
command = ["{command}"]
mounts = {mounts}
"""


@dataclass
class ScriptedWorld:
    """One repository, one state directory, one approved plan of `tasks` tasks that do not touch each other's files."""

    place: Path
    script: Script
    tasks: int
    conductor: subprocess.Popen[bytes] | None = None
    project: Project = field(init=False)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        become_reaper()
        self.place.mkdir(parents=True)
        self.root = self.place / "repository"
        self.home = Home(self.place / "state")
        settings = self._settings()
        plan = _plan(self.tasks)
        files = {
            "podium.toml": settings,
            "specs/numbers.md": SPEC,
            "specs/numbers.plan.toml": plan,
            "src/zero.py": "print(0)\n",
        }
        build_repository(self.root, files)
        self.desk = Desk(self.home, self.home.default_database, SystemClock())
        self.project = register(self.desk, self.root, settings, path=os.environ["PATH"], actor=f"person:{ADA}")
        spec = parse_spec(SPEC, "specs/numbers.md")
        parsed = parse_plan(plan, "specs/numbers.plan.toml", spec.name)
        approve_plan(
            self.desk, self.project.id, spec, parsed, (), settings_text=settings, tracked_files=list(files),
            actor=f"person:{ADA}",
        )  # fmt: skip

    def _settings(self) -> str:
        """The agent's command is a shell that notes when it began, and becomes the scripted agent."""
        program = scripted_agent()
        script = save(self.script, self.place / "agent" / "script.json")
        wrapper = self.place / "agent" / "noting"
        wrapper.write_text(f'#!/bin/sh\ndate +%s.%N >"$HOME/began"\nexec {program} {script}\n')
        wrapper.chmod(0o755)
        mounts = [str(wrapper.parent), str(program.parent.parent), *map(str, python_roots(program.parent / "python"))]
        return SETTINGS.format(command=wrapper, mounts=str(list(dict.fromkeys(mounts))).replace("'", '"'))

    @property
    def environment(self) -> dict[str, str]:
        """Of every command: nothing of the user's own Podium."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PODIUM_")}
        return {**kept, "PODIUM_ACTOR": ADA}

    def podium(self, *arguments: str) -> list[str]:
        """A command line."""
        program = Path(sys.executable).with_name("podium")
        return [str(program), "-C", str(self.root), "--state", str(self.home.root), *arguments]

    def order(self, *names: str) -> float:
        """`podium run --no-follow`; the moment at which it was called, by the wall clock."""
        began = time.time()
        done = subprocess.run(
            self.podium("run", "--no-follow", *names), env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            sys.exit(f"podium run failed:\n{done.stderr}")
        return began

    def warm(self) -> None:
        """Start a conductor and wait until it takes work."""
        self.conductor = subprocess.Popen(
            self.podium("conductor"), env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        beat = self.home.root / "podium.db"
        wait(lambda: conductor_pid(self.home) is not None and beat.exists(), 60, "a conductor")
        time.sleep(3)  # no event tells that all its threads are at rest: what is measured next must not see them start

    def runs(self) -> list[Run]:
        """All runs, as they are now."""
        return list(self.desk.look(self.project.id).runs.by_id.values())

    def delivered(self) -> int:
        """How many runs were delivered. Ends the benchmark when one failed."""
        states = [run.rounds[-1].state for run in self.runs() if run.rounds]
        for state in states:
            if isinstance(state, Failed | Stopped):
                sys.exit(f"a round failed: {state}\n{self.home.conductor_log.read_text()[-2000:]}")
        return sum(isinstance(state, Delivered) for state in states)

    def wait_delivered(self, count: int, seconds: float = 600.0) -> float:
        """Wait until so many runs were delivered; the moment, by the wall clock."""
        wait(lambda: self.delivered() >= count, seconds, f"{count} delivered")
        return time.time()

    def began(self) -> dict[str, float]:
        """When each run's agent process began, by the wall clock."""
        notes = (self.home.project(self.project.id) / "runs").glob("*/home/began")
        return {note.parent.parent.name: float(note.read_text()) for note in notes if note.read_text().strip()}

    def close(self) -> None:
        """End what was started, and wait for all of it."""
        pid = conductor_pid(self.home)
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        if self.conductor is not None:
            self.conductor.wait(30)
        reap(wait_seconds=30)
        self.desk.close()
        shutil.rmtree(self.place)


def _plan(tasks: int) -> str:
    return "\n".join(
        f'[[task]]\nid = "T{number}"\ntitle = "Write number {number}"\nclauses = ["B1"]\n'
        f'scope = ["src/{number}/**"]\nagents = ["scripted"]\n'
        for number in range(1, tasks + 1)
    )


def scripted_agent() -> Path:
    """The program that is installed beside this interpreter."""
    return Path(sys.executable).with_name("podium-scripted-agent")


def become_reaper() -> None:
    """Make orphans below this process its children, so that it can wait for them and learn what they used."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap(wait_seconds: float = 0.0) -> None:
    """Wait for every child that has ended, or for all of them for so long."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            if time.monotonic() >= deadline:
                return
            time.sleep(POLL_SECONDS)


def cpu_of_ended() -> float:
    """Processor seconds of all descendants that have ended and were waited for, this process's children's included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_of(pid: int) -> float:
    """Processor seconds of a process and of those of its descendants that it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def wait(condition: object, seconds: float, what: str) -> None:
    """Wait for something to become true; end the benchmark when it does not."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"not within {seconds:g} s: {what}")
        time.sleep(POLL_SECONDS)
