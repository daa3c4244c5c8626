"""A few lines at the bottom of a terminal that are drawn again and again, with lasting lines scrolling above them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

# A line that a narrow terminal broke in two would be left behind by the next drawing.
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"


class Screen:
    """Draws on `stream`, a terminal. The lines given must already fit its width."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._drawn: list[str] = []

    def draw(self, lasting: Sequence[str], table: Sequence[str]) -> None:
        """Add lasting lines, and replace the table below them."""
        room = max(3, shutil.get_terminal_size().lines - 2)
        shown = list(table)
        if len(shown) > room:
            shown = [*shown[: room - 1], f"  ... {len(shown) - room + 1} more"]
        if not lasting and shown == self._drawn:
            return
        up = f"\x1b[{len(self._drawn)}F\x1b[J" if self._drawn else ""
        above, below = ("".join(f"{line}\n" for line in lines) for lines in (lasting, shown))
        self._stream.write(f"{up}{above}{_NO_WRAP}{below}{_WRAP}")
        self._stream.flush()
        self._drawn = shown
