"""A terminal taken over for reading: one key at a time, a screen of its own, given back however it ends."""

from __future__ import annotations

import importlib
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

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
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._before: dict[int, Any] = {}
        self._wake_before = -1

    def enter(self) -> None:
        """Take keys one by one, on a screen of its own, without a cursor. Ctrl-C still interrupts, Ctrl-Z suspends."""
        self._before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGWINCH, signal.SIGTSTP)}
        # The kernel's handler writes there too: a signal just before the wait for a key is not slept through.
        self._wake_before = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        self._take()

    def leave(self) -> None:
        """Give the terminal back as it was."""
        self._give_back()
        signal.set_wakeup_fd(self._wake_before)
        for number, before in self._before.items():
            signal.signal(number, before)
        os.close(self._woken)
        os.close(self._wake)

    def key(self) -> str:
        """The next key: a character, or the name of a special one. `q` when the terminal has gone.

        `redraw` is no key: the size of the terminal has changed, or it was somebody else's for a while.
        """
        if self._is_woken():
            return "redraw"
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
        suspending = signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # a half typed line would be lost
        with suppress(ImportError):
            importlib.import_module("readline")  # gives `input` its line editing
        try:
            return input(question).strip()
        except (EOFError, KeyboardInterrupt):
            return ""
        finally:
            signal.signal(signal.SIGTSTP, suspending)
            tty.setcbreak(self._terminal)
            self._write("\x1b[?25l")

    def _take(self) -> None:
        tty.setcbreak(self._terminal)
        self._write("\x1b[?1049h\x1b[?25l")

    def _give_back(self) -> None:
        self._write("\x1b[?25h\x1b[?1049l")
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._plain)

    def _on_signal(self, number: int, _frame: object) -> None:
        if number == signal.SIGTSTP:
            self._give_back()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)  # here it stops, until the shell brings it back
            signal.signal(number, self._on_signal)
            self._take()
        with suppress(BlockingIOError):
            os.write(self._wake, b"!")

    def _is_woken(self) -> bool:
        """Wait for a key or a signal; True when it was a signal."""
        poll = select.poll()
        for descriptor in (self._terminal, self._woken):
            poll.register(descriptor, select.POLLIN | select.POLLPRI)
        if all(descriptor != self._woken for descriptor, _ in poll.poll()):
            return False
        os.read(self._woken, 4096)
        return True

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
