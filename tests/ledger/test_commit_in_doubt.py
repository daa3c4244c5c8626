"""A connection to PostgreSQL that is lost in the very moment of a commit: the ledger finds out what became of it."""

from __future__ import annotations

import select
import shutil
import socket
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from podium.ledger.database import open_database
from podium.ledger.log import Ledger
from podium.ledger.read import open_reader
from podium.ledger.verify import verify
from podium.ledger.versions import InDoubtError, RefusedError
from podium.plan.events import DispatchHalted
from podium.testing.clock import FakeClock

Fault = Literal["", "the answer is lost", "the commit is lost", "all is lost"]


class Line(socketserver.ThreadingUnixStreamServer):
    """A line to the server that breaks, once, at the next commit."""

    def __init__(self, place: Path, server: Path) -> None:
        self.behind = server
        self.fault: Fault = ""
        super().__init__(str(place / ".s.PGSQL.5432"), _Carrier)


class _Carrier(socketserver.BaseRequestHandler):
    @property
    def line(self) -> Line:
        assert isinstance(self.server, Line)
        return self.server

    def handle(self) -> None:
        if self.line.fault == "all is lost":
            return
        with socket.socket(socket.AF_UNIX) as there:
            there.connect(str(self.line.behind))
            here: socket.socket = self.request
            poll = select.poll()
            for each in (here, there):
                poll.register(each, select.POLLIN)
            while True:
                for number, _ in poll.poll():
                    source, target = (here, there) if number == here.fileno() else (there, here)
                    data = source.recv(65536)
                    if not data or (b"COMMIT" in data and source is here and self._breaks(data, there)):
                        return
                    target.sendall(data)

    def _breaks(self, data: bytes, there: socket.socket) -> bool:
        fault = self.line.fault
        if fault in ("the answer is lost", "all is lost"):
            there.sendall(data)
            there.recv(65536)
        if fault != "all is lost":
            self.line.fault = ""
        return bool(fault)


@pytest.fixture
def line(postgres_url: str) -> Iterator[Line]:
    place = Path(tempfile.mkdtemp(prefix="podium-line-"))  # short: the path of a socket may have 107 bytes
    server = Path(postgres_url.partition("host=")[2]) / ".s.PGSQL.5432"
    with Line(place, server) as opened:
        thread = threading.Thread(target=opened.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield opened
        opened.shutdown()
        thread.join()
    shutil.rmtree(place)


@pytest.fixture
def ledger(postgres_url: str, line: Line, clock: FakeClock) -> Iterator[Ledger]:
    place = Path(str(line.server_address)).parent
    engine = open_database(f"{postgres_url.partition('host=')[0]}host={place}")
    yield Ledger(engine, clock)
    engine.dispose()


def append(ledger: Ledger, spec: str) -> None:
    with ledger.transaction("p") as tx:
        tx.append(DispatchHalted(spec=spec, by="Ada <ada@example.org>"), actor="a")


def written(url: str) -> list[str]:
    """The subjects of what is in the ledger, whose chain is whole."""
    reader = open_reader(url)
    assert reader is not None
    records = reader.records("p")
    assert verify("p", records, reader.head("p")).verified
    reader.close()
    return [record.subject for record in records]


def test_a_commit_whose_answer_was_lost_is_found_written(ledger: Ledger, line: Line, postgres_url: str) -> None:
    append(ledger, "one")
    line.fault = "the answer is lost"
    append(ledger, "two")
    assert line.fault == "", "the line did not break"
    append(ledger, "three")
    assert written(postgres_url) == ["plan:one", "plan:two", "plan:three"]


def test_a_commit_that_never_came_is_refused_and_may_be_done_again(
    ledger: Ledger, line: Line, postgres_url: str
) -> None:
    append(ledger, "one")
    line.fault = "the commit is lost"
    with pytest.raises(RefusedError, match="Nothing was written"):
        append(ledger, "two")
    append(ledger, "two")
    assert written(postgres_url) == ["plan:one", "plan:two"]


def test_where_nobody_can_tell_the_person_is_told_that_it_may_have_been_written(
    ledger: Ledger, line: Line, postgres_url: str
) -> None:
    append(ledger, "one")
    line.fault = "all is lost"
    with pytest.raises(InDoubtError, match="It may have been written, or not") as told:
        append(ledger, "two")
    assert "Nothing was written" not in str(told.value)
    assert written(postgres_url) == ["plan:one", "plan:two"]
