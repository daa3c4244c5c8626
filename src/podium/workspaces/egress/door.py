"""A way out for one command that runs in a sandbox to its end: the proxy of its set-up, served from this process.

The sandbox begins at a gate: a shell inside says that it is there (by then it has a loopback), waits until the proxy
listens on that, and becomes the command. A command never runs before its proxy, and a sandbox whose proxy could not
be opened ends at the gate. When the door is closed, nothing leads out any more.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final

from podium.kernel.errors import PodiumError
from podium.kernel.readable import is_readable
from podium.workspaces.connections import Connections
from podium.workspaces.egress.proxy import PORT, Proxy, Refuse
from podium.workspaces.egress.registries import proxy_env
from podium.workspaces.egress.sources import Sources
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.sandbox import Access, Launch
from podium.workspaces.sockets import listen_inside

_SECONDS: Final = 60.0
_GATE: Final = 'echo here >"$1" && read -r word <"$2" && [ "$word" = go ] || exit 125; unset word; shift 2; exec "$@"'
_NOT_LISTED: Final = "it is no package index of yours, and not in [network] allow"


class Door:
    """Opens the sources of one sandbox; used once, in a `with`."""

    def __init__(self, sources: Sources, refused: Refuse) -> None:
        self._sources = sources
        self._proxy = Proxy(
            sources.hosts,
            refused,
            private=sources.private,
            origins=sources.origins,
            listed=_NOT_LISTED,
            way=sources.way,
        )
        self._servers: list[asyncio.Server] = []
        self._connections: list[Connections] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="podium-door", daemon=True)
        self._here = self._go = -1

    def __enter__(self) -> Door:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for fd in (self._here, self._go):
            if fd >= 0:
                os.close(fd)
        self._here = self._go = -1
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def access(self, plan: SandboxPlan) -> Access:
        """What the sandbox needs for it; a `NetworkHook`."""
        del plan
        self._here, said = os.pipe()
        word, self._go = os.pipe()
        gate = ("/bin/sh", "-c", _GATE, "podium", f"/proc/self/fd/{said}", f"/proc/self/fd/{word}")
        return Access(env=proxy_env(), command=gate, pass_fds=(said, word))

    def open(self, launched: Launch) -> None:
        """Wait until the sandbox is at the gate, serve what it may reach, and let it go on.

        A sandbox that ends before is not waited for. Raises PodiumError when no port can be opened inside.
        """
        ready = is_readable(self._here, _SECONDS)
        pid = launched.child_pid()
        if not ready or not os.read(self._here, 16) or pid is None:
            if ready:
                return  # it ended, and how it did is told by its end
            raise PodiumError("the sandbox of the set-up did not start in time", where="sandbox network")
        ports = [PORT, *self._sources.ports]
        listeners = listen_inside(pid, ports)
        self._do(self._serve(dict(zip(ports, listeners, strict=True))))
        os.write(self._go, b"go\n")

    async def _serve(self, listeners: dict[int, Any]) -> None:
        await self._proxy.serve(listeners.pop(PORT))
        for port, listener in listeners.items():
            name = self._sources.ports[port]

            async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str = name) -> None:
                await self._proxy.fetch(reader, writer, at=name)

            connections = Connections(take)
            self._connections.append(connections)
            listener.setblocking(False)
            self._servers.append(await asyncio.start_server(connections, sock=listener))

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for connections in self._connections:
            await connections.close()
        await self._proxy.close()
        for _ in range(20):  # transports close one turn of the loop after they were told to
            await asyncio.sleep(0)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)
