"""OpenAI Chat Completions: POST /v1/chat/completions."""

from __future__ import annotations

from collections.abc import Iterator

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

_ROLES: dict[str, Role] = {"user": "user", "assistant": "model", "tool": "tool", "function": "tool"}


class Chat:
    """See `podium.testing.model_server.talk.Dialect`."""

    name = "openai-chat"

    def conversation(self, path: str, body: Json) -> Conversation:
        del path
        items = tuple(
            Item(role=_ROLES[str(message.get("role"))], text=text_of(message.get("content")))
            for message in objects(body.get("messages"))
            if message.get("role") in _ROLES
        )
        described = [mapping(tool.get("function")) for tool in objects(body.get("tools"))]
        tools = tuple(
            Tool(name=str(each.get("name")), parameters=mapping(each.get("parameters"))) for each in described
        )
        return Conversation(
            model=str(body.get("model", "")), items=items, tools=tools, stream=body.get("stream") is True
        )

    def whole(self, reply: Reply, model: str) -> Json:
        message: Json = {"role": "assistant", "content": "\n".join(reply.texts) or None, "refusal": None}
        if reply.refused:
            message = {**message, "content": None, "refusal": "\n".join(reply.texts)}
        if reply.thoughts:
            message["reasoning_content"] = "\n".join(reply.thoughts)
        if reply.call is not None:
            message["tool_calls"] = [_call(reply)]
        choice = {"index": 0, "message": message, "finish_reason": _finish(reply), "logprobs": None}
        return {**_head(reply, model, "chat.completion"), "choices": [choice], "usage": _usage(reply)}

    def events(self, reply: Reply, model: str) -> Iterator[bytes]:
        head = _head(reply, model, "chat.completion.chunk")

        def told(delta: Json, finish: str | None = None) -> bytes:
            return event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

        yield told({"role": "assistant", "content": ""})
        for text in reply.thoughts:
            for piece in pieces(text):
                yield told({"reasoning_content": piece})
        for piece in pieces("\n".join(reply.texts)):
            yield told({"refusal": piece} if reply.refused else {"content": piece})
        if reply.call is not None:
            started = _call(reply)
            started["function"] = {"name": reply.call.name, "arguments": ""}
            yield told({"tool_calls": [{"index": 0, **started}]})
            for piece in pieces(reply.call.arguments):
                yield told({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
        yield told({}, _finish(reply))
        yield event({**head, "choices": [], "usage": _usage(reply)})
        yield b"data: [DONE]\n\n"

    def error(self, status: int, text: str) -> Json:
        if status == 401:
            return refused_key(text)
        kind = "rate_limit_error" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
        return {"error": {"message": text, "type": kind, "param": None, "code": str(status)}}


def refused_key(text: str) -> Json:
    """What OpenAI says of a key that it does not know; LiteLLM goes by its first words, and else tries again."""
    message = f"Incorrect API key provided: {text}"
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}}


def _head(reply: Reply, model: str, kind: str) -> Json:
    return {"id": f"chatcmpl-{reply.id}", "object": kind, "created": 0, "model": model}


def _usage(reply: Reply) -> Json:
    read, wrote = reply.input_tokens, reply.output_tokens
    return {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}


def _finish(reply: Reply) -> str:
    return "content_filter" if reply.refused else "tool_calls" if reply.call else "stop"


def _call(reply: Reply) -> Json:
    call = reply.call
    assert call is not None
    return {
        "id": f"call_{call.id}",
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }
