"""Opening the database for writing: one SQLAlchemy engine, SQLite in WAL mode or PostgreSQL.

SQLite's transactions are begun by us with BEGIN IMMEDIATE: a transaction that reads and then writes must hold the write
lock from its start, or two of them could both decide on the same old state.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError

from podium.kernel.errors import PodiumError
from podium.ledger.event import as_text
from podium.ledger.migrations import migrate
from podium.ledger.versions import unreadable

BUSY_SECONDS = 30


def open_database(url: str) -> sa.Engine:
    """The engine for `url` (`sqlite:///PATH` or `postgresql://...`), its schema brought up to date.

    Raises PodiumError when the database is unreachable, corrupt, or newer than this program.
    """
    engine = sqlite_engine(url) if url.startswith("sqlite") else postgres_engine(url)
    try:
        with engine.begin() as connection:
            migrate(connection, _shown(engine))
    except DatabaseError as error:
        engine.dispose()
        raise unreadable(_shown(engine), error) from error
    except PodiumError:
        engine.dispose()
        raise
    return engine


def sqlite_engine(url: str) -> sa.Engine:
    """An engine on an SQLite file: WAL, synchronous=FULL, immediate transactions. Makes the file's directory."""
    path = sa.make_url(url).database
    if not path:
        raise PodiumError("an SQLite URL needs a file", where=url, do="Write sqlite:////absolute/path/podium.db")
    _wal(Path(path))
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.text_factory = as_text
        connection.execute("pragma synchronous=full")
        connection.execute("pragma foreign_keys=on")

    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("begin immediate")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def postgres_engine(url: str) -> sa.Engine:
    """An engine on PostgreSQL through psycopg 3."""
    parsed = sa.make_url(url).set(drivername="postgresql+psycopg")
    return sa.create_engine(parsed, pool_pre_ping=True)


def _wal(path: Path) -> None:
    """Put the file in WAL mode once, before anything else opens it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds keys of the web, transcripts, sessions
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    except (OSError, sqlite3.Error) as error:
        raise unreadable(str(path), error) from error
    try:
        connection.execute("pragma journal_mode=wal")
    except sqlite3.Error as error:
        raise unreadable(str(path), error) from error
    finally:
        connection.close()


def _shown(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
