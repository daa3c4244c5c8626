"""Help that fits the terminal, however narrow, and never breaks a line inside of an option or a command."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable

import click

_WIDEST = 100
_NARROWEST = 30
_NARROW = 64  # columns below which what an option does stands below it, when the options leave it no room
_LEAST = 30  # columns that a text beside an option needs
_BESIDE = 24  # columns that the arguments need beside the command
_BELOW = 6  # columns that a text below an option is moved in
_TERM = 30  # columns of an option beside which its text can stand

# A command in backquotes, a note in brackets, an option with its value: short ones are held together.
_TOGETHER = re.compile(r"`[^`]+`|\[[^][]+\]|(?<![\w-])--?[a-z][\w-]*(?:[ =][A-Z]+\b)?")
_HYPHEN = re.compile(r"(?<=\S)-(?=\S)|(?<!\S)-")
_RANGE = re.compile(r" +\[[^][ ]*x[<>=][^][ ]*\]$")  # the error for a number outside of it says it better
_KEPT = {" ": "\u00a0", "-": "\u2011"}  # what textwrap does not break at


class HelpPage(click.HelpFormatter):
    """Click's formatter, on the terminal's own width: click takes no terminal to be narrower than 50 columns."""

    def __init__(self) -> None:
        columns = shutil.get_terminal_size((_WIDEST, 24)).columns
        super().__init__(width=max(_NARROWEST, min(_WIDEST, columns)) - 2)

    def write(self, string: str) -> None:
        for plain, kept in _KEPT.items():
            string = string.replace(kept, plain)
        super().write(string)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        head = f"{prefix or 'Usage: '}{prog} ".replace(" ", _KEPT[" "])
        beside = self.width - len(head) >= _BESIDE
        self.write(
            click.wrap_text(
                head.rstrip() + " " + self._held(args), self.width, "", " " * (len(head) if beside else _BELOW)
            )
            + "\n"
        )

    def write_text(self, text: str) -> None:
        super().write_text(self._held(text))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = _TERM, col_spacing: int = 2) -> None:
        held = [(self._held(first), self._held(_RANGE.sub("", second))) for first, second in rows]
        widest = max((len(first) for first, _ in held), default=0)
        room = self.width - self.current_indent - col_spacing
        if self.width + 2 < _NARROW and room - min(widest, col_max) < _LEAST:
            self._write_below(held)
        else:
            fitting = max((len(first) for first, _ in held if len(first) <= col_max), default=col_max)
            super().write_dl(held, fitting, col_spacing)

    def _write_below(self, rows: Iterable[tuple[str, str]]) -> None:
        for first, second in rows:
            for indent, text in ((self.current_indent, first), (_BELOW, second)):
                if text:
                    space = " " * indent
                    self.write(
                        click.wrap_text(text, self.width, space, space + "  " * (text is first), bool(text is second))
                        + "\n"
                    )

    def _held(self, text: str) -> str:
        """The text with what belongs together held together, where that fits half a line."""

        def hold(found: re.Match[str]) -> str:
            return found[0].replace(" ", _KEPT[" "]) if len(found[0]) <= self.width // 2 else found[0]

        return _HYPHEN.sub(_KEPT["-"], _TOGETHER.sub(hold, text))


class PageContext(click.Context):
    """A click context whose help is a HelpPage."""

    def make_formatter(self) -> click.HelpFormatter:
        return HelpPage()
