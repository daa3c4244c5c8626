"""The agent's process in its sandbox: spawned, frozen, thawed, ended; nothing of it is left afterwards.

Must be spawned from the supervisor's main thread: the sandbox dies with the thread that made it, so that no way in
which the supervisor can end leaves an agent behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from podium.agents.driver import Pipes
from podium.agents.event import clean
from podium.kernel.errors import PodiumError
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.processes import descendants
from podium.workspaces.sandbox import Launch, launch

_FREEZE_ROUNDS = 20


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
    async def spawn(cls, plan: SandboxPlan, argv: tuple[str, ...], *, bwrap: str, stderr_limit: int) -> AgentProcess:
        """Start it. Raises PodiumError when the sandbox cannot be made."""
        launched = launch(plan, argv, bwrap=bwrap)
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
        except OSError as error:
            launched.close()
            raise PodiumError(f"the sandbox did not start: {error}", where=launched.argv[0]) from error
        launched.spawned(process.pid)
        return cls(launched, process, stderr_limit=stderr_limit)

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
            await asyncio.wait_for(self._process.wait(), seconds)
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
