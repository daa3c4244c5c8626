"""Gemini: POST /v1beta/models/MODEL:generateContent and :streamGenerateContent."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from podium.testing.model_server.talk import (
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

_MODEL = re.compile(r"/models/([^/:]+):(\w+)")


class Gemini:
    """See `podium.testing.model_server.talk.Dialect`."""

    name = "gemini"

    def conversation(self, path: str, body: Json) -> Conversation:
        found = _MODEL.search(path)
        items: list[Item] = []
        for content in objects(body.get("contents")):
            parts = objects(content.get("parts"))
            if content.get("role") == "model":
                items.append(Item(role="model", text=text_of(parts)))
            else:
                answered = any("functionResponse" in part for part in parts)
                items.append(Item(role="tool" if answered else "user", text=text_of(parts)))
        tools = tuple(
            Tool(name=str(each.get("name")), parameters=_schema(each))
            for group in objects(body.get("tools"))
            for each in objects(group.get("functionDeclarations"))
        )
        return Conversation(
            model=found[1] if found else "",
            items=tuple(items),
            tools=tools,
            stream=bool(found) and found[2] == "streamGenerateContent",
        )

    def whole(self, reply: Reply, model: str) -> Json:
        return _answer(reply, model, list(_parts(reply)), last=True)

    def events(self, reply: Reply, model: str) -> Iterator[bytes]:
        for part in _parts(reply):
            if "text" not in part:
                yield event(_answer(reply, model, [part]))
                continue
            for piece in pieces(str(part["text"])):
                yield event(_answer(reply, model, [{**part, "text": piece}]))
        yield event(_answer(reply, model, [{"text": ""}], last=True))

    def error(self, status: int, text: str) -> Json:
        kind = "RESOURCE_EXHAUSTED" if status == 429 else "UNAVAILABLE" if status >= 500 else "INVALID_ARGUMENT"
        return {"error": {"code": status, "message": text, "status": kind}}


def _schema(declared: Json) -> Json:
    return mapping(declared.get("parametersJsonSchema")) or mapping(declared.get("parameters"))


def _parts(reply: Reply) -> Iterator[Json]:
    yield from ({"text": text, "thought": True} for text in reply.thoughts)
    yield from ({"text": text} for text in reply.texts)
    call = reply.call
    if call is not None:
        # The arguments are an object here, so that text which is no JSON can only travel as a wrong object.
        try:
            arguments: object = msgspec.json.decode(call.arguments)
        except msgspec.DecodeError:
            arguments = {"malformed": call.arguments}
        yield {"functionCall": {"id": call.id, "name": call.name, "args": arguments}}


def _answer(reply: Reply, model: str, parts: list[Json], *, last: bool = False) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": parts}, "index": 0}
    found: Json = {"candidates": [candidate], "modelVersion": model, "responseId": reply.id}
    if last:
        candidate["finishReason"] = "SAFETY" if reply.refused else "STOP"
        read, wrote = reply.input_tokens, reply.output_tokens
        found["usageMetadata"] = {
            "promptTokenCount": read, "candidatesTokenCount": wrote, "totalTokenCount": read + wrote,
        }  # fmt: skip
    return found
