"""Colours and glyphs: what a terminal can show, and nothing when the output is no terminal.

Only the sixteen colours of the terminal's own palette are used, and never as the only sign of anything: every colour
stands beside a word or a glyph, so that the text says the same without it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from podium.render.safe_text import cut, pad

Tone = Literal[
    "plain",
    "quiet",
    "strong",
    "good",
    "bad",
    "warn",
    "name",
    "added",
    "removed",
    "added word",
    "removed word",
    "hidden",
]

_CODES: dict[Tone, str] = {
    "plain": "",
    "quiet": "2",
    "strong": "1",
    "good": "32",
    "bad": "1;31",
    "warn": "33",
    "name": "36",
    "added": "32",
    "removed": "31",
    "added word": "1;7;32",
    "removed word": "1;7;31",
    "hidden": "7;35",
}

_GLYPHS = {
    "yes": ("✓", "+"),
    "no": ("✗", "X"),
    "unknown": ("?", "?"),
    "before": ("~", "~"),
    "unread": ("○", "o"),
    "seen": ("◐", "s"),
    "understood": ("●", "u"),
    "flagged": ("⚑", "!"),
    "rule": ("─", "-"),
    "bar": ("│", "|"),
    "more": ("…", "..."),
    "cut": ("…", "~"),
    "wrap": ("↳", ">"),
    "to": ("→", "->"),
    "dot": ("·", "-"),
}


class Paint(NamedTuple):
    """How to draw: with or without colour, with or without more than ASCII."""

    color: bool = False
    unicode: bool = True

    def __call__(self, text: str, tone: Tone) -> str:
        """A safe text in a tone."""
        code = _CODES[tone]
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and code and text else text

    def glyph(self, name: str) -> str:
        """A sign, in ASCII where the terminal cannot show more."""
        return _GLYPHS[name][0 if self.unicode else 1]

    def cut(self, text: str, width: int) -> str:
        """A safe text, cut to at most `width` columns, with a sign where something is cut off."""
        return cut(text, width, self.glyph("cut"))

    def pad(self, text: str, width: int, *, right: bool = False) -> str:
        """A safe text, cut and filled with spaces to exactly `width` columns."""
        return pad(text, width, right=right, marker=self.glyph("cut"))
