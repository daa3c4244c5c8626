"""The real `podium` on a project whose agents misbehave: every act is a command, every process a real one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hostile_place import Place, Result, Trusted

from podium.conductor.background import conductor_pid
from podium.conductor.board import board
from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.conductor.state import State
from podium.kernel.clock import SystemClock
from podium.landing.model import OnTarget, TaskState
from podium.runs.model import Gathering, Round, Run
from podium.testing.processes import marked, wait_until_none
from podium.testing.repositories import Content, Repository, build_repository
from podium.testing.script import Script, ScriptedTask, save
from podium.testing.waiting import eventually
from podium.workspaces.space import remove

SPEC_NAME = "numbers"
ADA = "Ada Example <ada@example.org>"

SPEC = """\
---
title: Numbers
owner: Ada Example
risk: low
scope: [src/**, tests/**]
---

# Numbers

## Intent
People need sums.

## Behaviour
- B1: `src/zero.py` prints 0.
  check: `test "$(python3 src/zero.py)" = 0`

## Edge cases
- E1: `src/zero.py` ignores its arguments.
  check: `test "$(python3 src/zero.py x)" = 0`

## Done
- D1: the tests pass.
  check: `python3 tests/check.py`

## Out of scope
Everything else.
"""
SETTINGS = """\
[project]
name = "numbers"
target = "main"

[environment]
test = "python3 tests/check.py"

[review]
capacity = 90

[run]
parallel = 90
"""
FILES: Mapping[str, Content] = {
    "src/zero.py": "print(0)\n",
    "tests/check.py": "import pathlib\nassert pathlib.Path('src/zero.py').exists()\nprint('1 passed')\n",
}


@dataclass(frozen=True)
class Case:
    """One task of a world: what its agent does."""

    script: ScriptedTask
    title: str = ""
    agent: str = "scripted"
    scope: str = ""


class World(Place):
    """A project with an approved plan, one task for each case, and a worker. Nothing runs until it is asked for."""

    def __init__(self, base: Path, uid: int = 0) -> None:
        super().__init__(base, base / "repository", uid)
        self.__dict__["tasks"] = {}
        self.__dict__["processes"] = []

    tasks: dict[str, str]
    processes: list[subprocess.Popen[bytes]]

    @classmethod
    def build(
        cls,
        cases: Mapping[str, Case],
        *,
        uid: int = 0,
        settings: str = "",
        files: Mapping[str, Content] | None = None,
        agents: Mapping[str, str] | None = None,
        worker: bool = True,
        spec: str = SPEC,
        before: Callable[[World], None] | None = None,
    ) -> World:
        """`agents` maps names of further agents to a match of their scripts; each plays the same script."""
        base = Path(tempfile.mkdtemp(prefix="podium-hostile-"))
        base.chmod(0o755)
        world = cls(base, uid)
        world.tasks.update({name: f"T{number}" for number, name in enumerate(cases, 1)})
        script = Script(
            tasks=tuple(
                ScriptedTask(match=rf"numbers/{world.tasks[name]}\b", rounds=case.script.rounds)
                for name, case in cases.items()
            )
        )
        saved = save(script, base / "scripts" / "script.json")
        command = [str(Path(sys.executable).parent / "podium-scripted-agent"), str(saved)]
        own = SETTINGS + settings
        for agent in ("scripted", *(agents or {})):
            own += f"\n[agents.{json.dumps(agent)}]\ncommand = {json.dumps(command)}\n"
            own += f"mounts = [{json.dumps(str(saved.parent))}]\n"
        plan = "\n".join(_task(world.tasks[name], name, case) for name, case in cases.items())
        content: dict[str, Content] = {
            **FILES,
            **(files or {}),
            "podium.toml": own,
            f"specs/{SPEC_NAME}.md": spec,
            f"specs/{SPEC_NAME}.plan.toml": plan,
        }
        build_repository(world.root, content)
        world.prepare()
        if before is not None:
            before(world)
        world.podium("init", code=0)
        world.podium("plan", "approve", SPEC_NAME, "--yes", code=0)
        if worker:
            world.start_worker()
        return world

    # --- processes ----------------------------------------------------------------------------------------------------

    def start_worker(self, *prefix: str) -> subprocess.Popen[bytes]:
        command = [*prefix, sys.executable, "-m", "podium.cli.main", "worker", "--dead-after", "2"]
        with (self.base / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                self.as_user(command),
                env=self.environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(worker)
        eventually(lambda: (self.state / "conductor.lock").exists() or worker.poll() is not None, 60)
        return worker

    def close(self) -> None:
        """End every process; the directory goes too."""
        self.end()
        remove(self.base, within=self.base.parent)

    def end(self) -> None:
        """End every process."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
        left = conductor_pid(Home(self.state))  # one that a command started in the background
        if left:
            os.kill(left, signal.SIGTERM)
            eventually(lambda: conductor_pid(Home(self.state)) is None, 30)
        for each in marked(str(self.base)):  # agents that still hang, and their supervisors
            with contextlib.suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGKILL)
        wait_until_none(str(self.base), 30)
        desk = self.__dict__.get("desk")
        if desk is not None:
            desk.close()

    def log(self) -> str:
        log = self.base / "worker.log"
        return log.read_text()[-4000:] if log.exists() else ""

    # --- what there is ------------------------------------------------------------------------------------------------

    @property
    def now(self) -> State:
        """The newest state."""
        desk = self.__dict__.get("desk")
        if desk is None:
            home = Home(self.state)
            desk = self.__dict__["desk"] = Desk(home, home.default_database, SystemClock())
        return desk.look(desk.projects()[0])

    @property
    def mirror(self) -> Repository:
        return Trusted(Home(self.state).mirror(self.now.id))

    def run_of(self, name: str) -> Run | None:
        runs = self.now.runs.of_task(SPEC_NAME, self.tasks[name])
        return runs[-1] if runs else None

    def round_of(self, name: str) -> Round:
        run = self.run_of(name)
        assert run is not None
        return run.rounds[-1]

    def state_of(self, name: str) -> TaskState:
        return next(row.state for row in board(self.now) if row.task.id == self.tasks[name])

    def is_settled(self, name: str) -> bool:
        """Whether no evidence is being gathered any more: a candidate may be looked at before."""
        run = self.run_of(name)
        return run is None or not isinstance(run.rounds[-1].state, Gathering)

    def evidence(self, name: str) -> dict[str, Any]:
        """The newest round's items by their names."""
        run = self.run_of(name)
        assert run is not None
        return {item.name: item for item in self.now.evidence.items(run.id, run.rounds[-1].number)}

    def changed_paths(self, name: str) -> list[bytes]:
        """What the newest candidate changes."""
        candidate = self.candidate(name)
        raw = self.mirror.git_bytes("diff", "--name-only", "--no-renames", "-z", candidate.base, candidate.commit)
        return [each for each in raw.split(b"\0") if each]

    def candidate(self, name: str) -> Any:
        state: Any = self.round_of(name).state
        return state.candidate

    def outside(self) -> dict[str, str]:
        """What no agent may change: the user's repository, as git and the file system see it, and the home."""
        git = Trusted(self.root)
        facts = {
            name: git.git(*command)
            for name, command in {
                "refs": ("for-each-ref", "refs/heads", "refs/tags"),
                "head": ("symbolic-ref", "HEAD"),
                "status": ("status", "--porcelain", "--ignored"),
                "config": ("config", "--local", "--list"),
            }.items()
        }
        facts["hooks"] = str(sorted((self.root / ".git" / "hooks").glob("*")))
        return {**facts, "home": str(sorted(each.relative_to(self.home) for each in self.home.rglob("*")))}

    # --- acts ---------------------------------------------------------------------------------------------------------

    def full(self, name: str) -> str:
        return f"{SPEC_NAME}/{self.tasks[name]}"

    def order(self, *names: str) -> None:
        self.podium("run", "--no-follow", *(self.full(name) for name in names), code=0)

    def wait_for(self, name: str, *kinds: type, seconds: float = 90.0) -> TaskState:
        """Wait until a task is in such a state."""

        def reached() -> bool:
            return isinstance(self.state_of(name), kinds) and self.is_settled(name)

        try:
            eventually(reached, seconds, every=0.05)
        except AssertionError as error:
            run = self.run_of(name)
            raise AssertionError(f"{name} is {self.state_of(name)!r}, {run!r}\n{self.log()}") from error
        return self.state_of(name)

    def ran(self, name: str, *kinds: type, seconds: float = 90.0) -> TaskState:
        """Order a task, unless it was, and wait until it is in such a state."""
        if self.run_of(name) is None:
            self.order(name)
        return self.wait_for(name, *kinds, seconds=seconds)

    def read_all(self, name: str) -> None:
        """Mark every hunk as seen."""
        data = self.podium("review", self.full(name), "--json", code=0).json
        hunks = [each["id"] for each in data["hunks"]]
        if hunks:
            self.podium("review", self.full(name), "--mark", "seen", *hunks, code=0)

    def accept(self, name: str) -> Result:
        """Read everything and accept it; what stands against it is waived by name where it can be."""
        self.read_all(name)
        first = self.podium("accept", self.full(name), "--unsigned", "--json")
        if first.code == 0:
            return first
        codes = [each["code"] for each in first.json["refusals"]]
        waivers = [f"--waive={code}=it is only a test" for code in codes]
        return self.podium("accept", self.full(name), "--unsigned", *waivers)

    def landed(self, name: str) -> str:
        """Accept a task, wait until it is on the target, and give the commit."""
        result = self.accept(name)
        assert result.code == 0, result
        self.wait_for(name, OnTarget)
        state = self.now
        entry = state.landings.landed(SPEC_NAME, self.tasks[name])
        assert entry is not None
        landed: Any = entry.state
        return landed.commit

    def delivered(self, name: str) -> str:
        """As `landed`, and wait until it is in the checkout: git moves the branch when all files are there."""
        commit = self.landed(name)
        eventually(lambda: Trusted(self.root).head == commit, 20, every=0.05)
        return commit

    def assert_ledger_verifies(self) -> None:
        self.podium("ledger", "verify", code=0)

    def assert_prints_safely(self, name: str) -> None:
        """Every list and screen that shows the task, also as JSON."""
        full = self.full(name)
        for command in (
            ["status", "--all"],
            ["attention"],
            ["log", "-n", "0"],
            ["review", full, "--print", "--every"],
            ["evidence", full],
            ["watch", full, "--no-follow"],
            ["compare", full],
            ["ledger", "export"],
        ):
            self.podium_here(*command)
            self.podium_here(*command, "--json")


def _task(task: str, name: str, case: Case) -> str:
    scope = case.scope or f"src/{name}/**"
    return (
        f'[[task]]\nid = "{task}"\ntitle = {json.dumps(case.title or f"Write {name}")}\n'
        f'clauses = ["B1", "E1", "D1"]\nscope = [{json.dumps(scope)}]\nagents = [{json.dumps(case.agent)}]\n'
    )
