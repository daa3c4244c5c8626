from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from podium.testing import actions as do
from podium.testing.repositories import build_repository
from podium.testing.script import Script as TheScript
from podium.testing.script import ScriptedRound, ScriptedTask, one_round, rounds
from podium.testing.waiting import eventually


def test_it_says_in_its_name_that_it_is_scripted(start: Any) -> None:
    client = start(one_round())
    info = client.call("initialize", {"protocolVersion": 1})["agentInfo"]
    assert info["name"] == "podium-scripted-agent"
    assert "script" in info["title"]


def test_the_first_message_of_a_round_says_that_it_is_scripted_and_the_others_do_not(start: Any) -> None:
    client = start(one_round(do.Say(text="one "), do.Say(text="two")))
    assert client.prompt(client.new_session()) == "end_turn"
    assert client.said() == "[scripted] one two"


def test_it_writes_edits_appends_and_deletes_real_files(start: Any, workspace: Path) -> None:
    (workspace / "gone.txt").write_text("gone\n")
    (workspace / "old").mkdir()
    client = start(
        one_round(
            do.Write(path="src/a.py", text="A = 1\n"),
            do.Write(path="tool", text="#!/bin/sh\n", executable=True),
            do.Edit(path="src/a.py", old="1", new="2"),
            do.Append(path="src/a.py", text="B = 3\n"),
            do.Delete(path="gone.txt"),
            do.Delete(path="old"),
        )
    )
    client.prompt(client.new_session())
    assert (workspace / "src/a.py").read_text() == "A = 2\nB = 3\n"
    assert (workspace / "tool").stat().st_mode & 0o111
    assert sorted(each.name for each in workspace.iterdir()) == ["src", "tool"]
    assert [each["status"] for each in client.results()] == ["completed"] * 6
    diff = client.results()[2]["content"][0]
    assert (diff["type"], diff["oldText"], diff["newText"]) == ("diff", "1", "2")


def test_it_looks_and_reads(start: Any, workspace: Path) -> None:
    (workspace / "dir").mkdir()
    (workspace / "a.txt").write_text("text of a\n")
    client = start(one_round(do.Look(), do.Read(path="a.txt")))
    client.prompt(client.new_session())
    texts = [each["content"][0]["content"]["text"] for each in client.results()]
    assert texts == ["a.txt\ndir/", "text of a\n"]


@pytest.mark.parametrize(
    "action", [do.Read(path="absent"), do.Edit(path="a.txt", old="not there", new=""), do.Delete(path="absent")]
)
def test_a_tool_call_that_fails_says_so_and_the_script_goes_on(start: Any, workspace: Path, action: do.Action) -> None:
    (workspace / "a.txt").write_text("a\n")
    client = start(one_round(action, do.Say(text="after")))
    assert client.prompt(client.new_session()) == "end_turn"
    assert [each["status"] for each in client.results()] == ["failed"]
    assert client.said() == "[scripted] after"


def test_a_command_gives_its_output_and_exit_code(start: Any, workspace: Path) -> None:
    client = start(one_round(do.Run(command="pwd; echo to stderr >&2; exit 3")))
    client.prompt(client.new_session())
    result = client.results()[0]
    assert result["content"][0]["content"]["text"] == f"{workspace}\nto stderr\n"
    assert result["rawOutput"] == {"exit_code": 3}
    assert result["status"] == "failed"


def test_a_command_that_takes_too_long_is_killed_with_its_children(start: Any, marker: str) -> None:
    client = start(one_round(do.Run(command=f"sh -c 'sleep 60 # {marker}' & wait", seconds=0.2)))
    assert client.prompt(client.new_session()) == "end_turn"
    assert client.results()[0]["rawOutput"]["exit_code"] == -9
    client.close()


def test_thoughts_plans_and_usage_are_reported(start: Any) -> None:
    client = start(
        one_round(
            do.Think(text="hm"),
            do.Plan(entries=("first", "second"), done=1),
            do.Usage(input=100, output=20, cost_usd=0.5),
            do.Usage(input=1, output=2),
        )
    )
    number = client.begin(client.new_session())
    assert client.answer(number)["result"]["usage"] == {"inputTokens": 101, "outputTokens": 22, "totalTokens": 123}
    assert client.updates("agent_thought_chunk")[0]["content"]["text"] == "hm"
    assert [each["status"] for each in client.updates("plan")[0]["entries"]] == ["completed", "pending"]
    assert client.updates("usage_update")[0]["cost"] == {"amount": 0.5, "currency": "USD"}


