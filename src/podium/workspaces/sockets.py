"""Listening sockets on a sandbox's own loopback, held by the host: the only way out of a sandbox without a network.

Design. Nothing runs inside for this: what is mounted there need not hold any program of ours, and the agent could not
be kept from one. A helper on the host enters the network namespace (see `enter.py`), listens on 127.0.0.1, and passes
the sockets back. Whoever holds them serves what connects: a request's sandbox is known by the socket it came in on, no
port of the host is open, and when the holder is gone, so is the way out. Every sandbox has its own loopback, so ports
never clash between runs.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from podium.kernel.errors import PodiumError, UsageError
from podium.runs.model import Tier

_ENTER: Final = Path(__file__).with_name("enter.py")
_SECONDS: Final = 20.0
_MOST: Final = 64


def can_listen(tier: Tier) -> bool:
    """Whether sandboxes of this tier have a loopback of their own."""
    return tier in ("overlay", "clone")


def listen_inside(pid: int, ports: Sequence[int], *, python: str = sys.executable) -> tuple[socket.socket, ...]:
    """Listening sockets on these ports of 127.0.0.1, as the process `pid` of a sandbox sees it; close them.

    The sandbox must be set up (its command runs). Raises UsageError for impossible ports, and PodiumError when the
    network cannot be entered or a port is taken there.
    """
    if not ports or len(ports) > _MOST or len(set(ports)) != len(ports) or not all(0 < port < 65536 for port in ports):
        raise UsageError(f"these are no ports to listen on: {list(ports)}", where="sandbox network")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(_SECONDS)
        words = [python, "-I", "-S", str(_ENTER), str(pid), str(theirs.fileno()), *map(str, ports)]
        helper = subprocess.Popen(
            words, pass_fds=(theirs.fileno(),), env={}, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()
        try:
            said, fds, _flags, _address = socket.recv_fds(ours, 600, _MOST)
        except TimeoutError:
            said, fds = b"it took too long", []
        finally:
            helper.kill()
            helper.wait()
    found = tuple(socket.socket(fileno=fd) for fd in fds)
    if len(found) != len(ports):
        for each in found:
            each.close()
        raise PodiumError(
            f"no port could be opened in the sandbox: {said.decode(errors='replace') or 'the helper failed'}",
            where="sandbox network",
        )
    return found
