"""Run one command in a sandbox to its end, whatever it does: for evidence, set-up and harvest."""

from __future__ import annotations

import contextlib
import hashlib
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Final, Literal

from podium.kernel.value import Value
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.sandbox import Launch, NetworkHook, launch
from podium.workspaces.watchdog import Breach, Watchdog

How = Literal["exited", "timeout", "limit", "broken"]

FLOOD_BYTES: Final = 256 * 1024 * 1024
"""Output beyond this ends the command: nobody reads it, and it may be meant to never end."""

_TICK_SECONDS: Final = 0.25
_DRAIN_SECONDS: Final = 5.0


class Completed(Value, frozen=True, kw_only=True):
    """What became of a command."""

    exit_code: int | None  # None unless `how` is "exited"
    how: How  # "broken": the sandbox itself failed, which says nothing about the command
    seconds: float
    output: bytes  # the end of standard output and error together
    digest: str  # of all output that was read
    dropped: int  # bytes of output that came before `output`
    why: str = ""  # for "limit" and "broken": in words
    least_free: int = 0  # bytes that were free where it wrote, at the worst moment that was seen


class _Tail:
    """Keeps the end of a stream, its digest and its length."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._hash = hashlib.sha256()
        self.total = 0

    def add(self, part: bytes) -> None:
        self.total += len(part)
        self._hash.update(part)
        self._kept += part
        if len(self._kept) > 2 * self._limit + 65536:
            del self._kept[: len(self._kept) - self._limit]

    def bytes(self) -> bytes:
        return bytes(self._kept[-self._limit :]) if self._limit else b""

    def digest(self) -> str:
        return "sha256:" + self._hash.hexdigest()


def run(
    plan: SandboxPlan,
    argv: Sequence[str] | str,
    *,
    bwrap: str,
    timeout_seconds: float,
    output_limit: int = 8192,
    stdin: bytes | None = None,
    on_breach: Callable[[Breach], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    network: NetworkHook | None = None,
    at_start: Callable[[Launch], None] | None = None,
) -> Completed:
    """Run a command (a string is given to `/bin/sh -c`) and return what became of it; never raises for its failure.

    Everything it started is gone when this returns. It is killed after `timeout_seconds`, and as a "limit" when it goes
    beyond a limit of the plan (`on_breach` hears of it first), when it prints more than `FLOOD_BYTES`, and when
    `cancelled`, asked four times a second, says yes. Call it from a thread that stays until it returns.
    Raises UsageError for an impossible plan, OSError when bwrap cannot be started, and what `at_start` raises, which
    is called right after the start.
    """
    words = ["/bin/sh", "-c", argv] if isinstance(argv, str) else list(argv)
    started = time.monotonic()
    watchdog = Watchdog(plan)
    ready = launch(plan, words, bwrap=bwrap, network=network)
    try:
        feed = _input(stdin)
        try:
            process = subprocess.Popen(
                ready.argv, pass_fds=ready.pass_fds, env=ready.env, stdin=feed, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, close_fds=True, cwd="/",
            )  # fmt: skip
        finally:
            os.close(feed)
        ready.spawned(process.pid)
        tail = _Tail(output_limit)
        with process:
            try:
                if at_start is not None:
                    at_start(ready)
                why_end = _reasons(watchdog, ready, tail, started + timeout_seconds, on_breach, cancelled)
                how, why = _attend(ready, process, tail, why_end)
            except BaseException:
                _end(ready, process)
                raise
        code = ready.exit_code() if how == "exited" else None
    finally:
        ready.close()
    if how == "exited" and code is None:
        how, why = "broken", "the sandbox could not be set up, or was killed from outside"
    kept = tail.bytes()
    seconds = round(time.monotonic() - started, 3)
    return Completed(
        exit_code=code, how=how, seconds=seconds, output=kept, digest=tail.digest(), dropped=tail.total - len(kept),
        why=why, least_free=watchdog.least_free(),
    )  # fmt: skip


def _attend(
    ready: Launch, process: subprocess.Popen[bytes], tail: _Tail, why_end: Callable[[], tuple[How, str] | None]
) -> tuple[How, str]:
    """Read until the command ends or has to be ended; every process of the sandbox is gone afterwards."""
    assert process.stdout is not None
    out = process.stdout.fileno()
    os.set_blocking(out, False)
    ended = os.pidfd_open(process.pid)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            selector.register(ended, selectors.EVENT_READ)
            while True:
                selector.select(_TICK_SECONDS)
                if not _read(out, tail) and out in selector.get_map():
                    selector.unregister(out)
                verdict: tuple[How, str] | None = ("exited", "") if process.poll() is not None else why_end()
                if verdict is not None:
                    _end(ready, process)
                    _drain(out, tail)
                    return verdict
    finally:
        os.close(ended)


def _end(ready: Launch, process: subprocess.Popen[bytes]) -> None:
    """Kill everything in the sandbox and wait for it."""
    while process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            ready.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5.0)


def _reasons(
    watchdog: Watchdog,
    ready: Launch,
    tail: _Tail,
    deadline: float,
    on_breach: Callable[[Breach], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Callable[[], tuple[How, str] | None]:
    """A question: why does the command have to be ended now? None = it may go on."""
    next_sample = time.monotonic()

    def why_end() -> tuple[How, str] | None:
        nonlocal next_sample
        if time.monotonic() >= deadline:
            return "timeout", ""
        if tail.total > FLOOD_BYTES:
            return "limit", f"it printed more than {FLOOD_BYTES // 2**20} MB"
        if time.monotonic() < next_sample:
            return None
        next_sample = time.monotonic() + _TICK_SECONDS
        if cancelled is not None and cancelled():
            return "limit", "cancelled"
        breach = watchdog.sample(ready.child_pid())
        if breach is None:
            return None
        if on_breach is not None:
            on_breach(breach)
        return "limit", breach.text

    return why_end


def _read(fd: int, tail: _Tail) -> bool:
    """Read what is there, up to 4 MB at a time. False at the end of the stream."""
    for _ in range(64):
        try:
            part = os.read(fd, 65536)
        except BlockingIOError:
            return True
        if not part:
            return False
        tail.add(part)
    return True


def _drain(fd: int, tail: _Tail) -> None:
    """Read what is left in the pipe after the end."""
    limit = time.monotonic() + _DRAIN_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        while tail.total <= FLOOD_BYTES + 2**22 and (left := limit - time.monotonic()) > 0:
            if selector.select(left) and not _read(fd, tail):
                return


def _input(stdin: bytes | None) -> int:
    """A file descriptor to read `stdin` from."""
    if stdin is None:
        return os.open(os.devnull, os.O_RDONLY)
    fd = os.memfd_create("podium-stdin", os.MFD_CLOEXEC)
    view = memoryview(stdin)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
