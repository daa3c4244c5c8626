"""The decoders of the native drivers, against what the real programs really said.

`recorded/AGENT-VERSION.jsonl` is the output of the real binary against the scripted model; `...events.jsonl` beside it
is what it must decode to. After a deliberate change: `python tests/agents/test_recorded_streams.py` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from podium.agents import claude, claude_stream, codex, codex_stream, mini
from podium.agents.driver import AgentTask
from podium.agents.event import Event, ToolCall, Undecoded, UsageReported
from podium.agents.start import PLACEHOLDER_KEY, Start, spawned

RECORDED = Path(__file__).with_name("recorded")
DECODERS = {
    "claude-2.1.330": claude_stream.events_of,
    "codex-0.169.0": codex_stream.events_of,
    "mini-2.4.6": mini.events_of,
}


def _messages(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (RECORDED / f"{name}.jsonl").read_text().splitlines()]


def _events(name: str) -> list[Event]:
    """What the decoder makes of it; requests, answers and results are the driver's own."""
    own = [each for each in _messages(name) if "id" in each or each.get("method") == "turn/completed"]
    own += [each for each in _messages(name) if each.get("type") in ("control_request", "result")]
    notifications = [each for each in _messages(name) if each not in own]
    return [event for message in notifications for event in DECODERS[name](message)]


def _lines(events: list[Event]) -> list[str]:
    return [msgspec.json.encode(event).decode() for event in events]


@pytest.mark.parametrize("name", DECODERS)
def test_a_recorded_stream_decodes_to_what_it_did(name: str) -> None:
    assert _lines(_events(name)) == (RECORDED / f"{name}.events.jsonl").read_text().splitlines()


@pytest.mark.parametrize("name", DECODERS)
def test_nothing_of_a_recorded_stream_is_unknown_and_every_call_ends(name: str) -> None:
    events = _events(name)
    assert [event for event in events if isinstance(event, Undecoded)] == []
    calls = [event for event in events if isinstance(event, ToolCall)]
    last = {call.id: call.status for call in calls}
    assert len(last) >= 5
    assert set(last.values()) == {"completed", "failed"}


def test_claudes_result_tells_tokens_cost_and_why_it_stopped() -> None:
    result = next(each for each in _messages("claude-2.1.330") if each["type"] == "result")
    usage = claude_stream.usage_of(result).usage
    assert (usage.input_tokens, usage.output_tokens) == (15645, 72)
    assert usage.cost_usd == pytest.approx(0.048015)
    assert claude_stream.stop_of(result) == "end_turn"


def test_a_request_for_permission_names_what_is_asked_for() -> None:
    asked = next(each for each in _messages("claude-2.1.330") if each["type"] == "control_request")
    question = claude_stream.question(asked["request"])
    assert (question.request.kind, question.paths) == ("edit", ("/workspace/limit.py",))
    codexs = next(each for each in _messages("codex-0.169.0") if "requestApproval" in each.get("method", ""))
    other = codex_stream.question(codexs["method"], codexs["params"], None)
    assert other is not None
    assert (other.request.kind, other.command) == ("execute", "ls -la .")


@pytest.mark.parametrize("decoder", [claude_stream.events_of, codex_stream.events_of, mini.events_of])
@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "assistant", "message": {"content": [{"type": "new"}, 3, None]}},
        {"type": "assistant", "message": "text"},
        {"type": "user", "message": {"content": [{"type": "tool_result", "content": {"a": 1}}]}},
        {"type": "system", "subtype": "api_retry", "attempt": "x", "retry_delay_ms": -1},
        {"method": "item/completed", "params": {"item": {"type": "commandExecution", "aggregatedOutput": 3}}},
        {"method": "item/completed", "params": {"item": {"type": "fileChange", "changes": [{"kind": 3}, 4]}}},
        {"method": "item/started", "params": []},
        {"method": "thread/tokenUsage/updated", "params": {"tokenUsage": {"total": {"inputTokens": -5}}}},
        {"messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": "{"}}]}, {"role": "tool"}]},
    ],
)
def test_a_changed_or_hostile_message_never_breaks_a_decoder(decoder: Any, message: dict[str, Any]) -> None:
    for event in decoder(message):
        msgspec.json.encode(event)
        assert not isinstance(event, UsageReported) or event.usage.input_tokens is None


# --- how they are started ---------------------------------------------------------------------------------------------


def _task(*command: str, **fields: Any) -> AgentTask:
    return AgentTask(agent="a", command=command, model_url="http://127.0.0.1:4711", **fields)


def test_claude_is_started_with_the_gateways_address_and_no_key() -> None:
    made = claude.start(_task("/opt/claude", model="m"))
    assert made.env["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4711"
    assert made.env["ANTHROPIC_API_KEY"] == PLACEHOLDER_KEY
    assert "bypassPermissions" in made.argv
    assert made.argv[-2:] == ("--model", "m")


def test_claude_asks_when_its_command_says_so() -> None:
    assert "bypassPermissions" not in claude.start(_task("/opt/claude", "--permission-mode", "default")).argv


def test_a_session_that_is_no_session_id_never_reaches_claudes_command() -> None:
    assert not any("evil" in each for each in claude.start(_task("/opt/claude", session="$(evil)")).argv)


def test_codex_is_started_with_a_provider_of_its_own_and_without_the_policy_that_it_refuses() -> None:
    made = codex.start(_task("/opt/codex", "-c", "approval_policy=untrusted"))
    assert "approval_policy=untrusted" not in made.argv
    assert any('base_url="http://127.0.0.1:4711/v1"' in each for each in made.argv)
    assert made.argv[-1] == "app-server"


def test_without_a_gateway_the_agents_own_set_up_counts() -> None:
    alone = AgentTask(agent="a", command=("/opt/x",))
    assert "ANTHROPIC_API_KEY" not in claude.start(alone).env
    assert codex.start(alone).env == {}
    assert "OPENAI_API_KEY" not in mini.start(alone).env


def test_files_are_written_inside_by_the_command_itself(tmp_path: Path) -> None:
    import subprocess

    made = Start(argv=("/bin/cat", "a/b c.txt"), env={"X": "1"}, files={"a/b c.txt": "it's $HOME\n", "top": ""})
    done = subprocess.run(spawned(made), env={"HOME": str(tmp_path)}, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "it's $HOME\n"
    assert (tmp_path / "top").read_text() == ""


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x", "a//b"])
def test_a_file_outside_of_home_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no path in HOME"):
        spawned(Start(argv=("true",), files={path: ""}))


if __name__ == "__main__":
    for each in DECODERS:
        (RECORDED / f"{each}.events.jsonl").write_text("\n".join(_lines(_events(each))) + "\n")
