"""The supervisor's side of its inbox: woken by the FIFO, at once and without polling."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from podium.supervisor import inbox
from podium.supervisor.inbox import Delivery


class Mailbox:
    """Calls `on_message` with each message that waits, once in this process, whenever there is a new one.

    The receiver acknowledges. Use from one event loop.
    """

    def __init__(self, round_dir: Path, on_message: Callable[[Delivery], None]) -> None:
        self._round_dir = round_dir
        self._on_message = on_message
        self._seen: set[str] = set()
        inbox.prepare(round_dir)
        # Read and write, so that it never comes to an end while no writer has it open.
        self._wake = os.open(round_dir / inbox.INBOX / inbox.WAKE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def open(self) -> None:
        """Begin to listen; what waits already is delivered now."""
        asyncio.get_running_loop().add_reader(self._wake, self._woken)
        self.look()

    def look(self) -> None:
        """Deliver what is new."""
        for delivery in inbox.pending(self._round_dir):
            if delivery.id not in self._seen:
                self._seen.add(delivery.id)
                self._on_message(delivery)

    def acknowledge(self, delivery: Delivery) -> None:
        """Say that a message was acted upon."""
        inbox.acknowledge(self._round_dir, delivery.id)

    def close(self) -> None:
        """Listen no more."""
        asyncio.get_running_loop().remove_reader(self._wake)
        os.close(self._wake)

    def _woken(self) -> None:
        try:
            os.read(self._wake, 4096)
        except BlockingIOError:
            return
        self.look()
