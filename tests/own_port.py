"""A port of this machine that no other test takes, even while the server on it is stopped and started again."""

from __future__ import annotations

import random
import socket


def own_port() -> int:
    """Below the ports that the kernel gives out by itself, and not the usual one, which every site tries first."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
