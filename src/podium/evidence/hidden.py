"""Characters that a reader does not see or that change what a reader sees. Pure.

After "Trojan Source" (CVE-2021-42574, CVE-2021-42694): direction controls make a line read in another order than it
is compiled, zero-width characters make two equal-looking names different.
"""

from __future__ import annotations

import re
import unicodedata

# Direction controls, zero-width characters and joiners, invisible operators, soft hyphen, Hangul, Khmer and Mongolian
# fillers, the empty Braille pattern, line ends that only some programs know (JavaScript: what follows is no comment any
# more), annotations, variation selectors, tag characters, control characters but tab, form feed and the carriage
# return that ends a line.
_SUSPECT = re.compile(
    "[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad\u115f\u1160\u3164\uffa0\u17b4\u17b5\u180b-\u180f"
    "\u2800\ufff9-\ufffb\ufe00-\ufe0f\U000e0000-\U000e01ef\x00-\x08\x0b\x0e-\x1f\x7f\x80-\x9f]|\r(?!$)"
)
_JOINERS = "\u200c\u200d"
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_KEYCAP = "\u20e3"
_LIMIT = 100_000
_MOST_NAMES = 3


def hidden_characters(text: str) -> tuple[str, ...]:
    """The code points and names of the hidden characters in `text`, at most three, each once.

    A joiner between characters that are joined in ordinary writing (emoji, Persian, Hindi ...) is not hidden; between
    ASCII characters it is. Nor is one selector that chooses the form of the character before it.
    """
    names: dict[str, None] = {}
    for found in _SUSPECT.finditer(text[:_LIMIT]):
        char = found.group()
        if char in _JOINERS and _ordinary(text, found.start()):
            continue
        if _SELECTORS.match(char) and _selects(text, found.start()):
            continue
        names[f"U+{ord(char):04X} {unicodedata.name(char, 'control character')}"] = None
        if len(names) == _MOST_NAMES:
            break
    return tuple(names)


def _ordinary(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return bool(before and after) and not before.isascii() and not after.isascii()


def _selects(text: str, at: int) -> bool:
    before = text[at - 1 : at]
    if text[at + 1 : at + 2] == _KEYCAP:
        return True
    return bool(before) and not before.isascii() and not _SELECTORS.match(before)
