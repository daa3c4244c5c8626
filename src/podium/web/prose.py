"""Text of specs on pages: what stands between backticks is shown as code, and everything else as it is."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from podium.render.safe_text import safe_lines

_SPAN = re.compile(r"(?<!`)(`{1,3})(?!`)([^\n]{1,400}?)(?<!`)\1(?!`)")
_MOST = 20_000
"""Longer texts are no clauses: they are shown as they are."""


def prose(text: str) -> Markup:
    """A text for a page: hidden characters made visible, all of it escaped, code spans as code."""
    shown = "\n".join(safe_lines(text))
    if len(shown) > _MOST:
        return escape(shown)
    parts: list[Markup] = []
    at = 0
    for span in _SPAN.finditer(shown):
        parts += [escape(shown[at : span.start()]), Markup("<code>{}</code>").format(_inner(span[2]))]
        at = span.end()
    return Markup("").join([*parts, escape(shown[at:])])


def _inner(code: str) -> str:
    """As Markdown has it: one space on both sides is there to set backticks apart."""
    return code[1:-1] if len(code) > 2 and code.startswith(" ") and code.endswith(" ") and code.strip() else code
