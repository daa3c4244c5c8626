"""The chain of this repository's project, read without SQLAlchemy and without folding it.

A chain that was tampered with may not fold any more; verifying and exporting it must work all the same.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import msgspec

from podium.cli.context import Context
from podium.kernel.errors import NotFoundError
from podium.ledger.event import Record
from podium.ledger.read import Reader, open_reader


class _Place(msgspec.Struct):
    root: str = ""


class _Registered(msgspec.Struct):
    project: _Place


@contextmanager
def reading(context: Context) -> Generator[Reader]:
    """A reader of the database. Raises UsageError outside of a repository, NotFoundError when there is none yet."""
    reader = open_reader(context.url)
    if reader is None:
        _ = context.root  # outside of a repository, that is what is wrong
        raise NotFoundError("there is no ledger yet", where=context.shown_database, do="Run: podium init")
    try:
        yield reader
    finally:
        reader.close()


def own_project(context: Context, reader: Reader) -> str:
    """The id of the project that was registered last for this repository. Raises NotFoundError when none was."""
    root = str(context.root)
    found = [project for project in reader.projects() if _root(reader.records(project)) == root]
    if not found:
        raise NotFoundError("this repository is not under Podium yet", where=root, do="Run: podium init")
    return found[-1]


def read_chain(context: Context, after: int = 0) -> tuple[str, list[Record]]:
    """The id of this repository's project, and its records above `after`, in order."""
    with reading(context) as reader:
        project = own_project(context, reader)
        return project, reader.records(project, after=after)


def _root(records: list[Record]) -> str:
    root = ""
    for record in records:
        if record.kind == "project.registered":
            try:
                root = msgspec.json.decode(record.data, type=_Registered).project.root
            except msgspec.MsgspecError:
                continue  # tampered with: verifying tells
    return root
