"""Which schema this program reads and writes. Imports no database driver."""

from __future__ import annotations

from podium.kernel.errors import PodiumError

SCHEMA_VERSION = 1
"""Raised with every migration; also the `application_version` of the engine's workflows."""


def check_version(found: str | None, where: str) -> None:
    """Raise PodiumError unless `found` is the version that this program reads and writes."""
    if found is None or not found.isdigit():
        raise PodiumError("the database names no schema version", where=where, do="Restore it from a backup.")
    if int(found) > SCHEMA_VERSION:
        raise PodiumError(
            f"the database was written by a newer Podium (schema {found}, this program knows {SCHEMA_VERSION})",
            where=where,
            do="Upgrade Podium (`pip install --upgrade podium`). Nothing was changed.",
        )


def unreadable(where: str, error: Exception) -> PodiumError:
    """The error for a file or server that does not answer as a database."""
    first = (str(error) or type(error).__name__).splitlines()[0]
    return PodiumError(
        f"the database cannot be read ({first})",
        where=where,
        do="Restore it from a backup, or name another one with --state or --db. Nothing was changed.",
    )