def test_a_refusal_ends_the_round_with_that_stop_reason(start: Any) -> None:
    client = start(one_round(do.Refuse(text="No."), do.Say(text="never said")))
    assert client.prompt(client.new_session()) == "refusal"
    assert client.said() == "[scripted] No."


def test_a_script_may_end_a_round_with_any_stop_reason(start: Any) -> None:
    client = start(one_round(do.End(reason="max_tokens")))
    assert client.prompt(client.new_session()) == "max_tokens"


# --- which round of which task ---------------------------------------------------------------------------------------


def _two_tasks() -> TheScript:
    return TheScript(
        tasks=(
            rounds((do.Say(text="one"),), (do.Say(text="one again"),), match=r"\bT1\b"),
            rounds((do.Say(text="two"),), match=r"\bT2\b"),
        )
    )


def test_the_first_prompt_chooses_the_task_for_the_whole_session(start: Any) -> None:
    client = start(_two_tasks())
    first, second = client.new_session(), client.new_session()
    client.prompt(second, "Do T2.")
    client.prompt(first, "Do T1.")
    client.prompt(first, "Now the points of T2.")
    assert client.said() == "[scripted] two[scripted] one[scripted] one again"


def test_a_prompt_that_nothing_in_the_script_answers_is_refused(start: Any) -> None:
    client = start(_two_tasks())
    assert client.prompt(client.new_session(), "Do T3.") == "refusal"
    assert client.said() == "[scripted] Nothing in the script answers this prompt."


def test_a_prompt_after_the_last_round_is_refused(start: Any) -> None:
    client = start(one_round(do.Say(text="all")))
    session = client.new_session()
    assert [client.prompt(session), client.prompt(session)] == ["end_turn", "refusal"]


def test_a_round_with_a_match_answers_a_prompt_that_holds_it_even_first_in_a_session(start: Any) -> None:
    first = ScriptedRound(actions=(do.Say(text="first"),))
    second = ScriptedRound(actions=(do.Say(text="second"),), match=r"P1:")
    client = start(TheScript(tasks=(ScriptedTask(rounds=(first, second)),)))
    client.prompt(client.new_session(), "Meet these points: P1: mend it")
    assert client.said() == "[scripted] second"


# --- permission -------------------------------------------------------------------------------------------------------


def _asking() -> TheScript:
    return one_round(
        do.Ask(
            title="Delete the table",
            command="rm table",
            allowed=(do.Say(text="thanks"),),
            denied=(do.Say(text="pity"),),
        ),
        do.Say(text=", on"),
    )


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ({"outcome": "selected", "optionId": "allow"}, "[scripted] thanks, on"),
        ({"outcome": "selected", "optionId": "deny"}, "[scripted] pity, on"),
        ({"outcome": "cancelled"}, "[scripted] pity, on"),
    ],
)
def test_it_asks_waits_and_acts_by_the_answer(start: Any, outcome: dict[str, str], said: str) -> None:
    client = start(_asking())
    number = client.begin(client.new_session())
    request = _permission_request(client)
    assert request["params"]["toolCall"]["rawInput"] == {"command": "rm table"}
    assert client.said() == ""
    client.send({"id": request["id"], "result": {"outcome": outcome}})
    assert client.answer(number)["result"]["stopReason"] == "end_turn"
    assert client.said() == said


def _permission_request(client: Any) -> dict[str, Any]:
    return eventually(
        lambda: next((each for each in client.messages if each.get("method") == "session/request_permission"), None),
        what="a permission request",
    )


# --- cancel -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    [do.Hang(), do.Pause(seconds=60), do.WaitForFile(path="never"), do.Run(command="sleep 60"), do.Ask(title="May I?")],
    ids=lambda action: type(action).__name__,
)
def test_a_cancel_ends_what_is_waiting(start: Any, workspace: Path, action: do.Action) -> None:
    client = start(one_round(do.Mark(path="reached"), action))
    session = client.new_session()
    number = client.begin(session)
    eventually((workspace / "reached").exists)
    client.send({"method": "session/cancel", "params": {"sessionId": session}})
    assert client.answer(number)["result"]["stopReason"] == "cancelled"


def test_an_agent_that_ignores_cancel_goes_on(start: Any, workspace: Path) -> None:
    waits = (do.Mark(path="reached"), do.WaitForFile(path="go"))
    client = start(one_round(do.IgnoreCancel(), *waits, do.Say(text="done")))
    session = client.new_session()
    number = client.begin(session)
    eventually((workspace / "reached").exists)
    client.send({"method": "session/cancel", "params": {"sessionId": session}})
    assert client.call("authenticate", {"methodId": "x"}) == {}  # the cancel was read before this
    (workspace / "go").touch()
    assert client.answer(number)["result"]["stopReason"] == "end_turn"
    assert client.said() == "[scripted] done"


