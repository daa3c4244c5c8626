"""A person's hand on a real agent at work, through the real `podium`: no, stop, more money, once more after a crash."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from real_bench import is_installed
from real_shop import Shop

from podium.testing.actions import Run, Say, Usage, Write
from podium.testing.model_server.server import ModelServer
from podium.testing.model_server.steps import ModelScript, Prompt
from podium.testing.processes import marked
from podium.testing.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.agents, pytest.mark.timeout(400)]

MakeShop = Callable[..., tuple[Shop, ModelServer]]


@pytest.fixture
def make_shop(tmp_path: Path, require: Callable[[object, str], None]) -> Iterator[MakeShop]:
    """`make_shop("codex", prompt, ...)`: a shop with that one agent, ready to run T1, and its scripted model."""
    made: list[tuple[Shop, ModelServer]] = []

    def make(name: str, *prompts: Prompt, **fields: Any) -> tuple[Shop, ModelServer]:
        require(is_installed(name), f"the agent {name} (scripts/agents {name})")
        server = ModelServer(ModelScript(prompts=prompts))
        server.start()
        made.append((Shop(tmp_path, server.url, (name,), **fields), server))
        made[-1][0].begin()
        return made[-1]

    yield make
    for shop, server in made:
        shop.close()
        server.stop()


def _until(shop: Shop, word: str, *command: str) -> None:
    """Wait until what a command tells holds a word."""
    eventually(lambda: word in json.dumps(shop.podium(*command)), 120.0, what=f"{command} tells {word}", every=0.3)


def test_claude_is_denied_what_it_asks_for_and_stopped_in_mid_command(make_shop: MakeShop) -> None:
    steps = (
        Write(path="src/denied.py", text="print('no')\n"),
        Run(command="touch began; sleep 61730; touch over"),
        Say(text="Never."),
    )
    rules = '\n[[permissions]]\naction = "allow"\nkind = "execute"\n'
    shop, _ = make_shop("claude", Prompt(match="Greeting of claude", steps=steps), settings=rules, asking=("claude",))
    shop.podium("run", "T1", "--no-follow")
    _until(shop, "/workspace/src/denied.py", "attention")
    shop.podium("deny", "T1")
    eventually(lambda: list(shop.home.root.rglob("began")), 120.0, what="the allowed command runs", every=0.1)
    assert marked("sleep 61730")
    shop.podium("stop", "T1")
    _until(shop, "stopped by a person", "status")
    assert not marked("sleep 61730")
    assert [path for name in ("denied.py", "over") for path in shop.home.root.rglob(name)] == []


def test_codex_waits_for_money_and_keeps_its_session_over_crashes_and_the_loss_of_its_home(make_shop: MakeShop) -> None:
    greeting = Prompt(
        match="Greeting of codex",
        steps=(
            Usage(input=10, output=100_000),  # a dollar
            Run(command="true"),
            Write(path="src/codex.py", text="print('codex')\n"),
            Say(text="It is there."),
        ),
    )
    more = [  # the later round is told the earlier point again
        Prompt(match=f"Make it {word}", steps=(Write(path=f"src/{word}.py", text="1\n"), Say(text="So it is.")))
        for word in ("blue", "bold")
    ]
    shop, server = make_shop("codex", greeting, *more, settings="\n[budget]\ntask = 0.5\n")
    shop.podium("run", "T1", "--no-follow")
    _until(shop, "the budget of the task is spent", "attention")
    asked = len(server.journal.entries())
    shop.kill_conductor()
    shop.podium("budget", "task", "100", "T1")
    shop.podium("run", "T1")
    assert len(server.journal.entries()) > asked

    shop.kill_conductor()
    shop.podium("refine", "T1", "-m", "Make it bold")
    shop.podium("run", "T1")

    [kept] = shop.home.root.glob("projects/*/runs/*/home")
    shutil.rmtree(kept)
    shop.podium("refine", "T1", "-m", "Make it blue")
    shop.podium("run", "T1")
    rounds = shop.rounds()
    assert [each.resumption for each in rounds] == ["new", "session", "session"]
    assert len({each.session for each in rounds}) == 1
    told = next(str(each.body) for each in server.journal.entries() if "Make it blue" in str(each.body))
    assert "It is there." in told, "the model was not told what it said in the first round"
    [run] = shop.podium("status")["tasks"][0]["runs"]
    assert run["state"]["candidate"]["files"] == 3
    assert "undecodable" not in {trip["name"] for trip in run["tripwires"]}
