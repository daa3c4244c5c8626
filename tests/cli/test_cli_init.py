"""`podium init` and `podium doctor`, in ordinary and odd repositories."""

from __future__ import annotations

import os
import re
import tomllib

import pytest
from cli_world import World


def test_init_finds_branch_language_and_test_command_and_writes_settings_that_parse(world: World) -> None:
    result = world.podium("init", "--yes")
    assert result.code == 0, result.err
    settings = tomllib.loads((world.repository / "podium.toml").read_text())
    assert settings["project"] == {"name": "shop", "target": "main", "specs": "specs"}
    assert "pytest" in settings["environment"]["test"]
    assert "the branch that accepted work lands on" in result.out


def test_init_a_second_time_changes_nothing(world: World) -> None:
    first = world.podium("init", "--yes", "--json").json
    before = (world.repository / "podium.toml").read_text()
    second = world.podium("init", "--json").json
    assert (first["created"], second["created"]) == (True, False)
    assert first["project"] == second["project"]
    assert (world.repository / "podium.toml").read_text() == before
    log = world.podium("log", "--json").json["records"]
    assert [record["kind"] for record in log].count("project.registered") == 1


def test_init_takes_test_command_target_and_agent_from_the_command_line(world: World) -> None:
    world.git("branch", "release")
    arguments = ("--test", "make check", "--target", "release", "--agent", "mine=my-agent --acp")
    assert world.podium("init", "--yes", *arguments).code == 0
    settings = tomllib.loads((world.repository / "podium.toml").read_text())
    assert settings["environment"]["test"] == "make check"
    assert settings["project"]["target"] == "release"
    assert settings["agents"]["mine"]["command"] == ["my-agent", "--acp"]


def test_init_works_from_below_the_root(world: World) -> None:
    assert world.podium("init", "--yes", cwd=world.repository / "src" / "shop").code == 0
    assert (world.repository / "podium.toml").is_file()


def refused(world: World, *arguments: str) -> str:
    result = world.podium("init", "--yes", *arguments)
    assert result.code == 2, result.out
    assert not (world.repository / "podium.toml").exists()
    assert not list((world.base / "state").rglob("podium.db")), "nothing may be registered"
    return result.err


def test_a_directory_that_is_no_repository_is_refused(empty_world: World) -> None:
    assert "not in a git repository" in refused(empty_world)


def test_a_repository_without_a_commit_is_refused(empty_world: World) -> None:
    empty_world.git("init", "-q")
    assert "no commit" in refused(empty_world)


def test_a_bare_repository_is_refused(empty_world: World) -> None:
    empty_world.git("init", "-q", "--bare")
    assert "bare repository" in refused(empty_world)


def test_a_detached_head_is_refused_with_what_to_do(world: World) -> None:
    world.git("checkout", "-q", "--detach")
    assert "git switch" in refused(world)


def test_a_target_branch_that_does_not_exist_is_refused(world: World) -> None:
    assert "no branch nowhere" in refused(world, "--target", "nowhere")


def test_a_person_without_a_name_is_told_to_set_it(world: World) -> None:
    (world.base / "home" / ".gitconfig").write_text("")
    assert "git config --global user.name" in refused(world)


def test_settings_with_a_fault_are_located_and_nothing_is_changed(world: World) -> None:
    world.write("podium.toml", '[project]\nname = "shop"\nbranch = "main"\n')
    result = world.podium("init", "--yes")
    assert result.code == 2
    assert "podium.toml:3" in result.err


def test_what_is_unusual_about_a_repository_is_told(world: World) -> None:
    world.write(".gitattributes", "*.bin filter=lfs\n")
    world.write("big.bin", "pointer\n")
    world.commit()
    notes = world.podium("init", "--yes", "--json").json["notes"]
    assert any("Git LFS" in note for note in notes)


def test_a_name_with_odd_bytes_does_not_disturb_init(world: World) -> None:
    (world.repository / os.fsdecode(b'odd\xff\n"name')).write_text("x\n")
    world.commit()
    assert world.podium("init", "--yes").code == 0


def test_without_a_terminal_init_asks_nothing(world: World) -> None:
    assert world.podium("init").code == 0


def test_doctor_tells_the_sandbox_the_limits_and_what_is_missing(world: World) -> None:
    world.podium("init", "--yes", "--test", "sh tests/run.sh")
    result = world.podium("doctor", "--json")
    checks = {check["name"]: check for check in result.json["checks"]}
    assert {"git", "sandbox", "limits", "state", "database", "repository", "settings", "person", "agent"} <= set(checks)
    assert checks["agent"]["verdict"] == "missing"
    assert result.code == 1
    assert "podium agents" in checks["agent"]["do"]


def test_doctor_is_content_with_an_agent_that_is_there(world: World) -> None:
    world.podium("init", "--yes", "--test", "sh tests/run.sh", "--agent", "shell=/bin/sh")
    result = world.podium("doctor")
    assert result.code == 0, result.out
    assert "shell: " in result.out


def test_doctor_names_an_agent_whose_program_is_gone(world: World) -> None:
    world.podium("init", "--yes", "--agent", "lost=/no/such/agent")
    result = world.podium("doctor")
    assert result.code == 1
    assert "/no/such/agent" in result.out


def test_doctor_says_of_which_day_the_prices_are(world: World) -> None:
    world.podium("init", "--yes", "--agent", "shell=/bin/sh")
    assert "prices" not in world.podium("doctor").out  # it reaches no model
    with (world.repository / "podium.toml").open("a") as settings:
        settings.write('\n[agents.claude]\ndriver = "claude"\ncommand = ["/bin/true"]\n')
    out = " ".join(world.podium("doctor").out.split())
    assert re.search(r"Podium's list: anthropic of 20\d\d-\d\d-\d\d, .*what you pay goes before them", out), out


def test_doctor_tries_the_test_command_in_a_sandbox(world: World) -> None:
    world.podium("init", "--yes", "--test", "no-such-runner --all", "--agent", "shell=/bin/sh")
    result = world.podium("doctor")
    assert "cannot run in the sandbox" in result.out


def test_doctor_outside_a_repository_looks_at_the_machine_only(empty_world: World) -> None:
    result = empty_world.podium("doctor")
    assert result.code == 0, result.out
    assert "only the machine was looked at" in result.out


@pytest.mark.parametrize("verb", [("status",), ("log",), ("attention",), ("ledger", "verify"), ("run",)])
def test_verbs_before_init_say_to_run_init(world: World, verb: tuple[str, ...]) -> None:
    result = world.podium(*verb)
    assert result.code == 2
    assert "podium init" in result.err
