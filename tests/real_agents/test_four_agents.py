"""Four different real agents on four tasks of one spec at the same time, through the real `podium`, to the branch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from real_bench import AGENTS, SEARCH, is_installed

from podium.conductor.background import conductor_pid
from podium.conductor.home import Home
from podium.testing.actions import Run, Say, Write
from podium.testing.model_server.server import ModelServer
from podium.testing.model_server.steps import ModelScript, Prompt
from podium.testing.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.agents, pytest.mark.timeout(600)]

KEY = "sk-the-real-key-of-this-test-0123456789"
FOUR = ("claude", "codex", "gemini", "opencode")
_HEAD = """---
title: Four greetings
owner: Ada
risk: low
scope: [src/**]
---

# Four greetings

## Intent

Every customer is greeted in their own language, each by a program of its own.

## Behaviour

"""
_TAIL = """
## Out of scope

Any other language.
"""


class Shop:
    """A repository under Podium whose agents are the real ones, with a scripted model behind the gateway."""

    def __init__(self, root: Path, url: str) -> None:
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
        self._write()

    def _write(self) -> None:
        clauses, tasks = "", ""
        for number, name in enumerate(FOUR, 1):
            clauses += f"- B{number}: `python3 src/{name}.py` prints the greeting {name}.\n"
            clauses += f'  check: `test "$(python3 src/{name}.py)" = {name}`\n'
            tasks += f'[[task]]\nid = "T{number}"\ntitle = "Greeting of {name}"\nclauses = ["B{number}"]\n'
            tasks += f'scope = ["src/{name}.py"]\nagents = ["{name}"]\n\n'
        (self.repository / "specs" / "four.md").write_text(_HEAD + clauses + _TAIL)
        (self.repository / "specs" / "four.plan.toml").write_text(tasks)
        (self.repository / "src" / "begin.py").write_text("print('begin')\n")
        tables = "".join(
            f'\n[agents.{name}]\ndriver = "{AGENTS[name].driver}"\ncommand = {json.dumps(AGENTS[name].command)}\n'
            f'model = "{AGENTS[name].model}"\n'
            for name in FOUR
        )
        (self.repository / "podium.toml").write_text(
            '[project]\nname = "shop"\n\n[environment]\ntest = "python3 src/begin.py"\n' + tables
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

    def close(self) -> None:
        home = Home(self.root / "state")
        pid = conductor_pid(home)
        if pid:
            os.kill(pid, signal.SIGTERM)
            eventually(lambda: conductor_pid(home) is None, 60.0, what="the conductor ends")


@pytest.fixture
def shop(tmp_path: Path, require: Callable[[object, str], None]) -> Iterator[Shop]:
    for name in FOUR:
        require(is_installed(name), f"the agent {name} (scripts/agents {name})")
    prompts = tuple(
        Prompt(
            match=f"Greeting of {name}",
            steps=(
                Write(path=f"src/{name}.py", text=f"print('{name}')\n"),
                Run(command=f"python3 src/{name}.py"),
                Say(text=f"The greeting {name} is there."),
            ),
        )
        for name in FOUR
    )
    with ModelServer(ModelScript(prompts=prompts)) as server:
        made = Shop(tmp_path, server.url)
        yield made
        made.close()


def test_four_agents_work_at_once_on_one_spec_and_their_work_lands(shop: Shop) -> None:
    shop.run(sys.executable, "-m", "podium.cli.main", "init", "--yes")
    shop.podium("plan", "approve", "four")
    shop.podium("run", "four", good=False)
    rows = shop.podium("status")["tasks"]
    assert len(rows) == 4, rows
    assert all("review" in json.dumps(row["state"]) for row in rows), rows
    for number in range(1, 5):
        hunks = shop.podium("review", f"T{number}")["hunks"]
        shop.podium("review", f"T{number}", "--mark", "understood", *[hunk["id"] for hunk in hunks])
        shop.podium("accept", f"T{number}")
    shop.podium("land")
    for name in FOUR:
        assert shop.run("git", "show", f"main:src/{name}.py") == f"print('{name}')\n"
    kinds = [record["kind"] for record in shop.podium("log", "-n", "0")["records"]]
    ordered = [place for place, kind in enumerate(kinds) if kind == "runs.round-ordered"]
    assert len(ordered) == 4
    assert max(ordered) < kinds.index("runs.agent-ended"), "they did not work at the same time"
    holding = [path for path in shop.root.rglob("*") if path.is_file() and not path.is_symlink() and _holds_key(path)]
    assert holding == [], "the key is in a file"


def _holds_key(path: Path) -> bool:
    try:
        return KEY.encode() in path.read_bytes()
    except OSError:
        return False
