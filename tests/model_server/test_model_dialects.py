"""Each API that the scripted model speaks: the same script, read and written in its own words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from asking import BASH, answered, document, events, messages, script

from podium.testing.actions import Refuse, Run, Say, Think, Usage
from podium.testing.model_server.server import ModelServer

TEXT = "café ☕ " * 900  # longer than one piece of a stream, and not ASCII


@pytest.fixture
def server() -> Iterator[ModelServer]:
    steps = (Think(text="I think."), Say(text="First."), Usage(input=70, output=7), Run(command="ls"), Say(text=TEXT))
    with ModelServer(script(*steps)) as started:
        yield started


@pytest.fixture
def refusing() -> Iterator[ModelServer]:
    with ModelServer(script(Refuse(text="I will not."))) as started:
        yield started


# --- Anthropic Messages -----------------------------------------------------------------------------------------------


def test_anthropic_answers_whole_with_thought_text_call_and_usage(server: ModelServer) -> None:
    reply = document(server, "/v1/messages?beta=true", messages())
    kinds = [block["type"] for block in reply["content"]]
    assert kinds == ["thinking", "text", "tool_use"]
    assert reply["content"][2]["input"] == {"command": "ls"}
    assert (reply["stop_reason"], reply["usage"]["input_tokens"], reply["usage"]["output_tokens"]) == (
        "tool_use",
        70,
        7,
    )


def test_anthropic_streams_what_it_answers_whole(server: ModelServer) -> None:
    streamed = events(server, "/v1/messages", messages(stream=True))
    assert [streamed[0]["type"], streamed[-1]["type"]] == ["message_start", "message_stop"]
    deltas = [each["delta"] for each in streamed if each["type"] == "content_block_delta"]
    assert json.loads("".join(each.get("partial_json", "") for each in deltas)) == {"command": "ls"}
    last = events(server, "/v1/messages", messages(*answered(1), stream=True))
    assert "".join(each["delta"]["text"] for each in last if each["type"] == "content_block_delta") == TEXT
    assert last[-2]["delta"]["stop_reason"] == "end_turn"


def test_anthropic_refuses_with_its_stop_reason(refusing: ModelServer) -> None:
    assert document(refusing, "/v1/messages", messages())["stop_reason"] == "refusal"


def test_tokens_can_be_counted(server: ModelServer) -> None:
    assert document(server, "/v1/messages/count_tokens", messages())["input_tokens"] > 0


# --- OpenAI Responses -------------------------------------------------------------------------------------------------


def responses(*more: dict[str, Any], stream: bool = False) -> dict[str, Any]:
    prompt = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Do it."}]}
    tool = {"type": "function", "name": "shell_command", "parameters": BASH}
    return {"model": "m", "input": [prompt, *more], "tools": [tool], "stream": stream}


DONE = (
    {"type": "reasoning", "summary": []},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "First."}]},
    {"type": "function_call", "name": "shell_command", "arguments": "{}", "call_id": "c"},
    {"type": "function_call_output", "call_id": "c", "output": "ok"},
)


def test_responses_answers_whole_and_counts_what_was_said_in_one_breath_as_one_turn(server: ModelServer) -> None:
    reply = document(server, "/v1/responses", responses())
    assert [item["type"] for item in reply["output"]] == ["reasoning", "message", "function_call"]
    assert json.loads(reply["output"][2]["arguments"]) == {"command": "ls"}
    assert reply["usage"]["total_tokens"] == 77
    last = document(server, "/v1/responses", responses(*DONE))
    assert last["output"][0]["content"][0]["text"] == TEXT


def test_responses_streams_items_and_ends_with_the_whole_response(server: ModelServer) -> None:
    streamed = events(server, "/v1/responses", responses(*DONE, stream=True))
    assert [each["sequence_number"] for each in streamed] == list(range(len(streamed)))
    assert "".join(each["delta"] for each in streamed if each["type"] == "response.output_text.delta") == TEXT
    assert streamed[-1]["type"] == "response.completed"
    assert streamed[-1]["response"]["status"] == "completed"


def test_responses_refuses_with_a_part_of_its_own(refusing: ModelServer) -> None:
    reply = document(refusing, "/v1/responses", responses())
    assert reply["output"][0]["content"][0] == {"type": "refusal", "refusal": "I will not."}


def test_responses_patches_files_where_there_is_a_tool_for_patches() -> None:
    from podium.testing.actions import Edit

    body = responses()
    body["tools"].append({"type": "custom", "name": "apply_patch"})
    with ModelServer(script(Edit(path="a.py", old="x = 1\n", new="x = 2\ny = 3\n"))) as server:
        call = document(server, "/v1/responses", body)["output"][0]
    assert call["type"] == "custom_tool_call"
    assert call["input"] == "*** Begin Patch\n*** Update File: a.py\n@@\n-x = 1\n+x = 2\n+y = 3\n*** End Patch"


# --- OpenAI Chat Completions ------------------------------------------------------------------------------------------


def chat(*more: dict[str, Any], stream: bool = False) -> dict[str, Any]:
    tool = {"type": "function", "function": {"name": "bash", "parameters": BASH}}
    start = [{"role": "system", "content": "Do it as a system."}, {"role": "user", "content": "Do it."}]
    return {"model": "m", "messages": [*start, *more], "tools": [tool], "stream": stream}


def test_chat_answers_whole(server: ModelServer) -> None:
    choice = document(server, "/v1/chat/completions", chat())["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == {"command": "ls"}


def test_chat_streams(server: ModelServer) -> None:
    more = ({"role": "assistant", "content": None, "tool_calls": []}, {"role": "tool", "content": "ok"})
    streamed = events(server, "/v1/chat/completions", chat(*more, stream=True))
    deltas = [choice["delta"] for each in streamed for choice in each["choices"]]
    assert "".join(delta.get("content", "") for delta in deltas) == TEXT
    assert streamed[-1]["usage"]["completion_tokens"] == 12


def test_chat_refuses_with_a_field_of_its_own(refusing: ModelServer) -> None:
    choice = document(refusing, "/v1/chat/completions", chat())["choices"][0]
    assert (choice["message"]["refusal"], choice["message"]["content"]) == ("I will not.", None)


# --- Gemini -----------------------------------------------------------------------------------------------------------


def contents(*more: dict[str, Any]) -> dict[str, Any]:
    declared = {"name": "run_shell_command", "parametersJsonSchema": BASH}
    prompt = {"role": "user", "parts": [{"text": "Do it."}]}
    return {"contents": [prompt, *more], "tools": [{"functionDeclarations": [declared]}]}


def test_gemini_answers_whole(server: ModelServer) -> None:
    reply = document(server, "/v1beta/models/gemini-x:generateContent", contents())
    parts = reply["candidates"][0]["content"]["parts"]
    assert parts[2]["functionCall"]["args"] == {"command": "ls"}
    assert (reply["modelVersion"], reply["usageMetadata"]["totalTokenCount"]) == ("gemini-x", 77)


def test_gemini_streams(server: ModelServer) -> None:
    more = (
        {"role": "model", "parts": [{"functionCall": {"name": "run_shell_command", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "run_shell_command", "response": {}}}]},
    )
    streamed = events(server, "/v1beta/models/gemini-x:streamGenerateContent?alt=sse", contents(*more))
    parts = [part for each in streamed for part in each["candidates"][0]["content"]["parts"]]
    assert "".join(part["text"] for part in parts) == TEXT
    assert streamed[-1]["candidates"][0]["finishReason"] == "STOP"


def test_gemini_refuses_with_its_finish_reason(refusing: ModelServer) -> None:
    reply = document(refusing, "/v1beta/models/gemini-x:generateContent", contents())
    assert reply["candidates"][0]["finishReason"] == "SAFETY"
