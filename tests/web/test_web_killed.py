"""A server that is killed while an agent is asked: nothing of it is left behind, and the next one tells what became."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web_story import spec_text

from browser import OpenPage
from podium.conductor.background import conductor_pid
from podium.conductor.home import Home
from podium.testing import actions
from podium.testing.processes import marked
from podium.testing.repositories import build_repository
from podium.testing.script import Script, ScriptedTask, rounds, save
from podium.testing.waiting import eventually

PLAN = """Here it is:

```toml
[[task]]
id = "T1"
title = "Print the first basket"
clauses = ["B1", "E1", "D1"]
scope = ["src/**"]
```
"""


class Program:
    """`podium up` in a repository that is under Podium, started again and again."""

    def __init__(self, root: Path, state: Path, environment: dict[str, str]) -> None:
        self._command = [sys.executable, "-m", "podium.cli.main", "--state", str(state)]
        self._root, self._environment = root, environment
        self.process: subprocess.Popen[str] | None = None

    def call(self, *arguments: str) -> None:
        """A verb that ends by itself."""
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=self._root,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def up(self) -> str:
        """Start the server; its link."""
        self.process = subprocess.Popen(
            [*self._command, "up", "--json", "--no-browser"],
            cwd=self._root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        text = ""
        for line in self.process.stdout:
            text += line
            if line == "}\n":
                break
        return str(json.loads(text)["url"])

    def kill(self) -> None:
        """End the server without a word."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.communicate()


@pytest.fixture
def program(tmp_path: Path, environment: dict[str, str], state_dir: Path) -> Iterator[Program]:
    """A project whose planner answers at once and whose idler answers never."""
    root = tmp_path / "shop"
    build_repository(root, {"src/shop.py": "def total():\n    return 1\n", "specs/basket.md": spec_text("Totals", 1)})
    made = Program(root, state_dir, environment)
    made.call("init")
    agent, text = Path(sys.executable).with_name("podium-scripted-agent"), (root / "podium.toml").read_text()
    for name, played in (
        ("planner", (actions.Say(text=PLAN),)),
        ("idler", (actions.Say(text="I look."), actions.Pause(seconds=600))),
    ):
        path = save(Script(tasks=(ScriptedTask(rounds=rounds(played).rounds),)), tmp_path / f"scripts-{name}/it.json")
        text += f'\n[agents.{name}]\ncommand = ["{agent}", "{path}"]\nmounts = ["{path.parent}"]\n'
    (root / "podium.toml").write_text(text)
    yield made
    made.kill()
    pid = conductor_pid(Home(state_dir))
    if pid:
        os.kill(pid, 15)
    eventually(lambda: conductor_pid(Home(state_dir)) is None, 60)
    eventually(lambda: not marked(str(tmp_path)), 60)


def _draft(page: Page, agent: str, key: str) -> None:
    page.keyboard.press(key)
    page.get_by_role("radio", name=agent).check()
    page.keyboard.press("Enter")


@pytest.mark.slow
def test_a_killed_server_leaves_no_agent_and_the_next_one_tells_what_was_done_and_what_was_cut_off(
    program: Program, open_page: OpenPage, tmp_path: Path
) -> None:
    link = program.up()
    address = link.partition("enter")[0]
    page = open_page()
    page.goto(link)
    page.goto(f"{address}plan/basket")
    page.locator("body[data-beats=on]").wait_for()
    note = page.locator(".errand")
    _draft(page, "planner", "w")
    expect(note).to_contain_text("Drafted specs/basket.plan.toml")
    program.kill()
    expect(page.get_by_role("status").filter(has_text="Connection lost")).to_be_visible()
    program.up()
    page.goto(f"{address}plan/basket")
    expect(note).to_contain_text("Drafted specs/basket.plan.toml")  # what a killed server had done is still told
    page.locator("body[data-beats=on]").wait_for()
    _draft(page, "idler", "n")
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(note).to_contain_text("I look.")
    assert marked(str(tmp_path / "scripts-idler"))
    program.kill()
    eventually(lambda: not marked(str(tmp_path / "scripts-idler")), 60)  # before anybody starts the server again
    link = program.up()
    page.goto(f"{address}plan/basket")
    expect(note).to_contain_text("it was cut off: podium up ended before it was done")
    page.locator("body[data-beats=on]").wait_for()
    note.get_by_role("button", name="Dismiss").click()
    expect(note).to_have_count(0)
    page.goto(address)
    expect(page.get_by_role("list", name="In the background")).to_have_count(0)
