"""Counting tokens from the traffic itself: looks at an answer's pieces as they go by, and delays none of them.

What the provider writes into its answer is what it bills, so it is the one figure that is the same for every agent.
Only lines that can hold a figure are parsed; what cannot be understood is no figure, and never a zero.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from podium.kernel.value import Value
from podium.project.model import ProviderKind

_LINE_LIMIT: Final = 4 * 2**20
_BODY_LIMIT: Final = 16 * 2**20


class Tokens(Value, frozen=True, kw_only=True):
    """What one answer says that it used; None = it does not say."""

    model: str = ""
    input: int | None = None  # all, cached and written ones included
    cached: int | None = None
    cache_write: int | None = None
    output: int | None = None  # all, reasoning included
    reasoning: int | None = None


class Meter:
    """Of one answer: give it the head, then every piece; ask for `tokens` at the end."""

    def __init__(self, kind: ProviderKind) -> None:
        self._take: Callable[[dict[str, Any], Tokens], Tokens] = _READERS[kind]
        self._stream = False
        self._kept = bytearray()
        self._lost = False
        self._event = bytearray()  # the data of the event that is under way
        self._begun = False
        self._cr = False  # whether the last byte was a carriage return
        self.tokens = Tokens()

    def head(self, content_type: str) -> None:
        """The answer's content type: a stream is read line by line, a document at its end."""
        self._stream = content_type.partition(";")[0].strip().lower() == "text/event-stream"

    def data(self, block: bytes) -> None:
        """The next piece."""
        if not self._stream:
            self._keep(block, _BODY_LIMIT)
            return
        if self._cr and block:
            block = block.removeprefix(b"\n")
            self._cr = False
        if block.endswith(b"\r"):
            self._cr = True
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = block.split(b"\n")
        for line in lines:
            self._keep(line, _LINE_LIMIT)
            if not self._lost:
                self._line(bytes(self._kept))
            self._kept.clear()
            self._lost = False
        self._keep(rest, _LINE_LIMIT)

    def end(self) -> None:
        """No more comes."""
        if self._kept and not self._lost:
            if self._stream:
                self._line(bytes(self._kept))
            else:
                self._document(bytes(self._kept))
        self._kept.clear()
        self._line(b"")

    def _keep(self, block: bytes, limit: int) -> None:
        if self._lost or len(self._kept) + len(block) > limit:
            self._lost = True
            self._kept.clear()
        else:
            self._kept += block

    def _line(self, line: bytes) -> None:
        """A line of a stream: an event's data is all its `data` lines, and an empty line ends it."""
        if not self._begun:
            self._begun = True
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.startswith(b"data:"):
            if len(self._event) + len(line) <= _LINE_LIMIT:
                self._event += line[5:] + b"\n"
            else:
                self._event.clear()
        elif not line and self._event:
            if b"sage" in self._event or b'"model"' in self._event[:4096]:
                self._document(bytes(self._event))
            self._event.clear()

    def _document(self, text: bytes) -> None:
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            value: object = msgspec.json.decode(text)
            # Gemini without `alt=sse` streams one list.
            for each in cast("list[object]", value) if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    self.tokens = self._take(cast("dict[str, Any]", each), self.tokens)


def _anthropic(given: dict[str, Any], before: Tokens) -> Tokens:
    """A whole message, or `message_start` (input) and `message_delta` (output so far, and sometimes all again)."""
    message = _part(given, "message") or given
    usage = _part(message, "usage") or _part(given, "usage")
    plain = _count(usage, "input_tokens")
    read, written = _count(usage, "cache_read_input_tokens"), _count(usage, "cache_creation_input_tokens")
    cached = before.cached if read is None else read
    write = before.cache_write if written is None else written
    total = before.input if plain is None else plain + (cached or 0) + (write or 0)
    return Tokens(
        model=_word(message, "model") or before.model,
        input=total,
        cached=cached,
        cache_write=write,
        output=_later(before.output, _count(usage, "output_tokens")),
    )


def _openai(given: dict[str, Any], before: Tokens) -> Tokens:
    """Responses (`response.completed` holds the response) and Chat Completions (a chunk or a document with `usage`)."""
    answer = _part(given, "response") or given
    usage = _part(answer, "usage")
    into = _part(usage, "input_tokens_details") or _part(usage, "prompt_tokens_details")
    out = _part(usage, "output_tokens_details") or _part(usage, "completion_tokens_details")
    return Tokens(
        model=_word(answer, "model") or before.model,
        input=_later(before.input, _count(usage, "input_tokens"), _count(usage, "prompt_tokens")),
        cached=_later(before.cached, _count(into, "cached_tokens")),
        output=_later(before.output, _count(usage, "output_tokens"), _count(usage, "completion_tokens")),
        reasoning=_later(before.reasoning, _count(out, "reasoning_tokens")),
    )


def _gemini(given: dict[str, Any], before: Tokens) -> Tokens:
    """Each piece holds the figures so far. Thoughts are billed as output, what tools fed in as input."""
    usage = _part(given, "usageMetadata")
    prompt, tools = _count(usage, "promptTokenCount"), _count(usage, "toolUsePromptTokenCount")
    said, thought = _count(usage, "candidatesTokenCount"), _count(usage, "thoughtsTokenCount")
    return Tokens(
        model=_word(given, "modelVersion") or before.model,
        input=before.input if prompt is None else prompt + (tools or 0),
        cached=_later(before.cached, _count(usage, "cachedContentTokenCount")),
        output=before.output if said is None and thought is None else (said or 0) + (thought or 0),
        reasoning=_later(before.reasoning, thought),
    )


_READERS: Final[dict[ProviderKind, Callable[[dict[str, Any], Tokens], Tokens]]] = {
    "anthropic": _anthropic,
    "openai": _openai,
    "gemini": _gemini,
}


def _part(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _word(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return found[:200] if isinstance(found, str) else ""


def _count(value: dict[str, Any], name: str) -> int | None:
    found = value.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 10**12 else None


def _later(before: int | None, *news: int | None) -> int | None:
    return next((each for each in news if each is not None), before)
