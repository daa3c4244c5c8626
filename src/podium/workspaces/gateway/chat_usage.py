"""What a stream of Chat Completions has cost, also where the agent's program does not ask for it.

OpenAI's Chat Completions, and what speaks like it, put the token counts of a *stream* into one last chunk, and only
when the request says `stream_options.include_usage`. Many programs do not say it. An estimate from the text would be
wrong by what nobody sees (templates, tools, reasoning, the cache), and a budget on it would be a guess; so the gateway
asks for the counts itself, and keeps that last chunk for itself: its `choices` are empty, and a program that did not
ask for it may well read `choices[0]`. A provider that refuses the option is asked again without it, and not with it any
more; what that costs stays unknown, and is told as unknown.
"""

from __future__ import annotations

from typing import Any, Final, cast

import msgspec

PATH: Final = "/v1/chat/completions"
REFUSING: Final = (400, 404, 415, 422)
"""How a provider may answer to an option that it does not know."""

_LINE_LIMIT: Final = 1 << 20


def with_usage(body: bytes) -> bytes | None:
    """The request that asks for the counts as well; None for one that does so already, or is no stream."""
    try:
        asked: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(asked, dict):
        return None
    request = cast("dict[str, Any]", asked)
    options = request.get("stream_options")
    known = cast("dict[str, Any]", options) if isinstance(options, dict) else {}
    if request.get("stream") is not True or known.get("include_usage") is True:
        return None
    if options is not None and not isinstance(options, dict):
        return None  # the provider may say what is wrong with it
    return msgspec.json.encode({**request, "stream_options": {**known, "include_usage": True}})


class WithoutUsage:
    """Takes the chunk that was asked for out of a stream of events; everything else passes as it is.

    A line is passed on when it is whole: no reader of such a stream can do anything with less.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._long = False  # whether the rest of a line goes by that is too long to be that chunk
        self._gap = False  # whether the empty line after the chunk is still to be left out

    def data(self, block: bytes) -> bytes:
        """What of it the agent gets now."""
        out = bytearray()
        *lines, rest = block.split(b"\n")
        for line in lines:
            whole = bytes(self._held) + line + b"\n"
            self._held.clear()
            if self._long or not self._is_ours(whole):
                out += whole
            self._long = False
        self._held += rest
        if self._long or len(self._held) > _LINE_LIMIT:
            out += self._held
            self._held.clear()
            self._long = True
        return bytes(out)

    def end(self) -> bytes:
        """What was held back, now that no more comes."""
        left = bytes(self._held)
        self._held.clear()
        return b"" if self._is_ours(left) else left

    def _is_ours(self, line: bytes) -> bool:
        after, self._gap = self._gap, _is_usage(line)
        return self._gap or (after and not line.strip())


def _is_usage(line: bytes) -> bool:
    """Whether a line is the chunk with the counts and nothing else."""
    if not line.startswith(b"data:") or b'"usage"' not in line:
        return False
    try:
        chunk: object = msgspec.json.decode(line[5:])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if not isinstance(chunk, dict):
        return False
    found = cast("dict[str, Any]", chunk)
    return found.get("choices") == [] and isinstance(found.get("usage"), dict)
