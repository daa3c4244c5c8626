"""What known programs that speak ACP are started with."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from podium.agents.acp_starts import chooses_model, start
from podium.agents.driver import AgentTask
from podium.agents.start import PLACEHOLDER_KEY, spawned

URL = "http://127.0.0.1:7411"


def _task(*command: str, model: str = "m-1", url: str = URL, api: str = "", session: str = "") -> AgentTask:
    found = ("/opt/node/bin/node", "/opt/package/cli.js", *command[1:])
    return AgentTask(agent="a", command=found, program=command[0], model=model, model_url=url, api=api, session=session)


def test_a_program_that_is_not_known_is_started_as_it_is_configured() -> None:
    task = _task("goose", "acp")
    assert spawned(start(task)) == task.command
    assert not chooses_model(task)


@pytest.mark.parametrize(
    "words",
    [("gemini", "--acp"), ("opencode", "acp"), ("qwen", "--acp"), ("copilot", "--acp"), ("claude-agent-acp",),
     ("codex-acp",)],
)  # fmt: skip
def test_a_known_program_is_told_its_model_and_where_that_is_and_no_key(words: tuple[str, ...]) -> None:
    task = _task(*words)
    made = start(task)
    told = " ".join((*made.argv, *made.env.values(), *made.files.values()))
    assert URL in told
    assert "m-1" in told
    assert PLACEHOLDER_KEY in told
    assert chooses_model(task)


@pytest.mark.parametrize(
    ("api", "package", "path"),
    [("anthropic", "@ai-sdk/anthropic", "/v1"), ("gemini", "@ai-sdk/google", "/v1beta"),
     ("openai", "@ai-sdk/openai-compatible", "/v1")],
)  # fmt: skip
def test_opencode_speaks_the_way_of_its_provider(api: str, package: str, path: str) -> None:
    provider = json.loads(start(_task("opencode", "acp", api=api)).env["OPENCODE_CONFIG_CONTENT"])["provider"]["podium"]
    assert provider["npm"] == package
    assert provider["options"]["baseURL"] == URL + path


@pytest.mark.parametrize("words", [("opencode", "acp"), ("claude-agent-acp",)])
def test_who_asks_by_a_setting_is_told_not_to_where_the_repository_can_still_tell_it_to(words: tuple[str, ...]) -> None:
    made = start(_task(*words))
    assert any("permission" in text for text in made.files.values())
    assert "permission" not in " ".join((*made.argv, *made.env.values()))


def test_what_the_person_configured_is_not_overruled() -> None:
    argv = start(_task("gemini", "--acp", "--approval-mode", "default", "-m", "mine")).argv
    assert argv.count("--approval-mode") == 1
    assert argv.count("-m") == 1
    assert "--allow-all-tools" not in start(_task("copilot", "--acp", "--deny-tool=shell")).argv


def test_gemini_finds_a_session_of_this_very_minute_under_another_name(tmp_path: Path) -> None:
    chats = tmp_path / ".gemini" / "tmp" / "workspace" / "chats"
    chats.mkdir(parents=True)
    (chats / "session-2026-11-22T16-56-b194d054.jsonl").write_text("the past")
    task = AgentTask(
        agent="a", command=("ls", "-a", str(chats)), program="gemini", model="", session="b194d054-6a70-4dce-9695-3d76"
    )
    argv = spawned(start(task))
    cut = argv[: argv.index("--approval-mode")]
    for _ in range(2):  # a second start changes nothing more
        done = subprocess.run(cut, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
        assert "session-2000-01-01T00-00-b194d054.jsonl" in done.stdout
        assert "session-2026" not in done.stdout


def test_a_session_id_is_never_taken_for_a_path_or_a_pattern() -> None:
    argv = start(_task("gemini", "--acp", session="../*/$(x)")).argv
    assert not any("$(x)" in word or "../" in word for word in argv)
