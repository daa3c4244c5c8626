"""The tables of Podium's one database, for SQLite and PostgreSQL alike.

Four tables, because there are four kinds of fact with four different rates:

* `podium_ledger`, `podium_head`: what happened and who decided (low rate, for ever, hash-chained);
* `podium_worker`, `podium_lease`: who is at work now (some writes a second, worthless tomorrow);
* `podium_transcript`: transcripts of rounds in batches, where the database is shared by machines;
* `podium_meta`: the version of this schema.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

meta = sa.Table(
    "podium_meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

ledger = sa.Table(
    "podium_ledger",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

head = sa.Table(
    "podium_head",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

worker = sa.Table(
    "podium_worker",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.BigInteger, nullable=False),
    sa.Column("beat", sa.Float, nullable=False),  # seconds since the epoch, by the database's clock
    sa.Column("started", sa.Float, nullable=False),
)

lease = sa.Table(
    "podium_lease",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", sa.Float, nullable=False),  # seconds since the epoch, by the database's clock
)

transcript = sa.Table(
    "podium_transcript",
    metadata,
    sa.Column("round", sa.Text, primary_key=True),
    sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False),  # offset in events.jsonl
    sa.Column("chunk", sa.LargeBinary, nullable=False),
)
