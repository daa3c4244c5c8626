"""Ports of a sandbox's own loopback that its supervisor serves: the one way out, and to one address only."""

from __future__ import annotations

import shlex
import socket
import sys
from typing import TYPE_CHECKING, Any

from podium.agents.event import ToolCall
from podium.project.model import Limits
from podium.supervisor.order import ExitRecord, Forward
from podium.testing.actions import Hang, Run, Say
from podium.testing.model_server.server import ModelServer
from podium.testing.model_server.steps import ModelScript
from podium.testing.waiting import eventually

if TYPE_CHECKING:
    from conftest import Bench

PORT = 4711
_FETCH = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:{port}/v1/models', timeout=20).read().decode())"
_NAMED = ModelScript(prompts=())


def _fetch(port: int, *, again: str = "") -> Run:
    return Run(command=f"{sys.executable} -I -c {shlex.quote(_FETCH.format(port=port))} {again}")


def _said(bench: Bench) -> str:
    return "\n".join(call.output for call in bench.events(ToolCall))


def _play(bench: Bench, *actions: Any, **fields: Any) -> ExitRecord:
    return bench.play(bench.order(*actions, Say(text="Over."), **fields))


def test_a_port_inside_leads_to_one_address_outside(bench: Bench) -> None:
    with ModelServer(_NAMED) as server:
        forwards = (Forward(port=PORT, to=f"127.0.0.1:{server.port}"),)
        record = _play(bench, _fetch(PORT), forwards=forwards)
        assert record.outcome == "completed", record
        assert '"scripted"' in _said(bench)
        assert [each.path for each in server.journal.entries()] == ["/v1/models"]


def test_twenty_connections_at_once_are_all_carried(bench: Bench) -> None:
    with ModelServer(_NAMED) as server:
        many = "import urllib.request as u; from concurrent.futures import ThreadPoolExecutor as T; "
        many += f"get = lambda _: len(u.urlopen('http://127.0.0.1:{PORT}/v1/models', timeout=20).read()); "
        many += "print('got', sum(n > 10 for n in T(20).map(get, range(20))))"
        _play(
            bench,
            Run(command=f"{sys.executable} -I -c {shlex.quote(many)}"),
            forwards=(Forward(port=PORT, to=f"127.0.0.1:{server.port}"),),
        )
        assert "got 20" in _said(bench)


def test_without_a_forward_nothing_of_the_host_can_be_reached(bench: Bench) -> None:
    with ModelServer(_NAMED) as server:
        _play(bench, _fetch(server.port))
        assert "Connection refused" in _said(bench)
        assert server.journal.entries() == ()


def test_an_address_that_does_not_answer_ends_the_connection_and_not_the_round(bench: Bench) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        record = _play(bench, _fetch(PORT), forwards=(Forward(port=PORT, to=f"127.0.0.1:{unused.getsockname()[1]}"),))
    assert record.outcome == "completed"
    assert "RemoteDisconnected" in _said(bench) or "reset" in _said(bench)


def test_a_round_that_is_stopped_leaves_no_connection(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        held = f"import socket, time; s = socket.create_connection(('127.0.0.1', {PORT})); time.sleep(600)"
        bench.start(
            bench.order(
                Run(command=f"{sys.executable} -I -c {shlex.quote(held)} &"),
                Hang(),
                forwards=(Forward(port=PORT, to=f"127.0.0.1:{server.getsockname()[1]}"),),
                sandbox_limits=Limits(wall_minutes=0.08),
            )
        )
        far, _ = server.accept()
        with far:
            assert bench.end().outcome == "timeout"
            far.settimeout(10)
            assert eventually(lambda: far.recv(1) == b"", what="the connection is closed")


def test_a_port_that_cannot_be_opened_fails_the_round_and_says_so(bench: Bench) -> None:
    order = bench.order(Say(text="Never."), forwards=(Forward(port=0, to="127.0.0.1:1"),))
    record = bench.play(order)
    assert record.outcome == "failed"
    assert "no ports to listen on" in record.error
