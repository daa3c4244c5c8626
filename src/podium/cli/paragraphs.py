"""Text in lines that fit the terminal."""

from __future__ import annotations

import textwrap


def indented(text: str, width: int, indent: int) -> str:
    """`text` wrapped to `width` with every line indented."""
    space = " " * indent
    return textwrap.fill(
        text, width, initial_indent=space, subsequent_indent=space, break_long_words=False, break_on_hyphens=False
    )
