"""The process that colours files: one request after the other on its input, one answer each on its output.

A request is a line `{"name", "size"}` and that many bytes; an answer is four bytes of length and a msgpack document.
"""

from __future__ import annotations

import sys

import msgspec

from podium.render.colours import Colours, colour


def main() -> None:
    """Answer until the input ends."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while line := source.readline():
        asked = msgspec.json.decode(line, type=tuple[str, int])
        name, size = asked
        data = source.read(size)
        if len(data) != size:
            return
        answer = msgspec.msgpack.encode(_colours(name, data))
        sink.write(len(answer).to_bytes(4, "big") + answer)
        sink.flush()


def _colours(name: str, data: bytes) -> Colours:
    # A lexer that stumbles over hostile text is no reason to show nothing; any fault of one means: plain text.
    try:
        return colour(name, data.decode("utf-8", "replace"))
    except Exception:  # noqa: BLE001 - five hundred lexers of others, each with faults of its own
        return ()


if __name__ == "__main__":
    main()
