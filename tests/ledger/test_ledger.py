"""The ledger on SQLite and PostgreSQL: append, read, verify, refuse."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from podium.kernel.errors import PodiumError
from podium.ledger.database import open_database
from podium.ledger.event import GENESIS
from podium.ledger.log import Ledger
from podium.ledger.read import Reader, open_reader
from podium.ledger.schema import ledger as table
from podium.ledger.schema import meta
from podium.ledger.verify import verify
from podium.ledger.workers import beat, forget, take_lease, workers
from podium.plan.events import DispatchHalted
from podium.testing.clock import FakeClock


def event(spec: str) -> DispatchHalted:
    return DispatchHalted(spec=spec, by="Ada <ada@example.org>")


@pytest.fixture
def ledger(database_url: str, clock: FakeClock) -> Iterator[Ledger]:
    engine = open_database(database_url)
    yield Ledger(engine, clock)
    engine.dispose()


@pytest.fixture
def reader(ledger: Ledger, database_url: str) -> Iterator[Reader]:
    opened = open_reader(database_url)
    assert opened is not None
    yield opened
    opened.close()


def fill(ledger: Ledger, project: str, count: int) -> None:
    with ledger.transaction(project) as tx:
        for number in range(count):
            tx.append(event(f"s{number}"), actor="person:Ada <ada@example.org>")


def test_what_is_appended_is_read_back_in_order_and_verifies(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, "p", 3)
    fill(ledger, "p", 2)
    records = reader.records("p")
    assert [record.seq for record in records] == [1, 2, 3, 4, 5]
    assert records[0].previous == GENESIS
    assert [record.subject for record in records] == ["plan:s0", "plan:s1", "plan:s2", "plan:s0", "plan:s1"]
    assert verify("p", records, reader.head("p")).verified
    assert [record.seq for record in reader.records("p", after=3)] == [4, 5]


def test_two_projects_have_two_chains(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, "one", 2)
    fill(ledger, "two", 1)
    assert reader.projects() == ["one", "two"]
    assert [r.seq for r in reader.records("two")] == [1]


def test_an_exception_in_a_transaction_appends_nothing(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, "p", 1)

    def failing() -> None:
        with ledger.transaction("p") as tx:
            tx.append(event("lost"), actor="a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert len(reader.records("p")) == 1
    fill(ledger, "p", 1)
    assert verify("p", reader.records("p"), reader.head("p")).verified


def test_many_writers_at_once_leave_one_whole_chain(ledger: Ledger, reader: Reader) -> None:
    def write() -> None:
        for _ in range(10):
            fill(ledger, "p", 1)

    threads = [threading.Thread(target=write) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verify("p", reader.records("p"), reader.head("p"))
    assert found.verified
    assert found.records == 50


def tamper(ledger: Ledger, statement: sa.Executable) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(statement)


def faults(reader: Reader) -> list[tuple[int, str]]:
    return [(fault.seq, fault.what) for fault in verify("p", reader.records("p"), reader.head("p")).faults]


def test_a_changed_record_is_found_and_named(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, "p", 5)
    tamper(ledger, table.update().where(table.c.seq == 3).values(data=b'{"kind":"plan.dispatch-halted"}'))
    assert faults(reader) == [(3, "its content was changed: the hash differs")]


@pytest.mark.parametrize("column", ["at", "actor", "kind", "subject"])
def test_a_change_of_any_field_is_found(ledger: Ledger, reader: Reader, column: str) -> None:
    fill(ledger, "p", 2)
    tamper(ledger, table.update().where(table.c.seq == 1).values({column: "another"}))
    assert [seq for seq, _ in faults(reader)] == [1]


def test_a_removed_record_is_found_and_named(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, "p", 5)
    tamper(ledger, table.delete().where(table.c.seq == 3))
    assert faults(reader) == [(4, "records 3 to 3 are missing")]


def test_a_removed_tail_is_found_by_the_head(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, "p", 5)
    tamper(ledger, table.delete().where(table.c.seq > 3))
    assert faults(reader) == [(4, "the head names record 5, the chain ends at 3")]


def test_reordered_records_are_found(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, "p", 4)
    for old, new in ((2, 99), (3, 2), (99, 3)):
        tamper(ledger, table.update().where(table.c.seq == old).values(seq=new))
    assert {seq for seq, _ in faults(reader)} >= {2, 3}


def test_a_record_rewritten_with_a_right_hash_does_not_fit_its_successor(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, "p", 3)
    first = reader.records("p")[0]
    from podium.ledger.event import record_hash

    forged = record_hash(
        seq=1, project="p", at=first.at, actor="mallory", kind=first.kind, subject=first.subject, data=first.data,
        previous=GENESIS,
    )  # fmt: skip
    tamper(ledger, table.update().where(table.c.seq == 1).values(actor="mallory", hash=forged))
    assert faults(reader) == [(2, "it does not follow the record before it")]


def test_a_newer_database_is_refused_and_left_alone(ledger: Ledger, database_url: str) -> None:
    tamper(ledger, meta.update().values(value="999"))
    with pytest.raises(PodiumError, match="newer Podium"):
        open_database(database_url)
    with pytest.raises(PodiumError, match="newer Podium"):
        open_reader(database_url)


def test_a_corrupt_file_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "podium.db"
    path.write_bytes(b"this is no database, and long enough to be looked at " * 100)
    with pytest.raises(PodiumError, match="cannot be read"):
        open_database(f"sqlite:///{path}")
    with pytest.raises(PodiumError, match="cannot be read"):
        open_reader(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"this is no database")


def test_there_is_nothing_to_read_before_the_first_write(tmp_path: Path) -> None:
    assert open_reader(f"sqlite:///{tmp_path / 'none.db'}") is None
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    assert open_reader(f"sqlite:///{tmp_path / 'empty.db'}") is None


def test_sqlite_is_in_wal_mode_and_syncs_fully(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'podium.db'}")
    with engine.begin() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2
    engine.dispose()


def test_a_full_disk_appends_nothing_and_says_so(tmp_path: Path, clock: FakeClock) -> None:
    url = f"sqlite:///{tmp_path / 'podium.db'}"
    engine = open_database(url)
    ledger = Ledger(engine, clock)
    fill(ledger, "p", 1)
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar_one()
        connection.exec_driver_sql(f"pragma max_page_count={pages}")
        connection.rollback()
    with pytest.raises(PodiumError, match="refused to write"):
        fill(ledger, "p", 5000)
    engine.dispose()
    reader = open_reader(url)
    assert reader is not None
    assert len(reader.records("p")) == 1
    reader.close()


def test_a_lease_is_held_by_one_until_it_ends(ledger: Ledger) -> None:
    assert take_lease(ledger.engine, "reaper", "a", 60)
    assert take_lease(ledger.engine, "reaper", "a", 60)
    assert not take_lease(ledger.engine, "reaper", "b", 60)
    assert take_lease(ledger.engine, "reaper", "a", -1)
    assert take_lease(ledger.engine, "reaper", "b", 60)


def test_workers_are_heard_of_and_forgotten(ledger: Ledger) -> None:
    beat(ledger.engine, "w1", "host", 1)
    beat(ledger.engine, "w1", "host", 2)
    beat(ledger.engine, "w2", "host", 3)
    found = workers(ledger.engine)
    assert [(worker.id, worker.pid) for worker in found] == [("w1", 2), ("w2", 3)]
    assert all(worker.silent_seconds < 30 for worker in found)
    forget(ledger.engine, "w1")
    assert [worker.id for worker in workers(ledger.engine)] == ["w2"]
