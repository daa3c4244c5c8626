"""Bringing a database to the present schema, and refusing one that is newer than this program."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from podium.ledger.schema import meta as meta_table
from podium.ledger.schema import metadata
from podium.ledger.versions import SCHEMA_VERSION, check_version, unreadable


def migrate(connection: sa.Connection, where: str) -> None:
    """Create or upgrade the tables, within the caller's transaction.

    Raises PodiumError when the database belongs to a newer Podium, or is not a usable database at all.
    """
    try:
        known = sa.inspect(connection).has_table(meta_table.name)
    except DatabaseError as error:
        raise unreadable(where, error) from error
    if not known:
        metadata.create_all(connection)
        connection.execute(meta_table.insert().values(key="schema", value=str(SCHEMA_VERSION)))
        return
    found = connection.scalar(sa.select(meta_table.c.value).where(meta_table.c.key == "schema"))
    check_version(found, where)
