"""Goes into a sandbox's network, listens there on loopback and hands the listening sockets back, and is gone.

Run as `python -I -S enter.py PID FD PORT...` with the standard library only, by `podium.workspaces.sockets`. PID is a
process in the sandbox, FD one end of a socket pair. Without a PORT it hands out sockets to connect with, one for each
byte that comes, until the other end is closed. It enters the user namespace that owns the network, in which the
user who made it may do everything, then the network itself; nothing of the sandbox's files is ever in its sight, and
nothing of its own in the sandbox's.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import sys

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_GET_USERNS = 0xB701  # ioctl: the user namespace that owns a namespace
BACKLOG = 128


def main(pid: int, fd: int, ports: list[int]) -> None:
    """Send one listening socket for each port, or one line that says why not."""
    with socket.socket(fileno=fd) as channel:
        try:
            _enter(pid)
            if not ports:
                _hand_out(channel)
                return
            listeners = [_listen(port) for port in ports]
        except OSError as error:
            channel.sendall(f"{error.strerror or error}".encode()[:500])
            return
        socket.send_fds(channel, [b"\0"], [each.fileno() for each in listeners])


def _enter(pid: int) -> None:
    network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    if os.fstat(network).st_ino == os.stat("/proc/self/ns/net").st_ino:  # noqa: PTH116 - no import that is not needed
        raise OSError("the process has no network of its own")
    owner = fcntl.ioctl(network, _GET_USERNS)
    _setns(owner, _NEW_USER)
    _setns(network, _NEW_NET)


def _setns(fd: int, kind: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(ctypes.c_int(fd), ctypes.c_int(kind)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"the sandbox's network cannot be entered: {os.strerror(number)}")


def _hand_out(channel: socket.socket) -> None:
    """Answer each byte with a fresh socket of the sandbox's network, for its holder to connect with."""
    while channel.recv(1):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as fresh:
            socket.send_fds(channel, [b"\0"], [fresh.fileno()])


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(BACKLOG)
    return listener


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), [int(each) for each in sys.argv[3:]])
