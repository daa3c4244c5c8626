"""Which schema this program reads and writes, and what it says of a database it cannot use. Imports no driver."""

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
            do="Upgrade Podium to the one that wrote it, or newer. Nothing was changed.",
        )


class RefusedError(PodiumError):
    """The database does not answer, or takes no write, now (a restart, a full disk, a lock held for long).

    Nothing was written, except where it is an InDoubtError.
    """


class InDoubtError(RefusedError):
    """The connection was lost in the very moment of a commit: whether it took place is not known yet."""


def away(where: str, error: Exception) -> RefusedError:
    """The error for a server that does not answer now, or no longer."""
    return RefusedError(
        f"the database does not answer ({_first_line(error)})",
        where=where,
        do="Start it, or name another one with --state or --db. Nothing was changed.",
    )


def in_doubt(where: str, error: Exception) -> InDoubtError:
    """The error for a commit that got no answer, from a database that does not answer any more."""
    return InDoubtError(
        f"the database went away in the middle of a write ({_first_line(error)})",
        where=where,
        do="It may have been written, or not. Once the database is back, look (podium log) before you do it again.",
    )


def unreadable(where: str, error: Exception) -> PodiumError:
    """The error for a file or server that does not answer as a database."""
    return PodiumError(
        f"the database cannot be read ({_first_line(error)})",
        where=where,
        do="Restore it from a backup, or name another one with --state or --db. Nothing was changed.",
    )


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
