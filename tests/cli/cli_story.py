"""A small project with a spec, a plan and a scripted agent, driven through the real `podium`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from cli_world import Result, World

from podium.conductor.background import conductor_pid
from podium.conductor.board import board
from podium.conductor.desk import Desk, find_project
from podium.conductor.home import Home
from podium.kernel.clock import SystemClock
from podium.render.state_words import words
from podium.testing.actions import Action
from podium.testing.script import Script, ScriptedRound, ScriptedTask, save
from podium.testing.waiting import eventually

SPEC = """---
title: Total of a cart
owner: Ada
risk: low
scope: [src/**, tests/**]
---

# Total of a cart

## Intent

The shop shows the total of a cart in cents before the customer pays.

## Behaviour

- B1: `python3 src/total.py 1 2` prints 3.
  check: `test "$(python3 src/total.py 1 2)" = 3`

## Edge cases

- E1: `python3 src/total.py` prints 0 when it is called without a price.
  check: `test "$(python3 src/total.py)" = 0`

## Done

- D1: The file `src/total.py` exists.
  check: `test -f src/total.py`

## Out of scope

Taxes and currencies.
"""
PLAN = """[[task]]
id = "T1"
title = "Total of a cart"
clauses = ["B1", "E1", "D1"]
scope = ["src/**"]
"""
WRONG = "import sys\nprint(int(sys.argv[1]) + int(sys.argv[2]))\n"
RIGHT = "import sys\nprint(sum(int(price) for price in sys.argv[1:]))\n"


class Story:
    """The world in which one task of one spec goes from a plan to the target branch."""

    def __init__(self, world: World, *rounds: Sequence[Action], agents: Sequence[str] = ("scripted",)) -> None:
        self.world = world
        played = tuple(ScriptedRound(actions=tuple(actions)) for actions in rounds)
        script = Script(tasks=(ScriptedTask(rounds=played),))
        path = save(script, world.base / "scripts" / "agent.json")
        program = Path(sys.executable).with_name("podium-scripted-agent")
        world.write("tests/check.py", "import pathlib\nassert pathlib.Path('src').is_dir()\nprint('1 passed')\n")
        world.write("specs/total.md", SPEC)
        world.write("specs/total.plan.toml", PLAN)
        given = [word for name in agents for word in ("--agent", f"{name}={program} {path}")]
        made = self("init", "--yes", "--test", "python3 tests/check.py", *given)
        assert made.code == 0, made.err
        settings = world.repository / "podium.toml"
        lines = settings.read_text().splitlines()
        mounts = f'mounts = ["{path.parent}"]'
        settings.write_text("\n".join(f"{line}\n{mounts}" if line.startswith("[agents.") else line for line in lines))
        world.commit("spec and plan")

    def __call__(self, *arguments: str, **more: str) -> Result:
        return self.world.podium(*arguments, **more)

    def good(self, *arguments: str) -> Result:
        """A command that must succeed."""
        result = self(*arguments)
        assert result.code == 0, f"{arguments}: {result.err}\n{result.out}"
        return result

    def state(self) -> str:
        """The state of T1 in words, read in this process: waiting must not take the time of what is waited for."""
        home = Home(self.world.base / "state")
        desk = Desk(home, home.default_database, SystemClock())
        try:
            row = board(desk.look(find_project(desk, str(self.world.repository.resolve())).id))[0]
            return words(row.state, row.name).word
        finally:
            desk.close()

    def until(self, state: str) -> None:
        """Wait until T1 is in this state."""
        eventually(lambda: self.state() == state, 90.0, every=0.1)

    def unread(self) -> list[str]:
        """The ids of the hunks that are not read."""
        hunks = self.good("review", "T1", "--json").json["hunks"]
        return [hunk["id"] for hunk in hunks if hunk["mark"] == "unseen"]

    def end_conductor(self) -> None:
        """End the conductor in the background, if one is at work; agents are left as they are."""
        home = Home(self.world.base / "state")
        pid = conductor_pid(home)
        if pid:
            os.kill(pid, signal.SIGTERM)
            eventually(lambda: conductor_pid(home) is None, 20.0)
