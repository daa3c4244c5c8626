"""Where the story is told: paragraphs, and Podium's own commands, run as if they were typed."""

from __future__ import annotations

import contextlib
import os
import shlex
import textwrap
from pathlib import Path

import click

from podium.cli.context import Context
from podium.cli.demo_story.place import Place
from podium.cli.failure import INTERRUPTED
from podium.cli.output import Output

_WIDEST = 100


class Stage:
    """Tells and shows. `output` is the demo's own; the commands find theirs."""

    def __init__(self, place: Place, output: Output, *, colour: bool) -> None:
        self.place = place
        self.output = output
        self._colour = colour

    @property
    def width(self) -> int:
        """Columns of a paragraph."""
        return min(self.output.width, _WIDEST)

    def act(self, title: str) -> None:
        """A heading."""
        rule = self.output.ink.glyph("rule")
        self._echo()
        self._echo(self.output.paint(f"{rule * 2} {title} {rule * max(2, self.width - len(title) - 4)}", "name"))

    def tell(self, text: str) -> None:
        """A paragraph."""
        self._echo()
        self._echo(textwrap.fill(" ".join(text.split()), self.width, break_long_words=False, break_on_hyphens=False))

    def line(self, text: str = "") -> None:
        """One line as it is."""
        self._echo(text)

    def podium(self, *arguments: str) -> int:
        """Show a command of Podium and run it in the project; its exit code. Raises KeyboardInterrupt for Ctrl-C."""
        self.command(f"podium {shlex.join(arguments)}")
        return self._run(arguments)

    def quietly(self, *arguments: str) -> int:
        """As `podium`, without showing the command or what it prints."""
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            return self._run(arguments)

    def _run(self, arguments: tuple[str, ...]) -> int:
        from podium.cli.main import run

        options = [] if self._colour else ["--no-color"]
        code = run(["-C", str(self.place.project), *options, *arguments], self.context())
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        return code

    def git(self, *arguments: str) -> None:
        """Show a git command and what it prints."""
        self.command(f"git {shlex.join(arguments)}")
        for line in self.place.git(*arguments).splitlines():
            self._echo(self.output.safe(line))

    def context(self) -> Context:
        """A look at the project from outside of any command; to be closed."""
        context = Context(self.place.environment)
        context.options.directory = str(self.place.project)
        return context

    def ask(self, question: str, default: str) -> str:
        """What the person answers."""
        return str(click.prompt(question, default=default, show_default=bool(default))).strip()

    def agrees(self, question: str) -> bool:
        """Whether the person says yes; asked again until it is yes or no."""
        return click.confirm(question, default=True)

    def command(self, text: str) -> None:
        """A command as it would be typed."""
        self._echo()
        self._echo(self.output.paint(f"$ {text}", "strong"))

    def _echo(self, text: str = "") -> None:
        click.echo(text, color=self.output.color)
