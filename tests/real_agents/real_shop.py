"""A repository under Podium whose agents are the real ones, with a scripted model behind the gateway.

Each agent has one task, `Greeting of NAME`, of one spec: a program that prints its name.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from real_bench import AGENTS, SEARCH

from podium.conductor.background import conductor_pid
from podium.conductor.desk import Desk, find_project
from podium.conductor.home import Home
from podium.kernel.clock import SystemClock
from podium.runs.model import Round
from podium.testing.waiting import eventually

KEY = "sk-the-real-key-of-this-test-0123456789"
_HEAD = """---
title: Greetings
owner: Ada
risk: low
scope: [src/**]
---

# Greetings

## Intent

Every customer is greeted in their own language, each by a program of its own.

## Behaviour

"""
_TAIL = """
## Out of scope

Any other language.
"""


class Shop:
    """The repository, and the real `podium` in it. `settings` are added to podium.toml, `asking` agents ask first."""

    def __init__(
        self, root: Path, url: str, agents: Sequence[str], *, settings: str = "", asking: Sequence[str] = ()
    ) -> None:
        self.agents = tuple(agents)
        self.root = root
        self.repository = root / "shop"
        for place in (self.repository / "src", self.repository / "specs", root / "home"):
            place.mkdir(parents=True)
        (root / "home" / ".gitconfig").write_text("[user]\n name = Ada\n email = ada@example.org\n")
        self.environ = {
            "PATH": f"{Path(sys.executable).parent}:{SEARCH}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(root / "home"),
            "PODIUM_STATE": str(root / "state"),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            **dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"), KEY),
            "ANTHROPIC_BASE_URL": url,
            "OPENAI_BASE_URL": url,
            "GOOGLE_GEMINI_BASE_URL": url,
        }  # fmt: skip
        self._write(settings, asking)

    def _write(self, settings: str, asking: Sequence[str]) -> None:
        clauses, tasks = "", ""
        for number, name in enumerate(self.agents, 1):
            clauses += f"- B{number}: `python3 src/{name}.py` prints the greeting {name}.\n"
            clauses += f'  check: `test "$(python3 src/{name}.py)" = {name}`\n'
            tasks += f'[[task]]\nid = "T{number}"\ntitle = "Greeting of {name}"\nclauses = ["B{number}"]\n'
            tasks += f'scope = ["src/{name}.py"]\nagents = ["{name}"]\n\n'
        (self.repository / "specs" / "greetings.md").write_text(_HEAD + clauses + _TAIL)
        (self.repository / "specs" / "greetings.plan.toml").write_text(tasks)
        (self.repository / "src" / "begin.py").write_text("print('begin')\n")
        commands = {name: AGENTS[name].command + (AGENTS[name].asks if name in asking else ()) for name in self.agents}
        tables = "".join(
            f'\n[agents.{name}]\ndriver = "{AGENTS[name].driver}"\ncommand = {json.dumps(commands[name])}\n'
            f'model = "{AGENTS[name].model}"\n'
            for name in self.agents
        )
        (self.repository / "podium.toml").write_text(
            '[project]\nname = "shop"\n\n[environment]\ntest = "python3 src/begin.py"\n' + tables + settings
        )
        for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "first")):
            self.run("git", *words)

    def run(self, *words: str, good: bool = True) -> str:
        done = subprocess.run(
            words, cwd=self.repository, env=self.environ, capture_output=True, text=True, timeout=400, check=False
        )
        assert done.returncode == 0 or not good, (words, done.stdout[-3000:], done.stderr[-3000:])
        return done.stdout

    def podium(self, *words: str, good: bool = True) -> Any:
        out = self.run(sys.executable, "-m", "podium.cli.main", *words, "--json", good=good)
        return json.loads(out) if out.strip() else {}

    def begin(self) -> None:
        """Everything up to the point where the tasks can be run."""
        self.run(sys.executable, "-m", "podium.cli.main", "init", "--yes")
        self.podium("plan", "approve", "greetings")

    def rounds(self) -> tuple[Round, ...]:
        """The rounds of the one run of T1."""
        desk = Desk(self.home, self.home.default_database, SystemClock())
        try:
            state = desk.look(find_project(desk, str(self.repository.resolve())).id)
            [run] = state.runs.of_task("greetings", "T1")
            return run.rounds
        finally:
            desk.close()

    @property
    def home(self) -> Home:
        return Home(self.root / "state")

    def kill_conductor(self) -> None:
        """As a power cut would, but for the agents, which are left as they are."""
        pid = conductor_pid(self.home)
        if pid:
            os.kill(pid, signal.SIGKILL)
            eventually(lambda: conductor_pid(self.home) is None, 60.0, what="the conductor is gone")

    def close(self) -> None:
        home = self.home
        pid = conductor_pid(home)
        if pid:
            os.kill(pid, signal.SIGTERM)
            eventually(lambda: conductor_pid(home) is None, 60.0, what="the conductor ends")
