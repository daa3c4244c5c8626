"""Reading the ledger without SQLAlchemy.

Importing SQLAlchemy takes about 0.45 s, as much as all the rest of `podium status`. Reading needs three portable
SELECTs, so readers use the database drivers directly.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from podium.kernel.errors import PodiumError
from podium.ledger.event import Record, as_stored, as_text
from podium.ledger.versions import away, check_version, unreadable

_COLUMNS = ", ".join(Record.__struct_fields__)


_NO_TEXT = "Could not decode to UTF-8"  # SQLite's driver


class Reader:
    """A read-only connection. Not to be shared between threads.

    Every question raises RefusedError when the database does not answer now; a reader that `failed` is to be opened
    anew. Raises PodiumError when the database is damaged.
    """

    def __init__(self, connection: Any, mark: str, shown: str) -> None:
        self._connection = connection
        self._mark = mark
        self._shown = shown
        self.failed = False

    def projects(self) -> list[str]:
        """The ids of all projects that have a chain."""
        return [str(row[0]) for row in self.query("select project from podium_head order by project")]

    def head(self, project: str) -> tuple[int, str] | None:
        """Sequence number and hash of the newest record, or None when there is no chain."""
        rows = self.query(f"select seq, hash from podium_head where project = {self._mark}", (project,))
        return (int(rows[0][0]), str(rows[0][1])) if rows else None

    def records(self, project: str, after: int = 0, most: int = 0) -> list[Record]:
        """The records above `after`, in order; the first `most` of them, 0 = all."""
        limit = f" limit {most:d}" if most else ""
        rows = self.query(
            f"select {_COLUMNS} from podium_ledger where project = {self._mark} and seq > {self._mark} "
            f"order by seq{limit}",
            (project, after),
        )
        return [as_stored(row) for row in rows]

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def query(self, text: str, arguments: Sequence[object] = ()) -> list[Any]:
        """All rows of one SELECT."""
        try:
            return self._rows(text, arguments)
        except Exception as error:
            if _NO_TEXT not in str(error):
                raise self._fault(error) from error
        self._connection.text_factory = as_text  # somebody has written there; `verify` is to name it
        return self._rows(text, arguments)

    def schema(self) -> str | None:
        """The schema version as it is stored; None where there is no ledger."""
        try:
            rows = self._rows("select value from podium_meta where key = 'schema'")
        except Exception as error:
            if any(sign in str(error) for sign in ("no such table", "does not exist")):
                return None
            raise self._fault(error) from error
        return str(rows[0][0]) if rows else ""

    def _fault(self, error: Exception) -> PodiumError:
        self.failed = True
        if any(each.__name__ == "OperationalError" for each in type(error).__mro__):  # PEP 249, in either driver
            return away(self._shown, error)
        return unreadable(self._shown, error)

    def _rows(self, text: str, arguments: Sequence[object] = ()) -> list[Any]:
        cursor = self._connection.cursor()
        try:
            cursor.execute(text, tuple(arguments))
            return cursor.fetchall()
        finally:
            cursor.close()


def open_reader(url: str) -> Reader | None:
    """A reader of the database at `url`, or None where there is none yet.

    Raises PodiumError when it is corrupt, unreachable, or newer than this program.
    """
    reader = _open_sqlite(url) if url.startswith("sqlite") else _open_postgres(url)
    if reader is None:
        return None
    usable = False
    try:
        usable = _checked(reader, url)
    finally:
        if not usable:
            reader.close()
    return reader if usable else None


def _checked(reader: Reader, url: str) -> bool:
    found = reader.schema()
    if found is None:
        return False
    check_version(found, _shown(url))
    return True


def _open_sqlite(url: str) -> Reader | None:
    path = Path(url.removeprefix("sqlite:///"))
    if not path.is_file():
        return None
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30, check_same_thread=False)
    return Reader(connection, "?", _shown(url))


def _open_postgres(url: str) -> Reader:
    import psycopg

    try:
        connection = psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)
    except psycopg.OperationalError as error:
        raise away(_shown(url), error) from error
    except psycopg.Error as error:
        raise unreadable(_shown(url), error) from error
    return Reader(connection, "%s", _shown(url))


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return unquote(url if not parts.password else url.replace(f":{parts.password}@", ":***@"))
