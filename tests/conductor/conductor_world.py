"""A small real project under Podium: repository, spec, plan, scripted agents, and workers as real processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from podium.conductor.approve_plan import approve_plan
from podium.conductor.decide import Answer, Judge
from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.conductor.order_run import Documents, order_run
from podium.conductor.register import register
from podium.conductor.state import State
from podium.kernel.clock import SystemClock
from podium.landing.model import TaskState
from podium.plan.parse import parse_plan
from podium.project.model import Project
from podium.review.events import HunksMarked
from podium.runs.model import Delivered, Run
from podium.spec.parse import parse_spec
from podium.testing import actions
from podium.testing.processes import marked
from podium.testing.repositories import Repository, build_repository
from podium.testing.script import Script, ScriptedTask, save
from podium.testing.waiting import eventually

ADA = "person:Ada Example <ada@example.org>"
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
- B1: `one.py` prints 1.
  check: `test "$(python3 src/one.py)" = 1`
- B2: `two.py` prints 2.
  check: `test "$(python3 src/two.py)" = 2`

## Edge cases
- E1: `one.py` ignores its arguments.
  check: `test "$(python3 src/one.py x)" = 1`

## Done
- D1: the tests pass.

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
capacity = 50

[run]
parallel = 50
"""


def plan_text(tasks: dict[str, tuple[str, ...]], *, agents: tuple[str, ...] = ("scripted",)) -> str:
    """A plan with these tasks, each depending on the ones named."""
    parts: list[str] = []
    for number, (task, needs) in enumerate(tasks.items()):
        name = ("one", "two")[number % 2]
        parts.append(
            f'[[task]]\nid = "{task}"\ntitle = "Write {name} for {task}"\nclauses = ["B{number % 2 + 1}"]\n'
            f'scope = ["src/{task.lower()}/**", "src/{name}.py"]\ndepends_on = {list(needs)}\nagents = {list(agents)}\n'
        )
    return "\n".join(parts).replace("'", '"')


