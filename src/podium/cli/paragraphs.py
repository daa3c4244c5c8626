"""Text in lines that fit the terminal."""

from __future__ import annotations

from podium.render.safe_text import safe_line, wrap


def indented(text: str, width: int, indent: int) -> str:
    """`text` as one paragraph, made safe, wrapped to `width`, every line indented."""
    return "\n".join(f"{'':{indent}}{line}" for line in wrap(safe_line(" ".join(text.split())), width - indent))
