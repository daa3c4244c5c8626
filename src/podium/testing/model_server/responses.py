"""OpenAI Responses: POST /v1/responses."""

from __future__ import annotations

from collections.abc import Iterator

from podium.testing.model_server.chat import refused_key
from podium.testing.model_server.talk import (
    Conversation,
    Item,
    Json,
    Reply,
    Role,
    Tool,
    event,
    mapping,
    objects,
    pieces,
    text_of,
)


class Responses:
    """See `podium.testing.model_server.talk.Dialect`."""

    name = "openai-responses"

    def conversation(self, path: str, body: Json) -> Conversation:
        del path
        raw = body.get("input")
        items = (Item(role="user", text=raw),) if isinstance(raw, str) else tuple(_items(objects(raw)))
        return Conversation(
            model=str(body.get("model", "")), items=items, tools=_tools(body), stream=body.get("stream") is True
        )

    def whole(self, reply: Reply, model: str) -> Json:
        return _response(reply, model, "completed", [item for item, _ in _output(reply)])

    def events(self, reply: Reply, model: str) -> Iterator[bytes]:
        numbered = 0

        def told(kind: str, **fields: object) -> bytes:
            nonlocal numbered
            numbered += 1
            return event({"type": kind, "sequence_number": numbered - 1, **fields}, name=kind)

        yield told("response.created", response=_response(reply, model, "in_progress", []))
        for index, (item, deltas) in enumerate(_output(reply)):
            started = {**item, "status": "in_progress", **_emptied(item)}
            yield told("response.output_item.added", output_index=index, item=started)
            for kind, fields in deltas:
                yield told(kind, output_index=index, item_id=item["id"], **fields)
            yield told("response.output_item.done", output_index=index, item=item)
        whole = _response(reply, model, "completed", [item for item, _ in _output(reply)])
        yield told("response.completed", response=whole)

    def error(self, status: int, text: str) -> Json:
        if status == 401:
            return refused_key(text)
        code = "rate_limit_exceeded" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
        return {"error": {"message": text, "type": code, "param": None, "code": code}}


def _items(entries: list[Json]) -> Iterator[Item]:
    for entry in entries:
        kind = str(entry.get("type", "message"))
        if kind == "message":
            role: Role = "model" if entry.get("role") == "assistant" else "user"
            if entry.get("role") in ("user", "assistant"):
                yield Item(role=role, text=text_of(entry.get("content")))
        elif kind.endswith("_output"):
            yield Item(role="tool", text=text_of(entry.get("output")))
        elif kind.endswith("_call") or kind == "reasoning":
            yield Item(role="model")


def _tools(body: Json) -> tuple[Tool, ...]:
    found: list[Tool] = []
    for tool in objects(body.get("tools")):
        if tool.get("type") in ("function", "custom"):
            name, schema = str(tool.get("name")), mapping(tool.get("parameters"))
            found.append(Tool(name=name, parameters=schema, freeform=tool["type"] == "custom"))
    return tuple(found)


def _response(reply: Reply, model: str, status: str, output: list[Json]) -> Json:
    usage = {
        "input_tokens": reply.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": reply.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": reply.input_tokens + reply.output_tokens,
    }
    return {
        "id": f"resp_{reply.id}",
        "object": "response",
        "created_at": 0,
        "status": status,
        "model": model,
        "output": output,
        "usage": usage if status == "completed" else None,
        "error": None,
        "incomplete_details": None,
    }


def _emptied(item: Json) -> Json:
    return {name: ([] if name in ("content", "summary") else "") for name in item if name in _FILLED}


_FILLED = ("content", "summary", "arguments", "input")


def _output(reply: Reply) -> Iterator[tuple[Json, list[tuple[str, Json]]]]:
    """Each output item, and the events that stream it."""
    for number, text in enumerate(reply.thoughts):
        summary = {"type": "summary_text", "text": text}
        deltas = [
            ("response.reasoning_summary_text.delta", {"summary_index": 0, "delta": each}) for each in pieces(text)
        ]
        yield (
            {"id": f"rs_{reply.id}_{number}", "type": "reasoning", "summary": [summary]},
            [
                ("response.reasoning_summary_part.added", {"summary_index": 0, "part": {**summary, "text": ""}}),
                *deltas,
                ("response.reasoning_summary_part.done", {"summary_index": 0, "part": summary}),
            ],
        )
    for number, text in enumerate(reply.texts):
        yield _text_item(reply, number, text)
    if reply.call is not None:
        yield _call_item(reply)


def _text_item(reply: Reply, number: int, text: str) -> tuple[Json, list[tuple[str, Json]]]:
    name = "refusal" if reply.refused else "text"
    part: Json = {"type": "refusal", "refusal": text}
    if not reply.refused:
        part = {"type": "output_text", "text": text, "annotations": []}
    kind = "response.refusal" if reply.refused else "response.output_text"
    item = {"id": f"msg_{reply.id}_{number}", "type": "message", "role": "assistant", "status": "completed"}
    return {**item, "content": [part]}, [
        ("response.content_part.added", {"content_index": 0, "part": {**part, name: ""}}),
        *((f"{kind}.delta", {"content_index": 0, "delta": each}) for each in pieces(text)),
        (f"{kind}.done", {"content_index": 0, name: text}),
        ("response.content_part.done", {"content_index": 0, "part": part}),
    ]


def _call_item(reply: Reply) -> tuple[Json, list[tuple[str, Json]]]:
    call = reply.call
    assert call is not None
    kind, field, stream = (
        ("custom_tool_call", "input", "response.custom_tool_call_input")
        if call.freeform
        else ("function_call", "arguments", "response.function_call_arguments")
    )
    item = {"id": f"fc_{call.id}", "type": kind, "status": "completed", "call_id": f"call_{call.id}"}
    return {**item, "name": call.name, field: call.arguments}, [
        *((f"{stream}.delta", {"delta": each}) for each in pieces(call.arguments)),
        (f"{stream}.done", {field: call.arguments}),
    ]
