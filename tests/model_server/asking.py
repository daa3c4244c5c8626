"""A client of the scripted model, as plain as can be: one request, the parsed events or the document."""

from __future__ import annotations

import http.client
import json
from typing import Any

from podium.testing.model_server.server import ModelServer
from podium.testing.model_server.steps import ModelScript, Prompt, Step


def script(*steps: Step, match: str = "Do it", **fields: Any) -> ModelScript:
    return ModelScript(prompts=(Prompt(match=match, steps=steps),), **fields)


def post(server: ModelServer, path: str, body: Any, **headers: str) -> tuple[int, str]:
    """Status and body; a body that breaks off raises http.client.IncompleteRead."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("POST", path, json.dumps(body), {"content-type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def document(server: ModelServer, path: str, body: Any) -> dict[str, Any]:
    status, text = post(server, path, body)
    assert status == 200, text
    return json.loads(text)


def events(server: ModelServer, path: str, body: Any) -> list[dict[str, Any]]:
    status, text = post(server, path, body)
    assert status == 200, text
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


BASH = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
EDIT = {
    "type": "object",
    "properties": {"file_path": {}, "old_string": {}, "new_string": {}, "instruction": {"type": "string"}},
    "required": ["file_path", "old_string", "new_string", "instruction"],
}


def messages(*more: dict[str, Any], stream: bool = False, tools: dict[str, Any] | None = None) -> dict[str, Any]:
    """A request of Anthropic Messages; `more` follows the prompt."""
    offered = [{"name": name, "input_schema": schema} for name, schema in (tools or {"Bash": BASH}).items()]
    said = [{"role": "user", "content": "Do it."}, *more]
    return {"model": "m", "max_tokens": 100, "messages": said, "tools": offered, "stream": stream}


def answered(number: int, *, text: str = "") -> list[dict[str, Any]]:
    """A turn of the model with a tool call, and the tool's answer."""
    use = {"type": "tool_use", "id": f"t{number}", "name": "Bash", "input": {}}
    result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": "ok"}
    more = [{"type": "text", "text": text}] if text else []
    return [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result, *more]}]
