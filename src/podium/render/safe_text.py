"""Text that an agent or a file wrote, made safe to print: nothing in it acts on a terminal or hides from the reader.

Control characters (ANSI escapes begin with one), direction controls, zero-width and other invisible characters, odd
spaces, line separators, unpaired surrogates and unassigned code points become visible codes such as `<U+202E>`. What
can be seen stays as it is, in any script.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

TAB = 4
"""Columns between two tab stops."""

_MOST_COMBINING = 3  # more marks on one letter than any script needs climb over the lines above
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")  # fillers that look like nothing
_BAD_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp", "Zs"})
_PLAIN = re.compile(r"[ -~]*")


def safe_line(text: str) -> str:
    """`text` on one line, with nothing left that acts on a terminal or is invisible. Tabs become spaces."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(shown for shown, _ in pieces(text))


def safe_lines(text: str) -> list[str]:
    """The lines of a text of several lines, each safe; a carriage return before a newline is dropped."""
    return [safe_line(line.removesuffix("\r")) for line in text.split("\n")]


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The safe text in pieces, each with whether it stands for a character that cannot be seen."""
    seen: list[str] = []
    at, combining, before = 0, 0, " "
    for char in text:
        if char == "\t":
            step = TAB - at % TAB
            seen.append(" " * step)
            at += step
            continue
        combining = combining + 1 if is_combining(char) else 0
        emoji = char == "\ufe0f" and unicodedata.category(before) == "So"  # draws the symbol before it in colour
        before = char
        if (is_hidden(char) and not emoji) or combining > _MOST_COMBINING:
            if seen:
                yield "".join(seen), False
                seen = []
            shown = f"<U+{ord(char):04X}>"
            yield shown, True
            at += len(shown)
            continue
        seen.append(char)
        at += char_columns(char)
    if seen:
        yield "".join(seen), False


@lru_cache(maxsize=4096)
def is_hidden(char: str) -> bool:
    """Whether a character must not be printed as it is. A tab is not hidden: it becomes spaces."""
    if " " <= char <= "~":
        return False
    if char in _INVISIBLE or unicodedata.category(char) in _BAD_CATEGORIES:
        return True
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"  # variation selectors can carry data


@lru_cache(maxsize=4096)
def is_combining(char: str) -> bool:
    """Whether a character is drawn onto the one before it."""
    return unicodedata.category(char) in ("Mn", "Me")


@lru_cache(maxsize=4096)
def char_columns(char: str) -> int:
    """How many columns of a terminal a visible character takes."""
    if is_combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def columns(text: str) -> int:
    """How many columns of a terminal a safe text takes."""
    return len(text) if text.isascii() else sum(char_columns(char) for char in text)


def cut(text: str, width: int, marker: str = "…") -> str:
    """A safe text, cut to at most `width` columns; what is cut off leaves the marker."""
    if columns(text) <= width:
        return text
    room = width - columns(marker)
    if room < 0:
        return marker[:width] if width > 0 else ""
    kept: list[str] = []
    used = 0
    for char in text:
        used += char_columns(char)
        if used > room:
            break
        kept.append(char)
    return "".join(kept) + marker


def pad(text: str, width: int, *, right: bool = False, marker: str = "…") -> str:
    """A safe text, cut and filled with spaces to exactly `width` columns; `right` puts the spaces before it."""
    text = cut(text, width, marker)
    space = " " * (width - columns(text))
    return space + text if right else text + space


def wrap(text: str, width: int, used: int = 0) -> list[str]:
    """A safe text of one line, broken at spaces into lines of at most `width` columns (at least one line).

    `used` columns of the first line are taken already: it may come out empty.
    """
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        room = width if lines else width - used
        if columns(joined) <= room:
            line = joined
            continue
        if line or (not lines and used):
            lines.append(line)
        *full, line = chop(word, width)
        lines.extend(full)
    return [*lines, line]


def chop(text: str, width: int) -> list[str]:
    """A safe text in parts of at most `width` columns, broken anywhere (at least one part)."""
    width = max(width, 2)
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)] or [""]
    parts, part, used = [""], 0, 0
    for char in text:
        size = char_columns(char)
        if used + size > width:
            parts.append("")
            part, used = part + 1, 0
        parts[part] += char
        used += size
    return parts
