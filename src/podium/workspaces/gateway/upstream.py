"""Connections to the provider: encrypted, checked against its name, and kept for the next request."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final
from urllib.parse import urlsplit

from podium.workspaces.egress.way_out import WayOut
from podium.workspaces.gateway.wire import Wire

CONNECT_SECONDS: Final = 30.0
IDLE_SECONDS: Final = 30.0
_MOST_IDLE: Final = 8


class Upstream:
    """One provider's base URL. Raises ValueError for one that is none, OSError for a CA file that cannot be read."""

    def __init__(self, url: str, ca_file: str = "", way: WayOut | None = None) -> None:
        parts = urlsplit(url)
        self._way = way or WayOut()
        self.path = parts.path.rstrip("/")
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        usual = parts.port is None or self._port == (443 if parts.scheme == "https" else 80)
        name = f"[{self._host}]" if ":" in self._host else self._host
        self.host = name if usual else f"{name}:{self._port}"
        self._ssl: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self._ssl = self._way.trusting(ca_file)
            self._ssl.set_alpn_protocols(["http/1.1"])
        self._idle: list[tuple[float, Wire]] = []

    @property
    def address(self) -> str:
        """Host and port, as a person reads them."""
        return f"{self._host}:{self._port}"

    async def take(self) -> Wire:
        """A connection, one that was given back if there is one. Raises OSError (TLS errors are), TimeoutError."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            since, wire = self._idle.pop()
            if now - since < IDLE_SECONDS and not wire.is_stale:
                return wire
            wire.close()
        async with asyncio.timeout(CONNECT_SECONDS):  # wait_for swallows a cancellation that comes with the result
            reader, writer = await self._way.connect(self._host, self._port, self._ssl, tls=self._ssl is not None)
        return Wire(reader, writer, serves=False)

    def give_back(self, wire: Wire) -> None:
        """Keep a connection whose exchange is over; close any other."""
        if wire.is_reusable and len(self._idle) < _MOST_IDLE:
            wire.again()
            self._idle.append((asyncio.get_running_loop().time(), wire))
        else:
            wire.abort()

    def close(self) -> None:
        """Close what is kept; idempotent."""
        for _, wire in self._idle:
            wire.abort()
        self._idle.clear()
