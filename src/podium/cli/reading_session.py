"""Reading a candidate on a terminal: page after page, each key a mark, each mark recorded at once.

A hunk counts as read only when its end was on the screen: Space scrolls first, and marks when there is no more.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from podium.cli.cards import Card, deal, first_lines, hunk_page, last_lines
from podium.cli.keyboard import Keyboard
from podium.cli.output import Output
from podium.render.paint import Paint
from podium.render.terminal import in_order
from podium.review.case import Case
from podium.review.model import MarkName, Refusal

Verdict = Literal["quit", "accept", "refine", "reject"]

_HUNK_KEYS = "space seen & next · u understood · f flag · p point · n next · b back · g verdict · ? help · q quit"
_FIRST_KEYS = "space go on · p point · g verdict · ? help · q quit"
_LAST_KEYS = "a accept · r send back · x reject · p point · b back · q quit"
_HELP = (
    "Reading",
    "",
    "  space        scroll; at the end of a hunk: mark it seen, and go to the next page",
    "  u            understood: you could defend this change yourself",
    "  f            flag: something is wrong here; it stands against an accept",
    "  z            take the mark back",
    "  p            raise a point on this hunk",
    "  n, right     next page, without a mark",
    "  b, left      the page before",
    "  up, down     scroll by a line; page up, page down by a screen",
    "  g            to the verdict",
    "  q            stop here; what you marked is kept",
    "",
    "Marks are kept by content: a hunk that does not change stays read in later rounds.",
)


@dataclass
class Session:
    """One person reading one candidate. `record` writes a mark, `judge` tells what stands against an accept now."""

    case: Case
    output: Output
    record: Callable[[str, MarkName], None]
    judge: Callable[[], tuple[Refusal, ...]]
    points: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        ordered = in_order(self.case)
        self._marks: dict[str, MarkName] = {placed.hunk.id: mark for placed, mark in ordered}
        folded = self.case.folded  # proven, so that nobody need read it: `podium review --print --every` shows it
        self._cards = deal([(placed, mark) for placed, mark in ordered if placed.hunk.id not in folded])
        self._at = 0
        self._top = 0
        self._hint = ""
        self._page: list[str] = []

    def read(self, keyboard: Keyboard) -> Verdict:
        """Show pages and take keys until the person is done; what they want to do then."""
        self._turn(0)
        while True:
            self._draw(keyboard)
            self._hint = ""
            verdict = self._press(keyboard, keyboard.key())
            if verdict is not None:
                return verdict

    @property
    def _card(self) -> Card:
        return self._cards[self._at]

    def _press(self, keyboard: Keyboard, key: str) -> Verdict | None:
        if self._card.last and key in ("a", "r", "x"):
            verdicts: dict[str, Verdict] = {"a": "accept", "r": "refine", "x": "reject"}
            return verdicts[key]
        match key:
            case "q" | "escape":
                return "quit"
            case "space" | "page down" | "down" | "j" | "enter" | "up" | "k" | "page up" | "home" | "end":
                self._scroll(key)
            case "n" | "right":
                self._turn(self._at + 1)
            case "b" | "left" | "backspace":
                self._turn(self._at - 1)
            case "g":
                self._turn(len(self._cards) - 1)
            case "u":
                self._mark("understood")
            case "f":
                self._mark("flagged")
            case "z":
                self._mark("unseen")
            case "p":
                self._point(keyboard)
            case "?":
                self._help(keyboard)
            case "redraw":
                self._turn(self._at, top=self._top)
                self._top = max(0, min(self._top, len(self._page) - self._room()))
            case _:
                known = key if key.isprintable() else "that key"
                self._hint = f"{known} does nothing here; ? tells the keys"
        return None

    def _help(self, keyboard: Keyboard) -> None:
        while True:
            keyboard.draw(
                [self.output.ink.cut(line, self.output.width) for line in (*_HELP, "", "Any key goes back.")][
                    : self._room() + 2
                ]
            )
            if keyboard.key() != "redraw":
                break
        self._turn(self._at, top=self._top)

    def _scroll(self, key: str) -> None:
        room = self._room()
        step = {"down": 1, "j": 1, "enter": 1, "up": -1, "k": -1, "page up": -room, "page down": room}.get(key, 0)
        if key == "space":
            if not self._at_end():
                step = max(1, room - 1)
            elif self._card.placed is not None:
                self._mark("seen")
            else:
                self._turn(self._at + 1)
        elif key in ("home", "end"):
            step = len(self._page) if key == "end" else -len(self._page)
        self._top = max(0, min(self._top + step, len(self._page) - room))

    def _mark(self, mark: MarkName) -> None:
        placed = self._card.placed
        if placed is None:
            self._hint = "there is no hunk on this page to mark"
            return
        if mark in ("seen", "understood") and not self._at_end():
            self._hint = "there is more below: read it first (space)"
            return
        hunk = placed.hunk.id
        if mark != "seen" or self._marks[hunk] == "unseen":
            self.record(hunk, mark)
            self._marks[hunk] = mark
        self._turn(self._at if mark == "unseen" else self._at + 1)

    def _point(self, keyboard: Keyboard) -> None:
        text = keyboard.ask("Point: ")
        if not text:
            return
        placed = self._card.placed
        if placed is not None and placed.change.path not in text:
            line = next((row.new for row in placed.hunk.lines if row.kind == "+"), placed.hunk.new_start)
            text = f"{placed.change.path}:{line} {text}" if line else f"{placed.change.path} {text}"
        self.points.append(text)
        self._turn(self._at, top=self._top)

    def _turn(self, at: int, top: int = 0) -> None:
        self._at = max(0, min(at, len(self._cards) - 1))
        self._top = top
        card = self._card
        if card.placed is not None:
            self._page = hunk_page(card.placed, self._marks[card.placed.hunk.id], self.output)
        elif card.last:
            self._page = last_lines(self.case, self._marks, self.points, self.judge(), self.output)
        else:
            self._page = first_lines(self.case, self.output)

    def _room(self) -> int:
        return max(1, shutil.get_terminal_size().lines - 2)

    def _at_end(self) -> bool:
        return self._top + self._room() >= len(self._page)

    def _draw(self, keyboard: Keyboard) -> None:
        room, width, paint = self._room(), self.output.width, self.output.ink
        dot = paint.glyph("dot")
        shown = self._page[self._top : self._top + room]
        shown += [""] * (room - len(shown))
        more = "" if self._at_end() else f" {dot} {len(self._page) - self._top - room} more lines below"
        keys = _LAST_KEYS if self._card.last else _HUNK_KEYS if self._card.placed else _FIRST_KEYS
        head = f"{self._card.title}{more}" + (f" {dot} new points: {len(self.points)}" if self.points else "")
        status = paint(paint.cut(self._hint or head, width), "warn" if self._hint else "strong")
        keyboard.draw([*shown, status, paint(_fitting(keys, width, paint), "quiet")])


def _fitting(keys: str, width: int, paint: Paint) -> str:
    """As many of the keys as there is room for; the last two of a line are how to get help, and how to get out."""
    *most, one, other = keys.split(" · ")
    dot = f" {paint.glyph('dot')} "
    while most and len(dot.join([*most, one, other])) > width:
        most.pop()
    return paint.cut(dot.join([*most, one, other]), width)
