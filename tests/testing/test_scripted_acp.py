"""The scripted agent against the agent-client-protocol library: its client, and its schema for every message."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import acp
import pytest
from acp import schema

from podium.testing import actions as do
from podium.testing.script import Script, one_round, rounds, save


class Person(acp.Client):
    """A client that answers every question in the same way, and keeps what it is told."""

    def __init__(self, option: str = "allow") -> None:
        self.option = option
        self.updates: list[Any] = []

    async def session_update(self, *, update: Any, **_: Any) -> None:
        self.updates.append(update)

    async def request_permission(self, *, options: Any, **_: Any) -> schema.RequestPermissionResponse:
        assert self.option in [each.option_id for each in options]
        return schema.RequestPermissionResponse(
            outcome=schema.AllowedOutcome(outcome="selected", option_id=self.option)
        )


Scenario = Callable[[Any], Awaitable[None]]


@pytest.fixture
def converse(tmp_path: Path, workspace: Path, home: Path, environment: dict[str, str]) -> Any:
    """Runs a scenario with the library's connection to an agent that plays the script."""

    def run(script: Script, person: Person, scenario: Scenario) -> None:
        path = save(script, tmp_path / "script.json")
        arguments = ["-m", "podium.testing.scripted_agent", str(path), "--home", str(home)]

        async def talk() -> None:
            async with acp.spawn_agent_process(person, sys.executable, *arguments, env=environment) as (agent, _):
                await agent.initialize(protocol_version=acp.PROTOCOL_VERSION)
                await scenario(agent)

        asyncio.run(asyncio.wait_for(talk(), timeout=30))

    return run


def test_the_librarys_client_drives_a_whole_round(converse: Any, workspace: Path) -> None:
    person = Person()
    script = one_round(
        do.Write(path="a.txt", text="a\n"),
        do.Ask(title="Run the tests", command="pytest", allowed=(do.Run(command="echo passed"),)),
        do.Usage(input=10, output=5, cost_usd=0.25),
        do.Say(text="Done."),
    )

    async def scenario(agent: Any) -> None:
        session = await agent.new_session(cwd=str(workspace), mcp_servers=[])
        answer = await agent.prompt(prompt=[acp.text_block("go")], session_id=session.session_id)
        assert answer.stop_reason == "end_turn"
        assert answer.usage.total_tokens == 15

    converse(script, person, scenario)
    assert [type(each).__name__ for each in person.updates] == [
        "ToolCallStart",
        "ToolCallProgress",
        "ToolCallStart",
        "ToolCallProgress",
        "ToolCallStart",
        "ToolCallProgress",
        "UsageUpdate",
        "AgentMessageChunk",
    ]
    assert (workspace / "a.txt").read_text() == "a\n"


def test_the_librarys_client_cancels(converse: Any, workspace: Path) -> None:
    async def scenario(agent: Any) -> None:
        session = await agent.new_session(cwd=str(workspace), mcp_servers=[])
        asking = asyncio.ensure_future(agent.prompt(prompt=[acp.text_block("go")], session_id=session.session_id))
        while not (workspace / "reached").exists():
            await asyncio.sleep(0.01)
        await agent.cancel(session_id=session.session_id)
        assert (await asking).stop_reason == "cancelled"

    converse(one_round(do.Mark(path="reached"), do.Hang()), Person(), scenario)


def test_the_librarys_client_loads_a_session_in_a_new_process(converse: Any, workspace: Path) -> None:
    script = Script(tasks=(rounds((do.Say(text="one"),), (do.Say(text="two"),)),))
    ids: list[str] = []

    async def first(agent: Any) -> None:
        session = await agent.new_session(cwd=str(workspace), mcp_servers=[])
        ids.append(session.session_id)
        await agent.prompt(prompt=[acp.text_block("go")], session_id=session.session_id)

    async def second(agent: Any) -> None:
        await agent.load_session(cwd=str(workspace), session_id=ids[0], mcp_servers=[])
        await agent.prompt(prompt=[acp.text_block("on")], session_id=ids[0])

    person = Person()
    converse(script, person, first)
    converse(script, person, second)
    said = [each.content.text for each in person.updates if isinstance(each, schema.AgentMessageChunk)]
    assert said == ["[scripted] one", "[scripted] one", "[scripted] two"]


def test_every_message_fits_the_librarys_schema(start: Any, workspace: Path) -> None:
    (workspace / "a.txt").write_text("a\n")
    everything = (
        do.Look(),
        do.Read(path="a.txt"),
        do.Write(path="b.txt", text="b\n"),
        do.Edit(path="b.txt", old="b", new="c"),
        do.Append(path="b.txt", text="d\n"),
        do.Symlink(path="link", to="b.txt"),
        do.Delete(path="b.txt"),
        do.Delete(path="b.txt"),
        do.Run(command="exit 1"),
        do.Think(text="hm"),
        do.Plan(entries=("a", "b"), done=1),
        do.Usage(input=1, output=2, cost_usd=0.1),
        do.ManyEvents(count=2),
        do.Fork(count=0),
        do.FillDisk(megabytes=1),
        do.Allocate(megabytes=1),
        do.Say(text="done"),
    )
    client = start(one_round(*everything))
    schema.InitializeResponse.model_validate(client.call("initialize", {"protocolVersion": 1}))
    answer = client.call("session/new", {"cwd": str(workspace), "mcpServers": []})
    session = schema.NewSessionResponse.model_validate(answer).session_id
    schema.PromptResponse.model_validate(client.answer(client.begin(session))["result"])
    updates = [each for each in client.messages if each.get("method") == "session/update"]
    assert len(updates) == 30
    for each in updates:
        parsed = schema.SessionNotification.model_validate(each["params"])
        # Nothing was dropped as invalid: what the library read is what was sent.
        sent = {name for name, value in each["params"]["update"].items() if value not in (None, [], {})}
        read = parsed.update.model_dump(by_alias=True, exclude_none=True)
        assert sent <= {name for name, value in read.items() if value not in (None, [], {})}
