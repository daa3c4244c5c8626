"""`podium agents`: what is there, what it lacks, and whether it works in the sandbox."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cli_world import World

from podium.testing.actions import Action, Say, Write
from podium.testing.script import Script, rounds, save

PROGRAM = Path(sys.executable).with_name("podium-scripted-agent")


def _settings(world: World, *acts: Action) -> None:
    script = save(Script(tasks=(rounds(acts),)), world.base / "scripts" / "agent.json")
    world.write(
        "podium.toml",
        f"""[project]
name = "shop"

[agents.scripted]
command = ["{PROGRAM}", "{script}"]
mounts = ["{script.parent}"]
provider = "none"

[agents.any]
driver = "shell"
command = ["/bin/sh", "-c", "cat > /dev/null; echo six > podium-check.txt"]
provider = "none"

[agents.idle]
driver = "shell"
command = ["/bin/true"]
provider = "none"

[agents.claude]
driver = "claude"
command = ["/nowhere/claude"]
""",
    )


def test_agents_are_listed_with_what_they_can_and_what_they_lack(world: World) -> None:
    _settings(world, Say(text="x"))
    found = {each["name"]: each for each in world.podium("agents", "--json").json["agents"]}
    assert found["scripted"]["program"] == str(PROGRAM.resolve())
    assert found["scripted"]["missing"] == ""
    assert "/nowhere/claude" in found["claude"]["missing"]
    assert "npm install" in found["claude"]["do"]
    assert found["claude"]["can"] == {"resume": True, "permissions": True, "cost": True, "model": True}
    assert found["any"]["can"]["resume"] is False
    shown = world.podium("agents").out
    for word in ("scripted", "driver shell", "resume yes", "resume not tried", "npm install"):
        assert word in shown


def test_another_version_than_the_one_that_was_tried_is_told(world: World) -> None:
    _settings(world, Say(text="x"))
    program = world.base / "bin" / "claude"
    program.parent.mkdir(exist_ok=True)
    program.write_text("#!/bin/sh\necho '0.0.1 (Claude Code)'\n")
    program.chmod(0o755)
    settings = world.repository / "podium.toml"
    settings.write_text(settings.read_text().replace("/nowhere/claude", str(program)))
    found = {each["name"]: each for each in world.podium("agents", "--json").json["agents"]}
    assert found["claude"]["version"].startswith("0.0.1")
    assert found["claude"]["tried_version"] not in ("", "0.0.1")
    shown = " ".join(world.podium("agents").out.split())
    assert f"older than {found['claude']['tried_version']}, which Podium was tried with" in shown


def test_a_key_is_told_by_its_place_and_never_by_its_value(world: World) -> None:
    _settings(world, Say(text="x"))
    key = "sk-a-secret-that-nobody-prints"
    for words in (("agents",), ("agents", "--json")):
        told = world.podium(*words, ANTHROPIC_API_KEY=key)
        assert "ANTHROPIC_API_KEY" in told.out
        assert key not in told.out + told.err


@pytest.mark.parametrize("name", ["scripted", "any"])
def test_an_agent_that_does_the_small_task_is_well(world: World, name: str) -> None:
    _settings(world, Write(path="podium-check.txt", text="six\n"), Say(text="Done."))
    told = world.podium("agents", "test", name, "--json")
    assert told.code == 0, told.out + told.err
    assert told.json["check"]["wrote"]
    assert told.json["check"]["outcome"] == "completed"
    assert not list((world.base / "state").glob("podium-agent-*")), "something was left behind"


def test_an_agent_that_ends_well_and_did_nothing_is_not_well(world: World) -> None:
    _settings(world)
    told = world.podium("agents", "test", "idle")
    assert told.code == 1
    assert "did not write the file" in told.out


def test_an_agent_that_nobody_knows_or_that_is_not_there_is_told_with_what_to_do(world: World) -> None:
    _settings(world)
    unknown = world.podium("agents", "test", "nobody")
    assert unknown.code == 2
    assert "Known here: scripted, any" in unknown.err
    assert "/nowhere/claude" in world.podium("agents", "test", "claude", "--scripted").err
