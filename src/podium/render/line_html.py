"""One line of a file as HTML: its colours, its changed words, and what cannot be seen made visible. All is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from podium.render.colours import KINDS, Line
from podium.render.rows import LONGEST
from podium.render.safe_text import TAB, pieces
from podium.render.words import Spans

_PLAIN = re.compile(r"[ -~]*")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def escape(text: str) -> str:
    """Text for use in HTML, in elements and in quoted attributes."""
    return text.translate(_ESCAPES)


def line_html(text: str, colours: Line = (), spans: Spans = ()) -> str:
    """The inside of a line: at most `LONGEST` characters of it, then how many more there are."""
    shown = text[:LONGEST]
    plain = _PLAIN.fullmatch(shown) is not None
    if plain and not colours and not spans:
        html = shown.translate(_ESCAPES)
    else:
        html = "".join(_part(shown, part, plain) for part in _parts(len(shown), colours, spans))
    left = len(text) - len(shown)
    return html + (f'<span class="more">{left:,} more characters</span>' if left else "")


def _part(text: str, part: tuple[int, int, str], plain: bool) -> str:
    start, end, classes = part
    inside = text[start:end].translate(_ESCAPES) if plain else _visible(text, start, end)
    return f'<span class="{classes}">{inside}</span>' if classes else inside


def _visible(text: str, start: int, end: int) -> str:
    """A part of a line with tabs as spaces, by the column in the whole line, and hidden characters as codes."""
    part = text[start:end]
    if "\t" in part:
        before = len(text[:start].expandtabs(TAB))
        part = text[:end].expandtabs(TAB)[before:]
    return "".join(
        f'<span class="u">{escape(shown)}</span>' if hidden else escape(shown) for shown, hidden in pieces(part)
    )


def _parts(length: int, colours: Sequence[int], spans: Spans) -> Iterator[tuple[int, int, str]]:
    """The line cut wherever colour or change begins or ends, each part with its classes."""
    cuts: dict[int, None] = {0: None, length: None}
    at = 0
    kinds: list[tuple[int, str]] = []
    for size, kind in zip(colours[::2], colours[1::2], strict=False):
        kinds.append((at, KINDS[kind] if kind < len(KINDS) else ""))
        cuts[min(at, length)] = None
        at += size
    kinds.append((at, ""))
    cuts[min(at, length)] = None
    for start, end in spans:
        cuts[min(start, length)] = cuts[min(end, length)] = None
    edges = sorted(cuts)
    kind_at = span_at = 0
    for start, end in pairwise(edges):
        while kind_at + 1 < len(kinds) and kinds[kind_at + 1][0] <= start:
            kind_at += 1
        while span_at < len(spans) and spans[span_at][1] <= start:
            span_at += 1
        kind = kinds[kind_at][1] if kinds[kind_at][0] <= start else ""
        changed = span_at < len(spans) and spans[span_at][0] <= start
        yield start, end, f"{kind} w".strip() if changed else kind
