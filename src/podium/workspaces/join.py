"""Goes into a sandbox that is there already and becomes a command in it, for a person who takes over by hand.

Run as `python -I -S join.py PID FD` with the standard library only, by `podium.workspaces.takeover`. PID is a process
in the sandbox; FD is a file that holds, as JSON, the argv, the environment, the directory, the system call filter (hex)
and whether there is a terminal. It enters all namespaces of PID, so that it sees the same files, network and processes,
and gives up every right that entering took: the command runs as the sandbox's own user, under the same filter.

With a terminal, the command gets one of its own and this process carries the keys: a program of the agent's that the
person starts can type into that one, never into the person's.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import pty
import select
import signal
import sys
import termios
import tty
from typing import Any

_NEW = {"mnt": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "pid": 0x20000000, "net": 0x40000000}
_NEW_USER = 0x10000000
_GET_USERNS = 0xB701  # ioctl: the user namespace that owns a namespace
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER, _DEATH_SIGNAL = 38, 22, 2, 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def main(pid: int, fd: int) -> int:
    """Run the command in the sandbox of `pid`; its exit code."""
    with os.fdopen(fd, "rb") as file:
        order: dict[str, Any] = json.load(file)
    program = bytes.fromhex(order["seccomp"])
    _enter(pid)
    if order["terminal"]:
        return _with_terminal(order, program)
    child = os.fork()
    if child == 0:
        _become(order, program)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _enter(pid: int) -> None:
    spaces = {name: os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC) for name in _NEW}
    inner = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    mine = os.stat("/proc/self/ns/user").st_ino  # noqa: PTH116 - no import that is not needed
    if os.fstat(inner).st_ino == mine:
        raise OSError("the process is in no sandbox")
    owner = fcntl.ioctl(spaces["mnt"], _GET_USERNS)
    same = os.fstat(owner).st_ino == os.fstat(inner).st_ino
    _setns(owner, _NEW_USER)
    for name, space in spaces.items():
        if name != "mnt":
            _setns(space, _NEW[name])
    _setns(spaces["mnt"], _NEW["mnt"])
    if not same:
        _setns(inner, _NEW_USER)


def _setns(fd: int, kind: int) -> None:
    if _LIBC.setns(ctypes.c_int(fd), ctypes.c_int(kind)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"the sandbox cannot be entered: {os.strerror(number)}")


def _become(order: dict[str, Any], program: bytes) -> None:
    """The child: never returns."""
    try:
        _prctl(_DEATH_SIGNAL, signal.SIGKILL)
        os.chdir(order["directory"])
        os.closerange(3, 4096)
        _prctl(_NO_NEW_PRIVS, 1)
        if program:
            _filter(program)
        os.execve(order["argv"][0], order["argv"], order["env"])
    except OSError as error:
        os.write(2, f"podium: {order['argv'][0]}: {error.strerror}\n".encode())
    finally:
        os._exit(126)


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(ctypes.c_int(option), ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _filter(program: bytes) -> None:
    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    body = ctypes.create_string_buffer(program, len(program))
    one = Program(len(program) // 8, ctypes.cast(body, ctypes.c_void_p))
    if _LIBC.prctl(ctypes.c_int(_SET_SECCOMP), ctypes.c_ulong(_FILTER), ctypes.byref(one), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the system call filter")


def _with_terminal(order: dict[str, Any], program: bytes) -> int:
    child, master = pty.fork()
    if child == 0:
        _become(order, program)

    def resize(*_arguments: object) -> None:
        size = fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)
        fcntl.ioctl(master, termios.TIOCSWINSZ, size)

    resize()
    signal.signal(signal.SIGWINCH, resize)
    before = termios.tcgetattr(0)
    try:
        tty.setraw(0, termios.TCSADRAIN)  # what was typed ahead stays
        _carry(master)
    finally:
        termios.tcsetattr(0, termios.TCSAFLUSH, before)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _carry(master: int) -> None:
    poll = select.poll()
    for each in (0, master):
        poll.register(each, select.POLLIN)
    while True:
        ready = [descriptor for descriptor, _ in poll.poll()]
        if master in ready:
            try:
                said = os.read(master, 65536)
            except OSError:
                return
            if not said:
                return
            os.write(1, said)
        if 0 in ready:
            typed = os.read(0, 65536)
            if not typed:
                return
            os.write(master, typed)


if __name__ == "__main__":
    try:
        code = main(int(sys.argv[1]), int(sys.argv[2]))
    except OSError as error:
        sys.stderr.write(f"podium: {error.strerror or error}\n")
        code = 125
    sys.exit(code if code >= 0 else 128 - code)
