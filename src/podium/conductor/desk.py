"""The desk: the current state of every project, and the only way to change one.

Looking costs three SELECTs at the most and no SQLAlchemy; changing holds the project's chain, so that what a rule
decides is decided on the newest state, whoever else is deciding at the same time.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from podium.conductor.home import Home
from podium.conductor.state import State
from podium.kernel.clock import Clock
from podium.kernel.errors import NotFoundError, PodiumError
from podium.kernel.ids import Entropy, new_id, system_entropy
from podium.ledger.event import Payload, Record
from podium.ledger.read import Reader, open_reader
from podium.ledger.verify import is_next
from podium.project.model import Project

if TYPE_CHECKING:
    import sqlalchemy as sa

    from podium.ledger.log import Ledger, Transaction


@dataclass(frozen=True)
class Change:
    """A project's newest state, held; what is appended counts when the enclosing `with` ends without an error."""

    state: State
    transaction: Transaction

    @property
    def connection(self) -> sa.Connection:
        """The open database transaction, for work that is to be ordered in it."""
        return self.transaction.connection

    def append(self, payload: Payload, *, actor: str) -> Record:
        """Add one record. `state` takes it in with the next change or look."""
        return self.transaction.append(payload, actor=actor)


class Desk:
    """All projects of one database. Safe to use from several threads."""

    def __init__(self, home: Home, url: str, clock: Clock, entropy: Entropy = system_entropy) -> None:
        self.home = home
        self.url = url
        self.clock = clock
        self._entropy = entropy
        self._lock = threading.RLock()
        self._states: dict[str, State] = {}
        self._reader: Reader | None = None

    def new_id(self) -> str:
        """A fresh id that sorts by time."""
        return new_id(self.clock.now(), self._entropy)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, opened for writing (and migrated) the first time that it is asked for."""
        from podium.ledger.database import open_database
        from podium.ledger.log import Ledger

        return Ledger(open_database(self.url), self.clock)

    def projects(self) -> list[str]:
        """The ids of all projects."""
        with self._lock:
            reader = self._open()
            return reader.projects() if reader else []

    def look(self, project: str) -> State:
        """The newest state, for reading. Raises NotFoundError for a project without a chain."""
        with self._lock:
            reader = self._open()
            head = reader.head(project) if reader is not None else None
            state = self._known(project, head)
            if reader is not None and head is not None and head[0] > state.seq:
                self._catch_up(state, reader.records(project, after=state.seq))
                if state.seq < head[0]:
                    raise _broken(state, f"records {state.seq + 1} to {head[0]} are missing")
            if state.seq == 0:
                raise NotFoundError(
                    "this project is not registered", where=project, do="Run `podium init` in its repository."
                )
            return state

    @contextmanager
    def reading(self, project: str) -> Generator[State]:
        """The newest state, kept from moving while it is read: what threads use instead of `look`."""
        with self._lock:
            yield self.look(project)

    @contextmanager
    def change(self, project: str) -> Generator[Change]:
        """Hold a project's chain. Raises ConflictError or PodiumError as `Ledger.transaction` does."""
        with self._lock, self.ledger.transaction(project) as transaction:
            head = (transaction.seq, transaction.tip)
            state = self._known(project, head)
            self._catch_up(state, transaction.records(after=state.seq))
            if (state.seq, state.head) != head:
                raise _broken(state, f"it ends at record {state.seq}, and its head names another end")
            yield Change(state, transaction)

    def close(self) -> None:
        """Give back all connections."""
        with self._lock:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
            if "ledger" in self.__dict__:
                self.ledger.engine.dispose()

    def _open(self) -> Reader | None:
        if self._reader is not None and self._reader.failed:  # a server that was restarted, say
            self._reader.close()
            self._reader = None
        if self._reader is None:
            self._reader = open_reader(self.url)
        return self._reader

    def _known(self, project: str, head: tuple[int, str] | None) -> State:
        """What has been folded so far; nothing where the database went back since (restored from a backup)."""
        state = self._states.get(project) or State(project)
        if head is not None and (head[0] < state.seq or (head[0] == state.seq and head[1] != state.head)):
            return State(project)
        return state

    def _catch_up(self, state: State, records: list[Record]) -> None:
        """Take in what is new. Nothing is decided on a record that was changed, inserted or put elsewhere."""
        for record in records:
            if not is_next(record, state.seq, state.head):
                raise _broken(state, f"record {record.seq} was changed, or is not the one that belongs there")
            try:
                state.apply(record)
            except (msgspec.MsgspecError, KeyError, IndexError, AssertionError) as error:
                raise PodiumError(
                    f"ledger record {record.seq} cannot be understood: it was changed, or is from a newer Podium",
                    where=state.id,
                    do="podium ledger verify says which records were changed. Nothing was done.",
                ) from error
        if state.seq:
            self._states[state.id] = state


def _broken(state: State, what: str) -> PodiumError:
    return PodiumError(
        f"the ledger is not whole: {what}",
        where=state.id,
        do="podium ledger verify says which records were changed. Restore it from a backup. Nothing was done.",
    )


def find_project(desk: Desk, root: str) -> Project:
    """The project whose repository is at `root`. Raises NotFoundError when none is."""
    for project in desk.projects():
        found = desk.look(project).project
        if found.root == root:
            return found
    raise NotFoundError("this repository is not under Podium yet", where=root, do="Run `podium init` here first.")
