"""Appending to the ledger: one hash chain per project, serialised by the database.

A transaction holds its project's chain from its start, so whoever decides on what it read decides on the truth:

    with ledger.transaction(project) as tx:
        state.catch_up(tx.records(after=state.seq))
        tx.append(rules.decide(state, ...), actor="person:Ada <ada@x.org>")

A database error in the body, or any exception, appends nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from podium.kernel.clock import Clock, stamp
from podium.kernel.errors import ConflictError
from podium.kernel.value import canonical
from podium.ledger.event import GENESIS, Payload, Record, as_stored, record_hash
from podium.ledger.schema import head as head_table
from podium.ledger.schema import ledger as ledger_table
from podium.ledger.versions import RefusedError, in_doubt, unreadable


class Transaction:
    """A project's chain, held for writing until the enclosing `with` ends."""

    def __init__(self, connection: sa.Connection, project: str, seq: int, tip: str, clock: Clock) -> None:
        self.connection = connection
        self.project = project
        self.began = seq
        self.seq = seq
        self.tip = tip
        self._clock = clock

    def records(self, after: int = 0) -> list[Record]:
        """The records with a sequence number above `after`, in order."""
        table = ledger_table
        columns = (table.c[name] for name in Record.__struct_fields__)
        rows = self.connection.execute(
            sa.select(*columns).where(table.c.project == self.project, table.c.seq > after).order_by(table.c.seq)
        )
        return [as_stored(tuple(row)) for row in rows]

    def append(self, payload: Payload, *, actor: str) -> Record:
        """Add one record to the chain; it counts once the transaction commits."""
        seq, at, data = self.seq + 1, stamp(self._clock.now()), canonical(payload)
        kind, subject = payload.kind, payload.subject
        record = Record(
            seq=seq,
            project=self.project,
            at=at,
            actor=actor,
            kind=kind,
            subject=subject,
            data=data,
            previous=self.tip,
            hash=record_hash(
                seq=seq,
                project=self.project,
                at=at,
                actor=actor,
                kind=kind,
                subject=subject,
                data=data,
                previous=self.tip,
            ),
        )
        columns = {name: getattr(record, name) for name in Record.__struct_fields__}
        self.connection.execute(ledger_table.insert().values(**columns))
        self.connection.execute(
            head_table.update().where(head_table.c.project == self.project).values(seq=seq, hash=record.hash)
        )
        self.seq, self.tip = seq, record.hash
        return record


class Ledger:
    """The append-only record of every decision and fact, for all projects of one database."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock

    @contextmanager
    def transaction(self, project: str) -> Generator[Transaction]:
        """Hold `project`'s chain; commit at the end of the block, roll back if it raises.

        A connection that is lost in the very moment of the commit leaves open what the database made of it: then it
        is looked up, and the block ends as if nothing had happened where the records are there.

        Raises ConflictError when the chain could not be held, RefusedError when the database refuses the write
        (a full disk, say), PodiumError when it is damaged: nothing was written then. Raises InDoubtError when the
        connection was lost in the commit and the database does not answer any more.
        """
        held: Transaction | None = None
        whole = False
        try:
            with self.engine.begin() as connection:
                seq, tip = _hold(connection, project)
                held = Transaction(connection, project, seq, tip, self.clock)
                yield held
                whole = True  # what fails from here on is the commit
        except IntegrityError as error:
            raise ConflictError("another process wrote the ledger at the same time", where=project) from error
        except DBAPIError as error:
            if whole and held is not None and held.seq > held.began and self._was_written(held):
                return
            if not isinstance(error, OperationalError) and not error.connection_invalidated:
                raise unreadable(self._shown, error) from error
            raise RefusedError(
                f"the database refused to write ({str(error.orig).splitlines()[0]})",
                where=self._shown,
                do="Nothing was written. Free disk space or unlock the database, then do it again.",
            ) from error

    def _was_written(self, lost: Transaction) -> bool:
        """Whether a commit that got no answer took place. Raises InDoubtError when that cannot be found out.

        Holding the chain waits until the database is through with whoever held it before.
        """
        table = ledger_table
        newest = sa.select(table.c.hash).where(table.c.project == lost.project, table.c.seq == lost.seq)
        try:
            with self.engine.begin() as connection:
                _hold(connection, lost.project)
                return connection.execute(newest).scalar() == lost.tip
        except DBAPIError as error:
            raise in_doubt(self._shown, error) from error

    @property
    def _shown(self) -> str:
        return self.engine.url.render_as_string(hide_password=True)


def _hold(connection: sa.Connection, project: str) -> tuple[int, str]:
    """Lock the head row of `project`, making it if it is the first time; return its sequence number and hash."""
    if connection.dialect.name == "postgresql":  # each dialect takes a while to import: only the one that is used
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    connection.execute(
        insert(head_table)
        .values(project=project, seq=0, hash=GENESIS)
        .on_conflict_do_nothing(index_elements=["project"])
    )
    query = sa.select(head_table.c.seq, head_table.c.hash).where(head_table.c.project == project)
    row = connection.execute(query.with_for_update()).one()
    return int(row.seq), str(row.hash)
