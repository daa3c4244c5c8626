"""What all APIs have in common: a conversation with tools comes in, one reply goes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Protocol, TypeAlias, cast

import msgspec

from podium.kernel.value import Value

Json: TypeAlias = dict[str, Any]
Role = Literal["user", "model", "tool"]


class Item(Value, frozen=True, kw_only=True):
    """One entry of a conversation; `tool` is the answer of a tool."""

    role: Role
    text: str = ""


class Tool(Value, frozen=True, kw_only=True):
    """One tool that a request advertises."""

    name: str
    parameters: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])  # JSON schema
    freeform: bool = False  # takes text instead of JSON


class Conversation(Value, frozen=True, kw_only=True):
    """A request, in the common form."""

    model: str
    items: tuple[Item, ...]
    tools: tuple[Tool, ...]
    stream: bool = False


class Call(Value, frozen=True, kw_only=True):
    """A call of a tool. `arguments` is the text that goes over the wire: JSON, unless it is malformed or freeform."""

    id: str
    name: str
    arguments: str
    freeform: bool = False


class Reply(Value, frozen=True, kw_only=True):
    """What the model answers."""

    id: str
    texts: tuple[str, ...] = ()
    thoughts: tuple[str, ...] = ()
    call: Call | None = None
    refused: bool = False
    input_tokens: int = 0
    output_tokens: int = 0


class Dialect(Protocol):
    """One API: how a request is read and a reply is written. Pure."""

    name: str

    def conversation(self, path: str, body: Json) -> Conversation:
        """The request in the common form; what it does not understand is left out."""
        ...

    def whole(self, reply: Reply, model: str) -> Json:
        """The reply as one document."""
        ...

    def events(self, reply: Reply, model: str) -> Iterator[bytes]:
        """The reply as server-sent events."""
        ...

    def error(self, status: int, text: str) -> Json:
        """The document of an error."""
        ...


def objects(raw: object) -> list[Json]:
    """The objects of a JSON list; nothing for anything else."""
    items = cast("list[object]", raw) if isinstance(raw, list) else []
    return [cast(Json, item) for item in items if isinstance(item, dict)]


def mapping(raw: object) -> Json:
    """A JSON object; an empty one for anything else."""
    return cast(Json, raw) if isinstance(raw, dict) else {}


def text_of(raw: object) -> str:
    """The text of a content: a string, or the `text` of its parts, one below the other."""
    if isinstance(raw, str):
        return raw
    return "\n".join(str(part["text"]) for part in objects(raw) if isinstance(part.get("text"), str))


def event(data: Mapping[str, Any], *, name: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + msgspec.json.encode(data) + b"\n\n"


_PIECE = 2000


def pieces(text: str) -> Iterator[str]:
    """The text in parts, as a stream carries it."""
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]
