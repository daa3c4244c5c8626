"""The supervisor's own log, within a size: libraries log what a hostile agent makes them log."""

from __future__ import annotations

import logging
import sys

LIMIT = 256 * 1024


class BoundedHandler(logging.Handler):
    """Writes to stderr until so many characters were written, then says so and is silent."""

    def __init__(self, limit: int = LIMIT) -> None:
        super().__init__()
        self._left = limit

    def emit(self, record: logging.LogRecord) -> None:
        if self._left <= 0:
            return
        text = self.format(record)[: self._left]
        self._left -= len(text)
        end = "" if self._left > 0 else "\n(the log is full: nothing more is logged)"
        print(f"{text}{end}", file=sys.stderr)  # noqa: T201 - this is the log


def install() -> None:
    """Make it the only handler of this process."""
    handler = BoundedHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