@dataclass
class World:
    """One project, one state directory, and the workers that were started on it."""

    root: Path
    state: Path
    url: str
    project: Project
    desk: Desk
    environment: dict[str, str]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    @classmethod
    def build(
        cls,
        place: Path,
        environment: dict[str, str],
        script: Script,
        tasks: dict[str, tuple[str, ...]],
        *,
        url: str = "",
        agents: dict[str, Script] | None = None,
        settings: str = SETTINGS,
        spec: str = SPEC,
        plan: str = "",
        files: dict[str, str] | None = None,
    ) -> World:
        """A registered project with an approved plan; nothing runs yet."""
        root = place / "repository"
        known = agents or {"scripted": script}
        own = settings
        for name, each in known.items():
            file = save(each, place / "scripts" / f"{name}.json")
            command = [str(Path(sys.executable).parent / "podium-scripted-agent"), str(file)]
            own += f'\n[agents.{name}]\ncommand = {command}\nmounts = ["{file.parent}"]\n'.replace("'", '"')
        text = plan or plan_text(tasks, agents=tuple(known))
        content = {
            "podium.toml": own,
            "specs/numbers.md": spec,
            "specs/numbers.plan.toml": text,
            "src/zero.py": "print(0)\n",
            "tests/check.py": "import pathlib\nassert pathlib.Path('src/zero.py').exists()\nprint('1 passed')\n",
            **(files or {}),
        }
        build_repository(root, content)
        home = Home(place / "state")
        desk = Desk(home, url or home.default_database, SystemClock())
        project = register(desk, root, own, path=environment["PATH"], actor=ADA)
        world = cls(root, home.root, desk.url, project, desk, environment)
        parsed = parse_spec(spec, "specs/numbers.md")
        parsed_plan = parse_plan(text, "specs/numbers.plan.toml", parsed.name)
        approve_plan(
            desk, project.id, parsed, parsed_plan, (), settings_text=own, tracked_files=list(content), actor=ADA
        )
        return world

    @property
    def documents(self) -> Documents:
        """Spec and plan as they were approved."""
        plan = self.now.plans.approved("numbers")
        assert plan is not None
        return Documents(plan.spec_blob, plan.plan_blob)

    @property
    def now(self) -> State:
        """The newest state."""
        return self.desk.look(self.project.id)

    def order(self, tasks: tuple[str, ...] = (), agents: tuple[str, ...] = ()) -> None:
        """Order tasks, all when none is named."""
        text = self.now.projects.settings_text(self.project.id)
        order_run(
            self.desk,
            self.project.id,
            "numbers",
            documents=self.documents,
            settings_text=text,
            tasks=tasks,
            agents=agents,
            actor=ADA,
        )

    def start_worker(self, state: Path | None = None, *, slots: int = 0, **variables: str) -> subprocess.Popen[bytes]:
        """A real worker process; `variables` are added to its environment."""
        command = [sys.executable, "-m", "podium.cli.main", "--state", str(state or self.state), "--db", self.url]
        log = (self.root.parent / "worker.log").open("ab")
        with log:
            worker = subprocess.Popen(
                [*command, "worker", "--dead-after", "2", "--slots", str(slots)],
                env={**self.environment, **variables},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        """End every worker and agent."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
                worker.wait(20)
        for process in marked(str(self.root.parent)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        self.desk.close()

    def log(self) -> str:
        """What the workers printed."""
        path = self.root.parent / "worker.log"
        return path.read_text() if path.exists() else ""

    def task(self, task: str) -> TaskState:
        """The state of a task."""
        from podium.conductor.board import board

        return next(row.state for row in board(self.now) if row.task.id == task)

    def run_of(self, task: str) -> Run:
        """The newest run of a task that is still in the race."""
        return [run for run in self.now.runs.of_task("numbers", task) if not run.archived][-1]

    def wait_for(self, task: str, kind: type, seconds: float = 60.0) -> TaskState:
        """Wait until a task is in such a state."""

        def reached() -> bool:
            return isinstance(self.task(task), kind)

        try:
            eventually(reached, seconds)
        except BaseException as error:
            raise AssertionError(f"{task} is {self.task(task)!r}\n{self.log()[-3000:]}") from error
        return self.task(task)

    def wait_for_delivery(self) -> None:
        """Wait until the user's branch is where the mirror's is: git moves it when all files are in the checkout."""
        mirror = Repository(self.desk.home.mirror(self.project.id))
        target = f"refs/heads/{self.project.target}"
        eventually(lambda: Repository(self.root).head == mirror.git("rev-parse", target), 20.0)

    def read_all(self, task: str, by: str = ADA) -> None:
        """Mark every hunk of the newest candidate as read, as a reviewer who has seen it all."""
        from podium.conductor.mirrors import open_mirror
        from podium.git.diff import changes

        run = self.run_of(task)
        round_ = run.rounds[-1]
        assert isinstance(round_.state, Delivered), round_.state
        with open_mirror(self.desk.home, self.project, os.defpath) as mirror:
            changed = changes(mirror, round_.state.candidate.base, round_.state.candidate.commit)
        hunks = tuple(hunk.id for change in changed for hunk in change.hunks)
        with self.desk.change(self.project.id) as change:
            change.append(
                HunksMarked(
                    spec="numbers", task=task, run=run.id, round=round_.number, hunks=hunks, mark="seen", by=by[7:]
                ),
                actor=by,
            )

    @property
    def judge(self) -> Judge:
        """Ada."""
        return Judge(self.desk, self.project.id, self.documents, ADA, self.environment["PATH"])

    def accept(self, task: str) -> Answer:
        """Read everything and accept it, unsigned."""
        from podium.conductor.ssh_signing import NoSigner

        self.read_all(task)
        return self.judge.accept(self.run_of(task).id, NoSigner())


def writes(path: str, text: str, *, match: str = "") -> ScriptedTask:
    """A scripted task of one round that writes one file."""
    from podium.testing.script import rounds

    return rounds((actions.Write(path=path, text=text), actions.Say(text=f"I wrote {path}.")), match=match)
