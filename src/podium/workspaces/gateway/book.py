"""What requests to models have cost on this machine: one small SQLite file that all supervisors write at once.

A request is entered before it is sent, with what it is expected to cost, and settled when it is over; so parallel
rounds see each other's requests while they are under way. When a supervisor is killed, what it left open counts as
spent: the provider has answered it, or will bill it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from podium.kernel.value import Value

_SCHEMA: Final = """
create table if not exists request (
  id integer primary key, at text not null, usd real not null, open integer not null
) strict;
create table if not exists share (
  account text not null, request integer not null references request(id), primary key (account, request)
) strict, without rowid;
create table if not exists total (account text primary key, usd real not null, unpriced integer not null) strict,
  without rowid;
create table if not exists cap (account text primary key, usd real not null) strict, without rowid;
"""
_BUSY_SECONDS: Final = 20.0


class Cap(Value, frozen=True, kw_only=True):
    """One limit: everything entered to `account` may cost `usd`."""

    scope: str  # round, task, spec, day: what a person calls it
    account: str  # what it is entered to
    usd: float


class Full(Value, frozen=True, kw_only=True):
    """A limit is reached."""

    cap: Cap
    spent: float


class Book:
    """The book at `path`, opened by one process. Raises sqlite3.Error where it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Give the file back; idempotent."""
        self._db.close()

    def enter(self, accounts: Sequence[str], caps: Sequence[Cap], expected: float, at: str) -> int | Full:
        """Enter a request that is about to be sent: its number, or the limit that is reached already.

        A cap that was raised (`raise_cap`) counts as raised. Requests under way count with what is expected of them.
        """
        with self._writing():
            for cap in caps:
                usd = self.cap(cap)
                spent = self.spent(cap.account)
                if spent >= usd:
                    return Full(cap=Cap(scope=cap.scope, account=cap.account, usd=usd), spent=spent)
            row = self._db.execute("insert into request (at, usd, open) values (?, ?, 1)", (at, expected))
            number = int(row.lastrowid or 0)
            for account in accounts:
                self._db.execute("insert into share values (?, ?)", (account, number))
                self._add(account, expected, 0)
            return number

    def settle(self, number: int, usd: float | None, expected: float) -> None:
        """Say what a request has cost; None = not known: then what was expected stays, and it counts as unpriced."""
        with self._writing():
            changed = self._db.execute(
                "update request set usd = ?, open = 0 where id = ? and open = 1",
                (expected if usd is None else usd, number),
            )
            if changed.rowcount:
                accounts = self._db.execute("select account from share where request = ?", (number,)).fetchall()
                for (account,) in accounts:
                    self._add(account, 0.0 if usd is None else usd - expected, int(usd is None))

    def spent(self, account: str) -> float:
        """US dollars, with those of requests under way."""
        row = self._db.execute("select usd from total where account = ?", (account,)).fetchone()
        return float(row[0]) if row else 0.0

    def unpriced(self, account: str) -> int:
        """How many requests have no known price."""
        row = self._db.execute("select unpriced from total where account = ?", (account,)).fetchone()
        return int(row[0]) if row else 0

    def cap(self, cap: Cap) -> float:
        """What a limit is now."""
        row = self._db.execute("select usd from cap where account = ?", (cap.account,)).fetchone()
        return float(row[0]) if row else cap.usd

    def is_set(self, account: str) -> bool:
        """Whether a person set a limit of this."""
        return self._db.execute("select 1 from cap where account = ?", (account,)).fetchone() is not None

    def raise_cap(self, account: str, usd: float) -> None:
        """A person's word on a limit; the last one counts."""
        with self._writing():
            self._db.execute("insert or replace into cap values (?, ?)", (account, usd))

    def _add(self, account: str, usd: float, unpriced: int) -> None:
        self._db.execute(
            "insert into total values (?, ?, ?) on conflict (account) do update set "
            "usd = max(0.0, usd + excluded.usd), unpriced = unpriced + excluded.unpriced",
            (account, usd, unpriced),
        )

    def _writing(self) -> _Writing:
        return _Writing(self._db)


class _Writing:
    """One transaction that holds the book from its first word: two supervisors never both see the last dollar free."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("begin immediate")

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        self._db.execute("rollback" if kind is not None else "commit")
