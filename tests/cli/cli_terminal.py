"""The real `podium` on a terminal: keys go in, what is shown comes out."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

from cli_world import World

# The terminal becomes the program's own, so that Ctrl-C reaches it.
_START = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, '-m', 'podium.cli.main', *sys.argv[1:]])"
)
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


class Terminal:
    """One program on a terminal of 100 columns and 30 lines."""

    def __init__(self, world: World, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=world.repository,
            env=world.environ | {"TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(slave)
        self._raw = b""
        self._seen = 0

    @property
    def raw(self) -> str:
        """Everything that was shown, with its control codes."""
        return self._raw.decode("utf-8", "replace")

    def expect(self, text: str, seconds: float = 60.0) -> str:
        """Wait until `text` is shown after what was expected before; what was shown up to its end."""
        deadline = time.monotonic() + seconds
        while True:
            plain = _CODES.sub("", self.raw)
            at = plain.find(text, self._seen)
            if at >= 0:
                before, self._seen = self._seen, at + len(text)
                return plain[before : self._seen]
            assert time.monotonic() < deadline, f"{text!r} was not shown; this was:\n{plain[self._seen :]}"
            assert self._read(0.2), f"{text!r} was not shown before the end; this was:\n{plain[self._seen :]}"

    def send(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size, which the program is told of."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def wait(self, seconds: float = 60.0) -> int:
        """The exit code."""
        deadline = time.monotonic() + seconds
        while self._process.poll() is None:
            self._read(0.1)
            assert time.monotonic() < deadline, f"it did not end; this was shown:\n{self.raw}"
        while self._read(0.0):
            pass
        return self._process.returncode

    def close(self) -> None:
        """End the program if it is still there, and give the terminal back."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _read(self, seconds: float) -> bool:
        """Take in what is shown; False when the terminal was closed (or nothing waits, at no seconds)."""
        if not select.select([self._master], [], [], seconds)[0]:
            return seconds > 0
        try:
            more = os.read(self._master, 65536)
        except OSError:  # Linux: every program that held the other end has gone
            return False
        self._raw += more
        return bool(more)
