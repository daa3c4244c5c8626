"""Keys, patience and budgets through the real `podium`: what stands still says so, and goes on when it can."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Any

import pytest
from cli_story import RIGHT, Story
from cli_world import World

from podium.testing import actions
from podium.testing.model_server.server import ModelServer
from podium.testing.model_server.steps import Fail, ModelScript, Prompt, Say
from podium.testing.waiting import eventually

_ASK = """
import json, urllib.error, urllib.request
body = {"model": "house-1", "stream": True, "messages": [{"role": "user", "content": "Do it."}]}
url = "http://127.0.0.1:7411/v1/chat/completions"
got = 0
while got < 2:
    ask = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        got += b"prompt_tokens" not in urllib.request.urlopen(ask, timeout=300).read()
    except urllib.error.HTTPError as error:
        print("refused", error.code)
"""
_SETTINGS = """
[providers.house]
kind = "openai"
url = "{url}"
key_file = "{key}"

[prices."house-1"]
input = 1.0
output = 1.0

[budget]
task = 0.5
"""


def _story(tell: Callable[..., Story], world: World, url: str) -> Story:
    """An agent that asks its model until it has two answers, for a dollar each, and then writes what is right."""
    ask = f"{sys.executable} -I -c {shlex.quote(_ASK)}"
    story = tell([actions.Run(command=ask), actions.Write(path="src/total.py", text=RIGHT)])
    settings = world.repository / "podium.toml"
    text = settings.read_text().replace("\nmounts = [", '\nprovider = "house"\nmounts = [')
    settings.write_text(text + "\n" + _SETTINGS.format(url=url, key=world.base / "key"))
    world.commit("a provider")
    story.good("plan", "approve", "total", "--yes")
    return story


def _need(story: Story, what: str) -> dict[str, Any]:
    """The one need of the person, once it is about this."""

    def found() -> dict[str, Any] | None:
        needs = story.good("attention", "--json").json["needs"]
        return needs[0] if len(needs) == 1 and what in needs[0]["what"] else None

    need = eventually(found, 60.0, every=0.3, what=what)
    assert need is not None
    assert need["kind"] == "wait"
    return need


@pytest.mark.slow
def test_a_round_waits_for_its_key_its_provider_and_its_budget_and_goes_on_each_time(
    tell: Callable[..., Story], world: World
) -> None:
    dollar = actions.Usage(input=1_000_000, output=0)
    steps = (Fail(status=429, retry_after=900), dollar, Say(text="Six."))
    with ModelServer(ModelScript(prompts=(Prompt(match="Do it", steps=steps),))) as server:
        story = _story(tell, world, server.url)
        ordered = story.good("run", "total", "--no-follow")
        assert "scripted: there is no key for house: file" in ordered.err
        assert "begin by themselves once it is there" in ordered.err
        assert "podium stop total/T1" in _need(story, "there is no key for house")["do"]
        assert server.journal.entries() == ()

        (world.base / "key").write_text("sk-house-0123456789abcdef")
        waits = _need(story, "house answers 429")
        assert "; goes on at 20" in waits["what"]
        assert "podium resume total/T1   tries at once" in waits["do"]
        story.good("resume", "T1")

        need = _need(story, "the budget of the task is spent: $1.00 of $0.50")
        assert "podium budget SCOPE USD total/T1" in need["do"]
        story.good("budget", "task", "10", "T1")
        story.until("in review")
        asked = server.journal.entries()
        assert [each.status for each in asked] == [429, 200, 200]
        assert story.good("attention", "--json").json["needs"][0]["kind"] == "review"
        spent = {each["scope"]: each for each in story.good("budget", "--json").json["budgets"]}
        assert (round(spent["task"]["usd"], 2), spent["task"]["unpriced"]) == (2.0, 0)
