"""Waiting for a file descriptor, whatever its number: `select.select` fails above 1023."""

from __future__ import annotations

import select


def is_readable(descriptor: int, seconds: float) -> bool:
    """Whether there is something to read within that time, be it only the end; 0 looks without waiting."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLPRI)
    return bool(poll.poll(max(0.0, seconds) * 1000))
