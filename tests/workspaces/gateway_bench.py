"""A gateway served in a thread, on a listening socket of this machine, in front of any provider on loopback."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from podium.project.model import ProviderKind
from podium.workspaces.gateway import headers
from podium.workspaces.gateway.credentials import KeyPlace
from podium.workspaces.gateway.gateway import Ask, Gateway, Tap
from podium.workspaces.gateway.order import GatewayOrder
from podium.workspaces.gateway.refusal import Refusal

KEY = "sk-the-true-key-0123456789abcdef"


class Noted:
    """A tap that notes what went by."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.whole: bool | None = None
        self.error = ""
        self.over = threading.Event()

    def head(self, status: int, given: headers.Headers) -> None:
        del given
        self.status = status

    def data(self, block: bytes) -> None:
        self.body += block

    def end(self, *, whole: bool, error: str = "") -> None:
        assert not self.over.is_set(), "end is called once"
        self.whole, self.error = whole, error
        self.over.set()


class Porter:
    """A keeper that lets everything pass, or answers as it is told."""

    def __init__(self, answer: Callable[[Ask], Refusal | None] = lambda _ask: None) -> None:
        self.taps: list[Noted] = []
        self.asked: list[Ask] = []
        self._answer = answer

    async def admit(self, ask: Ask) -> Tap | Refusal:
        self.asked.append(ask)
        refusal = self._answer(ask)
        if refusal is not None:
            return refusal
        self.taps.append(Noted())
        return self.taps[-1]

    async def denied(self) -> Refusal:
        return Refusal(status=529, reason="overloaded_error", message="try again", retry_after=0)


class Served:
    """A gateway at work, for a `with`."""

    def __init__(
        self,
        url: str,
        kind: ProviderKind = "anthropic",
        *,
        key: KeyPlace | None = None,
        secrets: Mapping[str, str] | None = None,
        porter: Porter | None = None,
        ca_file: str = "",
    ) -> None:
        self.porter = porter or Porter()
        place = key or KeyPlace(variable="THE_KEY")
        self._order = GatewayOrder(name="theirs", kind=kind, url=url, key=place, ca_file=ca_file)
        self._secrets = {"THE_KEY": KEY} if secrets is None else secrets
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Served:
        self._gateway = Gateway(self._order, self._secrets, self.porter)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._gateway.serve(self._listener), self._loop).result(20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        await self._gateway.close()
        for _ in range(20):  # what was closed is gone some turns of the loop later
            await asyncio.sleep(0)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, path: str, body: Any = None, method: str = "POST", **given: str) -> tuple[int, dict[str, str], str]:
        """One request on a connection of its own: status, head and body."""
        connection = self.connect()
        try:
            data = body if isinstance(body, bytes | None) else json.dumps(body)
            connection.request(method, path, data, {name.replace("_", "-"): value for name, value in given.items()})
            answer = connection.getresponse()
            head = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, head, answer.read().decode()
        finally:
            connection.close()
