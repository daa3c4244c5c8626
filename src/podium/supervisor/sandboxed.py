"""The agent's process in its sandbox: spawned, frozen, thawed, ended; nothing of it is left afterwards.

Must be spawned from the supervisor's main thread: the sandbox dies with the thread that made it, so that no way in
which the supervisor can end leaves an agent behind.

Except for some milliseconds: bwrap asks to die with its parent process by process, as it sets up; a supervisor that is
killed in between is not noticed. So the agent stands behind a gate: a shell inside says that it is there (by then all
of bwrap has asked), waits for a word of the supervisor, and ends when that never comes. What can be left then is a
bwrap that waits for its dead other half, without an agent; `sweep` ends it before a round is gone on with.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from podium.agents.driver import AgentGoneError, Pipes
from podium.agents.event import clean
from podium.kernel.errors import PodiumError
from podium.workspaces.egress.registries import proxy_env
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.processes import descendants
from podium.workspaces.sandbox import Access, Launch, launch

_FREEZE_ROUNDS = 20
_AT_THE_GATE = b"podium: at the gate\n"
_GATE = 'echo "podium: at the gate"; read -r word && [ "$word" = go ] || exit 125; unset word; exec "$@"'


class AgentProcess:
    """One sandbox that runs one agent."""

    def __init__(self, launched: Launch, process: asyncio.subprocess.Process, *, stderr_limit: int) -> None:
        self._launched = launched
        self._process = process
        self._stderr_limit = stderr_limit
        self._stderr = bytearray()
        self._reading = asyncio.create_task(self._keep_stderr())
        self._draining: asyncio.Task[None] | None = None
        self.paused = False

    @classmethod
    async def spawn(
        cls, plan: SandboxPlan, argv: tuple[str, ...], *, bwrap: str, stderr_limit: int, mark: str
    ) -> AgentProcess:
        """Start the sandbox, its agent waiting; `mark` is a word in its command line, for `sweep`.

        Raises PodiumError when the sandbox cannot be made.
        """
        launched = launch(plan, ("/bin/sh", "-c", _GATE, mark, *argv), bwrap=bwrap, network=_by_doors)
        try:
            process = await asyncio.create_subprocess_exec(
                *launched.argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=launched.pass_fds,
                env=launched.env,
                cwd="/",
                start_new_session=True,
            )
        except BaseException as error:  # also one that is cancelled meanwhile leaves nothing open
            launched.close()
            if not isinstance(error, OSError):
                raise
            raise PodiumError(f"the sandbox did not start: {error}", where=launched.argv[0]) from error
        launched.spawned(process.pid)
        return cls(launched, process, stderr_limit=stderr_limit)

    async def begin(self, before: Callable[[int | None], Awaitable[None]] | None = None) -> None:
        """Let the agent start, once `before` is done, which is told the first process inside.

        Raises AgentGoneError when the sandbox ends instead, and what `before` raises.
        """
        said = await self.pipes.stdout.readline()
        if said != _AT_THE_GATE:
            raise AgentGoneError("its sandbox ended before the agent began")
        if before is not None:
            await before(self.first_pid)
        self.pipes.stdin.write(b"go\n")
        await self.pipes.stdin.drain()

    @property
    def pid(self) -> int:
        """Of the sandbox's outermost process; all others are its descendants."""
        return self._process.pid

    @property
    def first_pid(self) -> int | None:
        """Of the first process inside, as the host sees it; None until there is one."""
        return self._launched.child_pid()

    @property
    def pipes(self) -> Pipes:
        """Its stdin and stdout, which are the agent's."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("spawned without pipes")
        return Pipes(self._process.stdin, self._process.stdout)

    @property
    def stderr(self) -> str:
        """The tail of what it wrote to stderr."""
        return clean(bytes(self._stderr)).strip()

    def pause(self) -> None:
        """Freeze every process in the sandbox; idempotent."""
        self.paused = True
        for _ in range(_FREEZE_ROUNDS):  # one that forks while we go through them is caught in the next round
            running = [pid for pid in descendants(self._process.pid) if _state(pid) not in "TtZX"]
            if not running:
                return
            for pid in running:
                _signal(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on; idempotent."""
        self.paused = False
        for pid in descendants(self._process.pid):
            _signal(pid, signal.SIGCONT)

    async def gone(self, seconds: float) -> bool:
        """Whether it ends within that time. Call only when its driver was closed: its output is thrown away."""
        # asyncio counts a process as ended only when its pipes are, and does not read on where nobody reads.
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._process.wait()
        return self._process.returncode is not None

    async def end(self) -> str:
        """Kill all of it and wait until nothing is left; says how the agent's own process had ended, if it had."""
        code = self._launched.exit_code()
        broken = code is None and self._process.returncode is not None
        if self._process.returncode is None:
            # The first process inside takes all others with it before it is gone, and the outer one waits for it.
            with contextlib.suppress(ProcessLookupError):
                self._launched.kill()
            if not await self.gone(10.0):
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
        await self.gone(5.0)
        await asyncio.wait({self._reading}, timeout=2.0)  # in a weak tier, a daemon may still have it open
        self._reading.cancel()
        if self._draining is not None:
            self._draining.cancel()
        self._launched.close()
        if broken:
            return "the sandbox broke before the agent ran"
        return "" if code is None else f"exit code {code}"

    async def _drain(self) -> None:
        while await self.pipes.stdout.read(65536):
            pass

    async def _keep_stderr(self) -> None:
        stream = self._process.stderr
        while stream is not None and (block := await stream.read(16384)):
            self._stderr += block
            del self._stderr[: -self._stderr_limit]


async def sweep(mark: str, seconds: float = 5.0) -> None:
    """End whatever an earlier supervisor of this round left behind, by the mark in its command line; Linux only."""
    for _ in range(int(seconds / 0.05)):
        left = marked(mark)
        if not left:
            return
        for pid in left:
            _signal(pid, signal.SIGKILL)
        await asyncio.sleep(0.05)


def marked(mark: str) -> list[int]:
    """The processes of the host that have this mark in their command line: those of a round's sandbox; Linux only."""
    wanted = mark.encode()
    return [pid for pid in _processes() if wanted in _command(pid)]


def _by_doors(plan: SandboxPlan) -> Access:
    """What a plan's network needs inside: where the proxy is, which the doors open before the agent begins."""
    del plan
    return Access(env=proxy_env())


def _processes() -> list[int]:
    proc = Path("/proc")
    if not proc.is_dir():
        return []
    return [int(entry.name) for entry in proc.iterdir() if entry.name.isdigit() and int(entry.name) != os.getpid()]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _state(pid: int) -> str:
    """The kernel's letter for what the process does; `X` when it is gone. Elsewhere than on Linux: running."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1")
    except FileNotFoundError:
        return "R" if not Path("/proc/self/stat").exists() else "X"
    except ProcessLookupError:
        return "X"
    return text.rpartition(")")[2].split()[0]
