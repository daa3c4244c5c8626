"""The first process of a sandbox without bwrap: locks itself up, starts the command and ends all that it left behind.

Run as `python -I -S bare_init.py FD` with the standard library only; FD holds the JSON that `podium.workspaces.bare`
writes. The command runs in a child that lowers its limits, enters a Landlock domain and installs the system call
filter before it executes anything. This process stays outside: it adopts every orphan, kills them all when the command
ends or its own parent dies, and reports on the status pipe in the same words as bwrap.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import Any

_SET_PDEATHSIG, _SET_SECCOMP, _SET_CHILD_SUBREAPER, _SET_NO_NEW_PRIVS = 1, 22, 36, 38
_BOUNDING_SET_DROP = 24
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446

SIGNALS_ABI = 6
"""The version of Landlock from which a domain can be kept from signalling processes outside."""

_READ = 0b1101  # execute, read files, read directories
_ON_FILES = 0b111 | 1 << 14 | 1 << 15  # the rights that a file can have; the others are a directory's

_libc = ctypes.CDLL(None, use_errno=True)


def landlock_abi() -> int:
    """The version of Landlock that this kernel speaks; 0 for none."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def main(fd: int) -> int:
    """Run the command of the order at `fd`; returns its exit code."""
    with os.fdopen(fd, "rb") as file:
        order = json.load(file)
    status = int(order["status"])
    os.set_inheritable(status, False)
    watched = {signal.SIGTERM, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    _prctl(_SET_CHILD_SUBREAPER, 1)
    _prctl(_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != order["parent"]:
        return 1
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _become(order, write)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        failure = pipe.read()
    if failure:
        sys.stderr.write(f"podium-init: {failure.decode(errors='replace')}\n")
        return 1
    _report(status, {"child-pid": os.getpid()})
    code = _attend(child, watched)
    _end_all()
    if code is not None:
        _report(status, {"exit-code": code})
    return 1 if code is None else code


def _become(order: dict[str, Any], write: int) -> None:
    """Lock this process up and execute the command. Never returns."""
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and a program would inherit that
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        os.chdir(order["cwd"])
        _limit(order["limits"])
        _prctl(_SET_NO_NEW_PRIVS, 1)
        if order["landlock"] is not None:
            _drop_capabilities()
            _landlock(order["landlock"])
        if order["seccomp"]:
            _seccomp(base64.b64decode(order["seccomp"]))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the command must not run
        os.write(write, f"the sandbox could not be set up: {error}".encode())
        os._exit(1)
    os.close(write)
    try:
        os.execvpe(order["argv"][0], order["argv"], order["env"])
    except OSError as error:
        os.write(2, f"podium-init: {order['argv'][0]}: {error.strerror}\n".encode(errors="replace"))
    os._exit(127)


def _limit(limits: dict[str, int]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits["files"], limits["files"]))
    if limits["bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits["bytes"], limits["bytes"]))


def _drop_capabilities() -> None:
    """Make root an ordinary user from the next program on: it gains what the bounding set holds, which is nothing."""
    for capability in range(64):
        if _libc.prctl(_BOUNDING_SET_DROP, capability, 0, 0, 0) != 0:
            return  # no right to do so, hence nothing to lose; or the last one is gone


def _landlock(rules: dict[str, list[str]]) -> None:
    """Enter a domain in which only the given paths can be read or written, and no TCP port is in reach."""
    abi = landlock_abi()
    handled = (1 << 13) - 1 | (1 << 13 if abi >= 2 else 0) | (1 << 14 if abi >= 3 else 0) | (1 << 15 if abi >= 5 else 0)
    fields = [handled, *([0b11] if abi >= 4 else []), *([0b11] if abi >= SIGNALS_ABI else [])]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    for right, paths in ((_READ, rules["read"]), (handled, rules["write"])):
        for path in paths:
            _allow(ruleset, path, right & handled)
    _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, right: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not Path(path).is_dir():
        right &= _ON_FILES
    rule = struct.pack("=Qi", right, fd)
    _call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    os.close(fd)


def _seccomp(program: bytes) -> None:
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    _prctl(_SET_SECCOMP, 2, header)


def _attend(child: int, watched: set[signal.Signals]) -> int | None:
    """The child's exit code as a shell counts it; None when this process was told to end first."""
    while True:
        if signal.sigwait(watched) == signal.SIGTERM:
            return None
        while True:
            try:
                pid, state = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid == child:
                code = os.waitstatus_to_exitcode(state)
                return code if code >= 0 else 128 - code


def _end_all() -> None:
    """Kill every process below this one, and wait for them."""
    while below := _below(os.getpid()):
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in below:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _below(top: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError):
                words = (path / "stat").read_bytes().rpartition(b")")[2].split()
                parents.setdefault(int(words[1]), []).append(int(path.name))
    found: list[int] = []
    todo = [top]
    while todo:
        below = parents.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _report(fd: int, value: dict[str, int]) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(fd, json.dumps(value).encode() + b"\n")


def _prctl(option: int, *values: Any) -> None:
    words = [ctypes.c_ulong(int(value)) if isinstance(value, int) else value for value in values]
    if _libc.prctl(ctypes.c_int(option), *words, *[ctypes.c_ulong(0)] * (4 - len(words))) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")


def _call(number: int, *values: Any) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *values))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"system call {number}: {os.strerror(ctypes.get_errno())}")
    return result


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
