"""Paths as text: git's paths are bytes, Podium's are text, and the two map one to one.

A path is its own UTF-8 text, unless it is no valid UTF-8 or holds a control character, a double quote or a backslash.
Such a path is kept in git's quoted form, quotes included: `"a\\377b"`. Every byte from 0x80 up is then octal, so that
a path has exactly one text. A text that begins with a double quote is always a quoted one.
"""

from __future__ import annotations

import re

_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
_BYTES = {letter: byte for byte, letter in _ESCAPES.items()}
_PLAIN = re.compile(rb'[^\x00-\x1f\x7f"\\]*')
_TOKEN = re.compile(r'\\([abtnvfr"\\]|[0-3][0-7]{2})|([^"\\])')


def to_text(path: bytes) -> str:
    """The text of a path."""
    if _PLAIN.fullmatch(path):
        try:
            return path.decode()
        except UnicodeDecodeError:
            pass
    return '"' + "".join(_quoted(byte) for byte in path) + '"'


def to_bytes(text: str) -> bytes:
    """The path that a text (or a path that git printed, quoted or not) stands for.

    Raises ValueError for a text that begins with a quote and is not properly quoted, and for lone surrogates.
    """
    return _unquoted(text) if text.startswith('"') else text.encode()


def _quoted(byte: int) -> str:
    if byte in _ESCAPES:
        return "\\" + _ESCAPES[byte]
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"


def _unquoted(text: str) -> bytes:
    if len(text) < 2 or not text.endswith('"'):
        raise ValueError(f"not a quoted path: {text!r}")
    inner, found, at = text[1:-1], bytearray(), 0
    while at < len(inner):
        token = _TOKEN.match(inner, at)
        if token is None:
            raise ValueError(f"not a quoted path: {text!r}")
        escape, plain = token[1], token[2]
        if plain is not None:
            found += plain.encode()
        else:
            found.append(_BYTES[escape] if escape in _BYTES else int(escape, 8))
        at = token.end()
    return bytes(found)
