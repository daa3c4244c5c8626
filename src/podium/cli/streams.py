"""The three streams that a process is born with, when one of them is closed, full, or no longer read."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import cast

from podium.kernel.errors import PodiumError


class UnwritableError(PodiumError):
    """What was printed cannot be written. `unread` when its reader has gone: it read what it wanted, as `head` does."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"the output cannot be written: {error.strerror}", where="standard output")
        self.unread = error.errno in (errno.EPIPE, errno.EIO)  # EIO: its terminal was closed


class Printed(io.TextIOWrapper):
    """Standard output that tells its own trouble from that of any other file."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            raise UnwritableError(error) from error

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise UnwritableError(error) from error


def open_streams() -> None:
    """Make sure that all three exist, and that none fails for a character that it cannot show.

    A number that is free would be given to the next file that is opened: what a child process prints would go into the
    database.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # it gets the lowest free number: this one
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - None where the number was free
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - open to the end
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if isinstance(sys.stderr, io.TextIOWrapper):
        cast("io.TextIOWrapper", sys.stderr).reconfigure(errors="backslashreplace")
    _open_output()


def _open_output() -> None:
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stdout = Printed(open(1, "wb", closefd=False), "utf-8", "backslashreplace")  # noqa: SIM115
    elif isinstance(sys.stdout, io.TextIOWrapper):
        old = cast("io.TextIOWrapper", sys.stdout)
        sys.stdout = Printed(old.buffer, old.encoding, "backslashreplace", line_buffering=old.line_buffering)


def drop_what_is_unwritten() -> None:
    """Let what no reader takes go nowhere: it would be an error once more when the process ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, UnwritableError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            with contextlib.suppress(OSError, UnwritableError):
                stream.flush()
