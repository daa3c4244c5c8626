"""Anthropic Messages: POST /v1/messages."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from podium.testing.model_server.talk import (
    Call,
    Conversation,
    Item,
    Json,
    Reply,
    Tool,
    event,
    mapping,
    objects,
    pieces,
    text_of,
)

_ERRORS = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
_ERRORS[529] = "overloaded_error"


class Anthropic:
    """See `podium.testing.model_server.talk.Dialect`."""

    name = "anthropic-messages"

    def conversation(self, path: str, body: Json) -> Conversation:
        del path
        items: list[Item] = []
        for message in objects(body.get("messages")):
            content = message.get("content")
            if message.get("role") == "assistant":
                items.append(Item(role="model", text=text_of(content)))
                continue
            answered = any(part.get("type") == "tool_result" for part in objects(content))
            items.append(Item(role="tool" if answered else "user", text=text_of(content)))
        tools = tuple(
            Tool(name=str(tool.get("name")), parameters=mapping(tool.get("input_schema")))
            for tool in objects(body.get("tools"))
        )
        return Conversation(
            model=str(body.get("model", "")), items=tuple(items), tools=tools, stream=body.get("stream") is True
        )

    def whole(self, reply: Reply, model: str) -> Json:
        content = [block for block, _ in _blocks(reply)]
        return {**_message(reply, model), "content": content, "stop_reason": _stop(reply), "usage": _usage(reply)}

    def events(self, reply: Reply, model: str) -> Iterator[bytes]:
        start: Json = {**_message(reply, model), "content": [], "stop_reason": None}
        start["usage"] = {**_usage(reply), "output_tokens": 1}
        yield _event({"type": "message_start", "message": start})
        for index, (block, deltas) in enumerate(_blocks(reply)):
            empty: Json = {**block, "input": {}} if block["type"] == "tool_use" else {**block, block["type"]: ""}
            yield _event({"type": "content_block_start", "index": index, "content_block": empty})
            for delta in deltas:
                yield _event({"type": "content_block_delta", "index": index, "delta": delta})
            yield _event({"type": "content_block_stop", "index": index})
        ending = {"stop_reason": _stop(reply), "stop_sequence": None}
        yield _event({"type": "message_delta", "delta": ending, "usage": _usage(reply)})
        yield _event({"type": "message_stop"})

    def error(self, status: int, text: str) -> Json:
        return {"type": "error", "error": {"type": _ERRORS.get(status, "api_error"), "message": text}}


def _event(data: Json) -> bytes:
    return event(data, name=str(data["type"]))


def _message(reply: Reply, model: str) -> Json:
    return {"id": f"msg_{reply.id}", "type": "message", "role": "assistant", "model": model, "stop_sequence": None}


def _usage(reply: Reply) -> Json:
    return {
        "input_tokens": reply.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": reply.output_tokens,
    }


def _stop(reply: Reply) -> str:
    return "refusal" if reply.refused else "tool_use" if reply.call else "end_turn"


def _blocks(reply: Reply) -> Iterator[tuple[Json, list[Json]]]:
    """Each content block, and the deltas that stream it."""
    for text in reply.thoughts:
        deltas: list[Json] = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(text)]
        deltas.append({"type": "signature_delta", "signature": "c2NyaXB0ZWQ="})
        yield {"type": "thinking", "thinking": text, "signature": "c2NyaXB0ZWQ="}, deltas
    for text in reply.texts:
        yield {"type": "text", "text": text}, [{"type": "text_delta", "text": piece} for piece in pieces(text)]
    if reply.call is not None:
        streamed: list[Json] = [
            {"type": "input_json_delta", "partial_json": piece} for piece in pieces(reply.call.arguments)
        ]
        block = {
            "type": "tool_use",
            "id": f"toolu_{reply.call.id}",
            "name": reply.call.name,
            "input": _input(reply.call),
        }
        yield block, streamed


def _input(call: Call) -> object:
    try:
        return msgspec.json.decode(call.arguments)
    except msgspec.DecodeError:
        return {}
