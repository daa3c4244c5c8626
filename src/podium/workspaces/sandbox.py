"""Start one sandbox: from a plan to the command that is to be spawned, and what its end means."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from podium.kernel.errors import PodiumError, UsageError
from podium.workspaces import bare, bubble, copies, processes, seccomp
from podium.workspaces.exposed import refuse_sockets
from podium.workspaces.plan import Mount, SandboxPlan, check
from podium.workspaces.services import with_services


@dataclass(frozen=True)
class Access:
    """What gives a sandbox the network of its plan, and nothing more."""

    env: Mapping[str, str] = field(default_factory=dict[str, str])  # HTTPS_PROXY, say
    mounts: tuple[Mount, ...] = ()
    command: tuple[str, ...] = ()  # goes before the command inside: an init that listens and passes its sockets out
    pass_fds: tuple[int, ...] = ()  # stay open inside; closed here once the sandbox was spawned


NetworkHook = Callable[[SandboxPlan], Access]
"""Opens the network that a plan allows. Without one, a plan that allows anything is refused."""


class Launch:
    """A sandbox that is ready to be spawned, and how to learn what became of it.

    Spawn `argv` with `pass_fds` and `env` from a thread that outlives the sandbox, which dies with that thread. Call
    `spawned` right after with the new process's id, and `close` when it has been waited for.
    """

    def __init__(self, argv: Sequence[str], pass_fds: Sequence[int], status: int, *, own_pids: bool) -> None:
        self.argv = tuple(argv)
        self.pass_fds = tuple(pass_fds)
        self.env: dict[str, str] = {}
        self._own_pids = own_pids
        self._status = status
        self._handed: list[int] = list(pass_fds)
        self._text = b""
        self._pid = 0

    def spawned(self, pid: int) -> None:
        """Note the process that was spawned, and close what only it needs."""
        self._pid = pid
        self._release()

    def kill(self) -> None:
        """End every process of the sandbox at once. Only between `spawned` and waiting for the process."""
        child = self.child_pid()
        if not self._own_pids:
            processes.kill_below(self._pid)
        elif self.exit_code() is None and child is not None:
            processes.kill_child(child, parent=self._pid)
            return
        os.kill(self._pid, signal.SIGKILL)

    def child_pid(self) -> int | None:
        """The sandbox's first process as the host sees it, or None as long as there is none. Killing it ends all."""
        found = self._field("child-pid")
        return found if isinstance(found, int) else None

    def exit_code(self) -> int | None:
        """The command's own exit code once it ended (128 + n for signal n).

        None while it runs, and for ever when the sandbox broke before the command began or was killed from outside.
        """
        found = self._field("exit-code")
        return found if isinstance(found, int) else None

    def close(self) -> None:
        """Release everything that is still held; idempotent."""
        self._release()
        if self._status >= 0:
            os.close(self._status)
            self._status = -1

    def _release(self) -> None:
        while self._handed:
            os.close(self._handed.pop())

    def _field(self, name: str) -> Any:
        self._read()
        for line in self._text.splitlines():
            with contextlib.suppress(msgspec.DecodeError):
                value = msgspec.json.decode(line)
                if name in value:
                    return value[name]
        return None

    def _read(self) -> None:
        while self._status >= 0:
            try:
                part = os.read(self._status, 4096)
            except BlockingIOError:
                return
            if not part:
                return
            self._text += part


def launch(
    plan: SandboxPlan,
    argv: Sequence[str],
    *,
    bwrap: str,
    network: NetworkHook | None = None,
    python: str = sys.executable,
) -> Launch:
    """The command that runs `argv` in the sandbox of `plan`.

    `bwrap` is the program of the tiers overlay and clone, `python` the interpreter of the init of the others.
    In the tiers without an overlay the workspace is copied first, once. Raises UsageError for a plan that no sandbox
    can be made of, or that wants a network where no hook gives one.
    """
    check(plan)
    _refuse_impossible(plan, argv, network)
    access = network(plan) if plan.network and network is not None else Access()
    fds = [*access.pass_fds]
    try:
        plan = msgspec.structs.replace(plan, env={**plan.env, **access.env}, mounts=(*plan.mounts, *access.mounts))
        refuse_sockets(plan)
        copies.fill(plan)
        read, write = os.pipe()
        fds += [read, write]
        os.set_blocking(read, False)
        words = [*access.command, *with_services(plan.services, argv)]
        if plan.tier in ("overlay", "clone"):
            command = _bubble(plan, words, bwrap, write, fds)
        else:
            command = _bare(plan, words, python, write, fds)
    except BaseException:
        for fd in fds:
            os.close(fd)
        raise
    fds.remove(read)
    return Launch(command, fds, read, own_pids=plan.tier in ("overlay", "clone"))


def _refuse_impossible(plan: SandboxPlan, argv: Sequence[str], network: NetworkHook | None) -> None:
    if plan.network and network is None:
        raise UsageError(
            f"the plan allows {', '.join(plan.network)}, and nothing here can open a network to these only",
            where="[network] allow",
            do="Leave the list empty: a sandbox has no network at all.",
        )
    if not argv:
        raise UsageError("there is no command to run", where="sandbox")
    if not sys.platform.startswith("linux"):
        raise PodiumError(
            f"sandboxes need Linux, and this is {sys.platform}",
            where="sandbox",
            do="Run Podium in a Linux virtual machine or container.",
        )


def _bubble(plan: SandboxPlan, argv: list[str], bwrap: str, status: int, fds: list[int]) -> list[str]:
    data = {name: _memory_file(name, content, fds) for name, content in bubble.generated_files().items()}
    filter_fd: int | None = None
    if seccomp.supported():
        program = seccomp.program(sockets="all" if plan.unix_sockets else "no-unix")
        filter_fd = _memory_file("seccomp", program, fds)
    options = bubble.arguments(plan, status_fd=status, seccomp_fd=filter_fd, data_fds=data)
    args = _memory_file("args", b"".join(os.fsencode(option) + b"\0" for option in options), fds)
    return [bwrap, "--args", str(args), "--", *bubble.command(plan.limits, argv)]


def _bare(plan: SandboxPlan, argv: list[str], python: str, status: int, fds: list[int]) -> list[str]:
    if plan.tier == "landlock" and not seccomp.supported():
        raise PodiumError("there is no system call filter for this machine", where="sandbox tier landlock")
    order = _memory_file("order", bare.order(plan, argv, status_fd=status), fds)
    return bare.command(python=python, order_fd=order)


def _memory_file(name: str, content: bytes, fds: list[int]) -> int:
    fd = os.memfd_create(f"podium-{name}", os.MFD_CLOEXEC)
    fds.append(fd)
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