# --- sessions that go on in another process ---------------------------------------------------------------------------


def test_a_loaded_session_goes_on_with_the_next_round(start: Any) -> None:
    script = TheScript(tasks=(rounds((do.Say(text="one"),), (do.Say(text="two"),)),))
    first = start(script)
    session = first.new_session()
    first.prompt(session, "begin")
    first.kill()
    second = start(script)
    second.load(session)
    replayed = [(each["sessionUpdate"], each["content"]["text"]) for each in second.updates()]
    assert replayed == [("user_message_chunk", "begin"), ("agent_message_chunk", "[scripted] one")]
    second.prompt(session, "go on")
    assert second.said() == "[scripted] one[scripted] two"


@pytest.mark.parametrize("end", ["kill", "close"])
def test_an_interrupted_round_is_resumed_at_its_next_action(start: Any, workspace: Path, end: str) -> None:
    waits = (do.Mark(path="reached"), do.WaitForFile(path="go"))
    script = one_round(do.Append(path="log", text="a"), *waits, do.Append(path="log", text="b"))
    (workspace / "log").touch()
    first = start(script)
    session = first.new_session()
    first.begin(session)
    eventually((workspace / "reached").exists)
    getattr(first, end)()  # its process is killed, or its client goes away
    (workspace / "go").touch()
    second = start(script)
    second.call("session/resume", {"sessionId": session, "cwd": str(workspace)})
    assert second.updates() == []
    assert second.prompt(session) == "end_turn"
    assert (workspace / "log").read_text() == "ab"


def test_an_answered_question_is_not_asked_again_by_a_resumed_round(start: Any, workspace: Path) -> None:
    branch = (do.Mark(path="reached"), do.WaitForFile(path="go"), do.Say(text="done"))
    script = one_round(do.Ask(title="May I?", allowed=branch))
    first = start(script)
    session = first.new_session()
    first.begin(session)
    request = _permission_request(first)
    first.send({"id": request["id"], "result": {"outcome": {"outcome": "selected", "optionId": "allow"}}})
    eventually((workspace / "reached").exists)
    first.kill()
    (workspace / "go").touch()
    second = start(script)
    second.load(session)
    assert second.prompt(session) == "end_turn"
    assert not [each for each in second.messages if each.get("method") == "session/request_permission"]


@pytest.mark.parametrize("name", ["scripted-0000000000000000", "../../etc/passwd", ""])
def test_an_unknown_session_cannot_be_loaded(start: Any, workspace: Path, name: str) -> None:
    client = start(one_round())
    answer = client.answer(client.ask("session/load", {"sessionId": name, "cwd": str(workspace), "mcpServers": []}))
    assert answer["error"]["code"] == -32002


# --- the protocol's own rules -----------------------------------------------------------------------------------------


def test_wrong_requests_get_an_error_and_the_agent_lives_on(start: Any) -> None:
    client = start(one_round(do.Hang()))
    assert client.answer(client.ask("nonsense", {}))["error"]["code"] == -32601
    assert client.answer(client.ask("session/new", {"cwd": "relative"}))["error"]["code"] == -32602
    assert client.answer(client.ask("session/prompt", {"sessionId": "none", "prompt": []}))["error"]["code"] == -32002
    session = client.new_session()
    client.begin(session)
    assert client.answer(client.begin(session))["error"]["code"] == -32600
    client.process.stdin.write(b"{not json\n[]\n3\n")
    assert client.call("initialize", {"protocolVersion": 1})["protocolVersion"] == 1


def test_it_ends_when_its_client_closes_the_pipe_and_takes_its_command_along(start: Any, marker: str) -> None:
    client = start(one_round(do.Mark(path="reached"), do.Run(command=f"sleep 60; : {marker}")))
    client.begin(client.new_session())
    eventually((client.cwd / "reached").exists)
    assert client.close() == 0


def test_a_repository_is_there_for_commands_that_use_git(start: Any, workspace: Path) -> None:
    build_repository(workspace, {"a.txt": "a\n"})
    client = start(one_round(do.Run(command="git log --format=%s")))
    client.prompt(client.new_session())
    assert client.results()[0]["content"][0]["content"]["text"] == "Commit 1\n"
