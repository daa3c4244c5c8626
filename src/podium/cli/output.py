"""Printing: text or one JSON document on stdout, progress on stderr, colour only on a terminal."""

from __future__ import annotations

import re
import shutil
import sys
from typing import Any

import click

from podium.cli.terminal_facts import TerminalFacts
from podium.render.paint import Paint, Tone

_ACTS = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_NOT_ASCII = re.compile("[^\x00-\x7e]")


class Output:
    """What a verb prints through. With `json`, lines are silent and `document` prints; else the other way round."""

    def __init__(self, *, json: bool, terminal: TerminalFacts) -> None:
        self.json = json
        self.interactive = sys.stdin.isatty() and sys.stdout.isatty() and not json
        self.color = sys.stdout.isatty() if terminal.color is None else terminal.color
        self.error_color = sys.stderr.isatty() if terminal.color is None else terminal.color
        self.live = sys.stdout.isatty() and not json and terminal.moving
        self.paged = self.interactive and not terminal.dumb
        self._terminal = terminal

    @property
    def width(self) -> int:
        """Columns of the terminal, between 40 and 120; 100 when stdout is no terminal."""
        return max(40, min(120, shutil.get_terminal_size((100, 24)).columns))

    @property
    def unicode(self) -> bool:
        """Whether stdout can show more than ASCII."""
        return self._encodes and self._terminal.unicode

    @property
    def _encodes(self) -> bool:
        return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"

    @property
    def ink(self) -> Paint:
        """How to draw on stdout."""
        return Paint(color=self.color, unicode=self.unicode)

    def paint(self, text: str, tone: Tone) -> str:
        """`text` in a colour where stdout shows colours."""
        return self.ink(text, tone)

    def safe(self, text: str) -> str:
        """Text that an agent or a file may have written, on one line, with nothing left that acts on a terminal."""
        from podium.render.safe_text import safe_line

        return safe_line(text)

    def line(self, text: str = "") -> None:
        """One line for a person on stdout; silent with --json."""
        if not self.json:
            click.echo(text, color=self.color)

    def document(self, data: Any) -> None:
        """The one JSON document on stdout; silent without --json."""
        if self.json:
            import msgspec

            click.echo(self.escaped(msgspec.json.format(msgspec.json.encode(data), indent=2).decode()))

    def escaped(self, text: str) -> str:
        """JSON in which what acts on a terminal is escaped: JSON itself leaves DEL, C1 controls and directions be.

        Where stdout is not UTF-8, all that is not ASCII is escaped.
        """
        return (_ACTS if self._encodes else _NOT_ASCII).sub(_json_escape, text)

    def progress(self, text: str) -> None:
        """One line of what goes on: on stdout for a person, on stderr beside a JSON document."""
        click.echo(text, err=self.json, color=self.error_color if self.json else self.color)

    def note(self, text: str) -> None:
        """One line about what goes on, on stderr."""
        click.echo(click.style(text, dim=True) if self.error_color else text, err=True, color=self.error_color)

    def warn(self, text: str) -> None:
        """One warning on stderr."""
        head = click.style("warning:", fg="yellow", bold=True) if self.error_color else "warning:"
        click.echo(f"{head} {text}", err=True, color=self.error_color)


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
