"""Four different real agents on four tasks of one spec at the same time, through the real `podium`, to the branch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from real_bench import is_installed
from real_shop import KEY, Shop

from podium.testing.actions import Run, Say, Write
from podium.testing.model_server.server import ModelServer
from podium.testing.model_server.steps import ModelScript, Prompt

pytestmark = [pytest.mark.slow, pytest.mark.agents, pytest.mark.timeout(600)]

FOUR = ("claude", "codex", "gemini", "opencode")


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
        made = Shop(tmp_path, server.url, FOUR)
        yield made
        made.close()


def test_four_agents_work_at_once_on_one_spec_and_their_work_lands(shop: Shop) -> None:
    shop.begin()
    shop.podium("run", "greetings", good=False)
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
