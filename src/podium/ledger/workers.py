"""Who is at work on this database: heartbeats, and leases for what only one may do at a time.

Time is the database's own, so that workers on machines with different clocks agree. Nothing here is a fact that anybody
decided on: it may be lost without harm.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from podium.ledger.schema import lease as lease_table
from podium.ledger.schema import worker as worker_table


@dataclass(frozen=True)
class Worker:
    """One worker and how long ago it was last heard of."""

    id: str
    host: str
    pid: int
    silent_seconds: float


def beat(engine: sa.Engine, worker: str, host: str, pid: int) -> None:
    """Say that a worker lives."""
    with engine.begin() as connection:
        now = _now(connection)
        insert = _insert(connection)(worker_table).values(id=worker, host=host, pid=pid, beat=now, started=now)
        connection.execute(
            insert.on_conflict_do_update(index_elements=["id"], set_={"beat": now, "host": host, "pid": pid})
        )


def workers(engine: sa.Engine) -> list[Worker]:
    """All workers that were ever heard of and not yet forgotten."""
    with engine.begin() as connection:
        now = _now(connection)
        rows = connection.execute(sa.select(worker_table).order_by(worker_table.c.id))
        return [Worker(row.id, row.host, int(row.pid), max(0.0, now - row.beat)) for row in rows]


def forget(engine: sa.Engine, worker: str) -> None:
    """Remove a worker that has ended in order."""
    with engine.begin() as connection:
        connection.execute(worker_table.delete().where(worker_table.c.id == worker))


def take_lease(engine: sa.Engine, name: str, holder: str, seconds: float) -> bool:
    """Take or prolong a lease; False while somebody else holds it. It ends by itself after `seconds`."""
    with engine.begin() as connection:
        now = _now(connection)
        insert = _insert(connection)(lease_table).values(name=name, holder=holder, until=now + seconds)
        taken = connection.execute(
            insert.on_conflict_do_update(
                index_elements=["name"],
                set_={"holder": holder, "until": now + seconds},
                where=sa.or_(lease_table.c.until < now, lease_table.c.holder == holder),
            ).returning(lease_table.c.holder)
        ).first()
        return taken is not None


def hand_lease(engine: sa.Engine, name: str, holder: str, to: str, seconds: float) -> bool:
    """Give a lease that `holder` has to somebody else, for so long from now; False when it has run out and is gone."""
    with engine.begin() as connection:
        mine = sa.and_(lease_table.c.name == name, lease_table.c.holder == holder)
        values = {"holder": to, "until": _now(connection) + seconds}
        return connection.execute(lease_table.update().where(mine).values(**values)).rowcount == 1


def _insert(connection: sa.Connection) -> type[postgresql.Insert] | type[sqlite.Insert]:
    return postgresql.Insert if connection.dialect.name == "postgresql" else sqlite.Insert


def _now(connection: sa.Connection) -> float:
    """The database's clock, in seconds since 1970."""
    if connection.dialect.name == "postgresql":
        query = "select extract(epoch from clock_timestamp())"
    else:
        query = "select (julianday('now') - 2440587.5) * 86400.0"
    return float(connection.execute(sa.text(query)).scalar_one())
