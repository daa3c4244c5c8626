"""The ways out of one sandbox, all of them served here, on listening sockets of the sandbox's own loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from podium.kernel.errors import PodiumError
from podium.supervisor.order import Order
from podium.supervisor.relay import Relay
from podium.workspaces.egress.proxy import PORT, Proxy, Refuse
from podium.workspaces.egress.way_out import received
from podium.workspaces.gateway.gateway import Gateway, Keeper
from podium.workspaces.sockets import can_listen, listen_inside


class Doors:
    """What an order opens; used once."""

    def __init__(self, order: Order, secrets: Mapping[str, str], keeper: Keeper | None, refused: Refuse) -> None:
        self._order = order
        self._relay = Relay()
        self._gateway = Gateway(order.gateway, secrets, keeper) if order.gateway is not None and keeper else None
        self._proxy: Proxy | None = None
        if order.sandbox.network:
            own = {order.gateway.port: self._gateway.take} if order.gateway and self._gateway else {}
            self._proxy = Proxy(order.sandbox.network, refused, own, way=received(secrets)[0])

    async def open(self, pid: int | None) -> None:
        """Listen inside the sandbox of this process, and serve from now on. Raises PodiumError when it cannot."""
        order = self._order
        ports = [each.port for each in order.forwards]
        if order.gateway is not None:
            ports.append(order.gateway.port)
        if self._proxy is not None:
            ports.append(PORT)
        if not ports:
            return
        if not can_listen(order.sandbox.tier) or pid is None:
            raise PodiumError(
                f"a sandbox of the tier {order.sandbox.tier} has no network of its own in which a port could be opened",
                where="sandbox network",
                do="Use a machine where the tier overlay or clone works: podium doctor.",
            )
        listeners = list(await asyncio.to_thread(listen_inside, pid, ports))
        for forward in order.forwards:
            await self._relay.serve(listeners.pop(0), forward.to)
        if self._gateway is not None:
            await self._gateway.serve(listeners.pop(0))
        if self._proxy is not None:
            await self._proxy.serve(listeners.pop(0))

    async def close(self) -> None:
        """Close every way and every connection on it; idempotent."""
        await self._relay.close()
        if self._gateway is not None:
            await self._gateway.close()
        if self._proxy is not None:
            await self._proxy.close()
