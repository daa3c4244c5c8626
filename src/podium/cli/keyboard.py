"""A terminal taken over for reading: one key at a time, a screen of its own, given back however it ends."""

from __future__ import annotations

import importlib
import os
import sys
import termios
import tty
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress

from podium.kernel.readable import is_readable

_SEQUENCES = {
    b"\x1b[A": "up",
    b"\x1b[B": "down",
    b"\x1b[C": "right",
    b"\x1b[D": "left",
    b"\x1bOA": "up",
    b"\x1bOB": "down",
    b"\x1b[5~": "page up",
    b"\x1b[6~": "page down",
    b"\x1b[H": "home",
    b"\x1b[F": "end",
    b"\x1b": "escape",
    b"\r": "enter",
    b"\n": "enter",
    b" ": "space",
    b"\x7f": "backspace",
    b"\x08": "backspace",
    b"\x04": "q",
}
_ESCAPE_SECONDS = 0.05  # a lone Escape is one that nothing follows for so long


class Keyboard:
    """The terminal while `take_terminal` holds it."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._plain = termios.tcgetattr(terminal)

    def enter(self) -> None:
        """Take keys one by one, on a screen of its own, without a cursor. Ctrl-C still interrupts."""
        tty.setcbreak(self._terminal)
        self._write("\x1b[?1049h\x1b[?25l")

    def leave(self) -> None:
        """Give the terminal back as it was."""
        self._write("\x1b[?25h\x1b[?1049l")
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._plain)

    def key(self) -> str:
        """The next key: a character, or the name of a special one. `q` when the terminal has gone."""
        raw = os.read(self._terminal, 1)
        if not raw:
            return "q"
        if raw == b"\x1b":
            while is_readable(self._terminal, _ESCAPE_SECONDS) and len(raw) < 8:
                raw += os.read(self._terminal, 1)
                if raw in _SEQUENCES or (len(raw) > 2 and raw[-1:].isalpha()):
                    break
        elif raw[0] >= 0xC0:
            raw += os.read(self._terminal, 1 if raw[0] < 0xE0 else 2 if raw[0] < 0xF0 else 3)
        return _SEQUENCES.get(raw, raw.decode("utf-8", "replace"))

    def draw(self, lines: Sequence[str]) -> None:
        """Show these lines, which must fit, from the top of the screen."""
        self._write("\x1b[H" + "".join(f"{line}\x1b[K\r\n" for line in lines[:-1]) + lines[-1] + "\x1b[K\x1b[J")

    def ask(self, question: str) -> str:
        """One line typed by the person, at the bottom of the screen; empty when they break it off."""
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._plain)
        self._write("\r\x1b[K\x1b[?25h")
        with suppress(ImportError):
            importlib.import_module("readline")  # gives `input` its line editing
        try:
            return input(question).strip()
        except (EOFError, KeyboardInterrupt):
            return ""
        finally:
            tty.setcbreak(self._terminal)
            self._write("\x1b[?25l")

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


@contextmanager
def take_terminal() -> Generator[Keyboard]:
    """Hold the terminal for a `with` block."""
    keyboard = Keyboard(sys.stdin.fileno())
    keyboard.enter()
    try:
        yield keyboard
    finally:
        keyboard.leave()
