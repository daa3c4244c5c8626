"""A ledger that somebody edited with a database client: nothing is shown or decided on what is not whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.kernel.errors import PodiumError
from podium.ledger.read import open_reader
from podium.ledger.verify import verify
from podium.plan.events import DispatchHalted
from podium.project.events import ProjectRegistered
from podium.project.model import Project
from podium.testing.clock import FakeClock

ADA = "person:Ada <ada@example.org>"
COLUMNS = "project, seq, at, actor, kind, subject, data, previous, hash"
RECORD_3 = f"select {COLUMNS} from podium_ledger where seq = 3"
EDITS = {
    "changed": "update podium_ledger set data = replace(data, 's3', 's4') where seq = 3",
    "said by another": "update podium_ledger set actor = 'person:Bea <bea@example.org>' where seq = 3",
    "deleted": "delete from podium_ledger where seq = 3",
    "cut off": "delete from podium_ledger where seq > 3",
    "reordered": "update podium_ledger set seq = 99 where seq = 3;"
    "update podium_ledger set seq = 3 where seq = 4; update podium_ledger set seq = 4 where seq = 99",
    "inserted": f"insert into podium_ledger {RECORD_3.replace('project, seq', 'project, 6')}",
    "inserted as newest": f"insert into podium_ledger {RECORD_3.replace('project, seq', 'project, 6')};"
    "update podium_head set seq = 6",
    "of another project": "update podium_ledger set project = 'q' where seq = 3",
    "a number as payload": "update podium_ledger set data = 1000000000000 where seq = 3",
    "bytes that are no text": "update podium_ledger set actor = cast(x'ff00fe' as text) where seq = 3",
    "bytes as text": "update podium_ledger set kind = x'ff00fe' where seq = 3",
    "a name as number": "update podium_ledger set seq = 'three' where seq = 3",
    "another head": "update podium_head set hash = 'x'",
    "an earlier head": "update podium_head set seq = 4, hash = (select hash from podium_ledger where seq = 4)",
}


@pytest.fixture
def file(tmp_path: Path, clock: FakeClock) -> Path:
    """A database with five records of the project `p`."""
    file = tmp_path / "podium.db"
    place = Project(id="p", name="p", root=str(tmp_path), mirror=str(tmp_path / "mirror"), target="main")
    with closing(Desk(Home(tmp_path), f"sqlite:///{file}", clock)) as desk, desk.change("p") as change:
        change.append(ProjectRegistered(project=place), actor=ADA)
        for number in range(2, 6):
            change.append(DispatchHalted(spec=f"s{number}", by="Ada <ada@example.org>"), actor=ADA)
    return file


@pytest.fixture
def desk(file: Path, clock: FakeClock) -> Iterator[Desk]:
    with closing(Desk(Home(file.parent), f"sqlite:///{file}", clock)) as opened:
        yield opened


def edit(file: Path, statements: str) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.executescript(statements)


def decide(desk: Desk) -> None:
    with desk.change("p") as change:
        change.append(DispatchHalted(spec="more", by="Ada <ada@example.org>"), actor=ADA)


@pytest.mark.parametrize("how", EDITS)
def test_nothing_is_decided_on_an_edited_ledger_and_verify_names_the_place(how: str, file: Path, desk: Desk) -> None:
    edit(file, EDITS[how])
    with pytest.raises(PodiumError, match=r"not whole.*(\n.*)*podium ledger verify"):
        decide(desk)
    if how not in ("inserted", "another head", "an earlier head"):  # what is beyond the head is not shown either
        with pytest.raises(PodiumError, match="not whole"):
            desk.look("p")
    reader = open_reader(desk.url)
    assert reader is not None
    with closing(reader):
        assert verify("p", reader.records("p"), reader.head("p")).faults


def test_a_database_restored_from_a_backup_is_read_anew(file: Path, desk: Desk) -> None:
    with closing(sqlite3.connect(file)) as database, closing(sqlite3.connect(file.with_name("backup"))) as backup:
        database.backup(backup)
    decide(desk)
    assert desk.look("p").seq == 6
    with closing(sqlite3.connect(file.with_name("backup"))) as backup, closing(sqlite3.connect(file)) as database:
        backup.backup(database)
    assert desk.look("p").seq == 5
    decide(desk)
    assert desk.look("p").seq == 6
