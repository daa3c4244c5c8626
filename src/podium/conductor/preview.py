"""Looking at what an agent's program shows in a browser: a port of its sandbox, carried to an address of this machine.

What is shown is written by an agent and was reviewed by nobody. It is served on a loopback address of its own: a
browser keeps cookies by host and not by port, so that on 127.0.0.1 the page would be sent the cookies of whatever else
runs there, Podium's own among them.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from podium.conductor.desk import Desk
from podium.conductor.ground import Ground
from podium.kernel.errors import PodiumError, UsageError
from podium.kernel.ids import system_entropy
from podium.runs.model import Candidate, Run
from podium.supervisor.attempt import mark_of
from podium.supervisor.sandboxed import marked
from podium.workspaces.connections import Connections
from podium.workspaces.processes import descendants
from podium.workspaces.reach import Reach
from podium.workspaces.sandbox import launch
from podium.workspaces.space import remove
from podium.workspaces.takeover import process_inside

READY_SECONDS = 120.0
_POLL_SECONDS = 0.2
_BLOCK = 65536
_MOST = 64  # connections at once


def process_of_round(desk: Desk, project: str, run: Run) -> int:
    """A process in the sandbox of the agent at work. Raises PodiumError when there is none on this machine."""
    found = marked(mark_of(desk.home.round(project, run.id, len(run.rounds))))
    if not found:
        raise UsageError("its sandbox is not on this machine", where=f"{run.spec}/{run.task}", do="podium status")
    return process_inside(max(found, key=lambda pid: len(descendants(pid))))


@contextmanager
def candidate_at_work(ground: Ground, candidate: Candidate, place: Path, log: Path) -> Generator[int]:
    """Run the project's preview command on a candidate in a sandbox of its own; a process in there.

    Everything it wrote is thrown away. Raises UsageError when the project names no command, PodiumError when it ends.
    """
    command = ground.settings.environment.preview
    if not command:
        do = 'Add below [environment]: preview = "the command that serves it", preview_port = 8000'
        raise UsageError("the project names no command to preview with", where="podium.toml", do=do)
    own = place / f"preview-{system_entropy(6).hex()}"
    try:
        plan = ground.plan(candidate.commit, own)
        ready = launch(plan, ("/bin/sh", "-c", command), bwrap=ground.bwrap)
        try:
            with log.open("wb") as said:
                process = subprocess.Popen(
                    ready.argv, pass_fds=ready.pass_fds, env=ready.env, stdin=subprocess.DEVNULL, stdout=said,
                    stderr=subprocess.STDOUT, cwd="/", start_new_session=True,
                )  # fmt: skip
            ready.spawned(process.pid)
            try:
                yield _inside(process)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    ready.kill()
                process.wait()
        finally:
            ready.close()
    finally:
        if own.exists():
            remove(own, within=place)


def _inside(process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(PodiumError):
            return process_inside(process.pid)
        time.sleep(_POLL_SECONDS)
    raise PodiumError("the sandbox of the preview ended at once")


def serve(
    pid: int,
    port: int,
    *,
    ready: Callable[[str], None],
    goes_on: Callable[[], bool] = lambda: True,
    seconds: float = READY_SECONDS,
) -> None:
    """Carry a random port of a random loopback address to `port` of the sandbox, while it `goes_on` and is there.

    `ready` is told the URL once somebody listens inside. Raises PodiumError when nobody does in time.
    """
    reach = Reach(pid)
    try:
        if _wait(reach, port, seconds, goes_on):
            asyncio.run(_serve(reach, port, ready, lambda: goes_on() and Path(f"/proc/{pid}").exists()))
    finally:
        reach.close()


def _wait(reach: Reach, port: int, seconds: float, goes_on: Callable[[], bool]) -> bool:
    """Whether somebody listens inside before it is to end."""
    deadline = time.monotonic() + seconds
    while goes_on():
        try:
            reach.connect(port).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise PodiumError(
                    f"nobody listens on port {port} of its loopback", do="Name another port: --port"
                ) from error
            time.sleep(_POLL_SECONDS)
        else:
            return True
    return False


def _own_address() -> str:
    """A loopback address that nothing else uses; where only 127.0.0.1 is one, that."""
    address = f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}"
    with socket.socket() as trial:
        try:
            trial.bind((address, 0))
        except OSError:
            return "127.0.0.1"
    return address


async def _serve(reach: Reach, port: int, ready: Callable[[str], None], goes_on: Callable[[], bool]) -> None:
    room, one_at_a_time = asyncio.Semaphore(_MOST), asyncio.Lock()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with room:
                async with one_at_a_time:
                    inside = await asyncio.to_thread(reach.connect, port)
                far_reader, far_writer = await asyncio.open_connection(sock=inside)
                try:
                    await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
                finally:
                    far_writer.close()
        except PodiumError:
            return  # nobody listens in there yet

    connections = Connections(take)
    server = await asyncio.start_server(connections, _own_address(), 0)
    async with server:
        address, number = server.sockets[0].getsockname()[:2]
        ready(f"http://{address}:{number}/")
        while goes_on():
            await asyncio.sleep(_POLL_SECONDS)
        server.close()
        await connections.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while block := await source.read(_BLOCK):
            target.write(block)
            await target.drain()
    with contextlib.suppress(OSError):
        if target.can_write_eof():
            target.write_eof()
