"""A program on a pseudo-terminal, and a person who reads what it prints and types."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path

ROWS, COLUMNS = 50, 100


class Terminal:
    """Runs a command on a terminal of its own. Use it inside `with`."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], cwd: Path) -> None:
        self._master, worker = pty.openpty()
        fcntl.ioctl(worker, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command,
            stdin=worker,
            stdout=worker,
            stderr=worker,
            env={**environment, "TERM": "xterm"},
            cwd=cwd,
            preexec_fn=take_terminal,
        )
        os.close(worker)
        self.text = ""
        self._read_to = 0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
        os.close(self._master)

    def wait_for(self, pattern: str, seconds: float = 120.0) -> str:
        """Read until `pattern` is found in what was printed since the last match."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.text[self._read_to :])
            if found:
                self._read_to += found.end()
                return found[0]
            left = deadline - time.monotonic()
            assert left > 0, f"not within {seconds:g} s: {pattern}\n{self.text[-3000:]}"
            assert self._more(left), f"it ended before it printed {pattern}\n{self.text[-3000:]}"

    def type(self, keys: str) -> None:
        """Type these keys."""
        os.write(self._master, keys.encode())

    def end(self, seconds: float = 120.0) -> int:
        """Read until the program ends; its exit code."""
        deadline = time.monotonic() + seconds
        while self._more(max(0.0, deadline - time.monotonic())):
            assert time.monotonic() < deadline, self.text[-3000:]
        return self.process.wait(10)

    def _more(self, seconds: float) -> bool:
        """Read what there is; False at the end of the output."""
        if not select.select([self._master], [], [], min(seconds, 1.0))[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how Linux says that nobody has the other side any more
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)
