"""Connecting to a program that listens on a sandbox's own loopback, from the host: for a preview.

The sandbox has no way out for that, and needs none: a helper on the host enters its network (see `enter.py`) and hands
out sockets that were made there. Whoever holds one connects to 127.0.0.1 as the sandbox sees it.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

from podium.kernel.errors import PodiumError

_ENTER: Final = Path(__file__).with_name("enter.py")
_SECONDS: Final = 20.0
_CONNECT_SECONDS: Final = 5.0


class Reach:
    """The way into the network of one sandbox. Not to be used from several threads at once; close it."""

    def __init__(self, pid: int, *, python: str = sys.executable) -> None:
        self._ours, theirs = socket.socketpair()
        self._ours.settimeout(_SECONDS)
        with theirs:
            words = [python, "-I", "-S", str(_ENTER), str(pid), str(theirs.fileno())]
            self._helper = subprocess.Popen(
                words, pass_fds=(theirs.fileno(),), env={}, cwd="/", stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

    def connect(self, port: int) -> socket.socket:
        """A connection to this port inside. Raises OSError when nobody listens there, PodiumError without a sandbox."""
        try:
            self._ours.send(b"!")
            said, fds, _flags, _address = socket.recv_fds(self._ours, 600, 1)
        except OSError as error:
            raise PodiumError(f"the sandbox's network cannot be reached: {error}") from error
        if not fds:
            raise PodiumError(
                f"the sandbox's network cannot be reached: {said.decode(errors='replace') or 'it is gone'}"
            )
        found = socket.socket(fileno=fds[0])
        try:
            found.settimeout(_CONNECT_SECONDS)
            found.connect(("127.0.0.1", port))
        except OSError:
            found.close()
            raise
        return found

    def close(self) -> None:
        """End the helper; connections that were made stay. Idempotent."""
        self._ours.close()
        self._helper.kill()
        self._helper.wait()
