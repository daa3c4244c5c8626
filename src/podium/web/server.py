"""Serving the web app on the loopback address, and nowhere else."""

from __future__ import annotations

import socket

import uvicorn

from podium.api.errand_file import ErrandFile
from podium.api.keys import Keys
from podium.api.pulse import Pulse
from podium.api.seat import Seat
from podium.web.app import build_app
from podium.web.review_ahead import Ahead
from podium.web.review_room import close_rooms
from podium.web.serving import last_port, serving

ADDRESS = "127.0.0.1"
USUAL_PORT = 7673
"""Assigned to nobody."""


class _Server(uvicorn.Server):
    """Ends the streams of events first: the server would wait for them."""

    def __init__(self, config: uvicorn.Config, pulse: Pulse) -> None:
        super().__init__(config)
        self._pulse = pulse

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._pulse.close()
        await super().shutdown(sockets)


class Site:
    """A bound port with the app behind it. Make it, tell its address, then `serve`."""

    def __init__(self, seat: Seat, port: int = 0, *, ahead: bool = True) -> None:
        """Bind the port; 0 takes the one of last time where it is free, so that open pages find the server again.

        With `ahead`, what waits for a review is prepared before anybody opens it. Raises OSError when a given port is
        taken.
        """
        self._seat = seat
        self._ahead = Ahead(seat) if ahead else None
        self.keys = Keys(seat.home.web)
        self._socket = _listen(port) if port else _listen_anywhere(last_port(seat.home, seat.project))
        self.port = int(self._socket.getsockname()[1])
        pulse = Pulse(seat)
        config = uvicorn.Config(
            build_app(seat, port=self.port, secret=self.keys.secret(), pulse=pulse),
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config, pulse)

    @property
    def url(self) -> str:
        """The address of the app."""
        return f"http://{ADDRESS}:{self.port}"

    def link(self) -> str:
        """A link that lets one browser in, once."""
        return f"{self.url}/enter?key={self.keys.new_key()}"

    def serve(self) -> None:
        """Serve until a signal, or `stop`, ends it. A signal is raised again afterwards."""
        with serving(self._seat.home, self._seat.project, self.port):
            try:
                self._seat.errands.remember(ErrandFile(self._seat.home.web / f"{self._seat.project}-errands.json"))
                if self._ahead is not None:
                    self._ahead.start()
                self._server.run(sockets=[self._socket])
            finally:
                self._socket.close()
                if self._ahead is not None:
                    self._ahead.close()
                self._seat.errands.close()
                close_rooms(self._seat.desk)

    def stop(self) -> None:
        """Let `serve` come to its end; open event streams are cut."""
        self._server.should_exit = True


def _listen(port: int) -> socket.socket:
    return socket.create_server((ADDRESS, port))


def _listen_anywhere(wanted: int | None) -> socket.socket:
    for port in dict.fromkeys((wanted or USUAL_PORT, USUAL_PORT, 0)):
        try:
            return _listen(port)
        except OSError:
            continue
    raise OSError("no port is free")
