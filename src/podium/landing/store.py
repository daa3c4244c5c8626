"""The fold of all landing events, and queries on it."""

from __future__ import annotations

from typing import assert_never

import msgspec

from podium.landing.events import (
    DECODER,
    HeldEvent,
    LandedEvent,
    LandingEvent,
    LandOrdered,
    ResumedEvent,
    ReturnedEvent,
    RevertOrdered,
    WorkOrdered,
)
from podium.landing.model import Entry, Held, Landed, Queued, Returned
from podium.ledger.event import Record

replace = msgspec.structs.replace


class Landings:
    """The landing queue of one project, its past included."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def apply(self, record: Record) -> None:
        """Take in one record; those of other nouns are passed over."""
        if record.kind.startswith("landing."):
            event = DECODER.decode(record.data)
            self.entries[event.entry] = _next(self.entries.get(event.entry), event, record.at)

    def of_task(self, spec: str, task: str) -> list[Entry]:
        """All entries of a task, oldest first."""
        return [entry for entry in self.entries.values() if entry.spec == spec and entry.task == task]

    def of_receipt(self, receipt: str) -> Entry | None:
        """The entry that an accept ordered, if it has entered the queue."""
        return next((entry for entry in self.entries.values() if entry.receipt == receipt), None)

    def waiting(self) -> list[Entry]:
        """Entries that are queued or held, in order of arrival."""
        return [entry for entry in self.entries.values() if isinstance(entry.state, Queued | Held)]

    def landed(self, spec: str, task: str) -> Entry | None:
        """The entry by which a task is on the target branch now; None before it landed and after a revert."""
        found: Entry | None = None
        for entry in self.of_task(spec, task):
            if isinstance(entry.state, Landed):
                found = None if entry.revert_of else entry
        return found

    def landed_commits(self) -> dict[str, Entry]:
        """Every commit that a landing or revert put on the target branch."""
        return {entry.state.commit: entry for entry in self.entries.values() if isinstance(entry.state, Landed)}


def _next(entry: Entry | None, event: LandingEvent, at: str) -> Entry:
    match event:
        case LandOrdered():
            return Entry(
                id=event.entry,
                spec=event.spec,
                task=event.task,
                run=event.run,
                round=event.round,
                state=Queued(),
                queued_at=at,
                receipt=event.receipt,
            )
        case RevertOrdered():
            return Entry(
                id=event.entry,
                spec=event.spec,
                task=event.task,
                run=event.run,
                round=event.round,
                state=Queued(),
                queued_at=at,
                revert_of=event.commit,
                by=event.by,
                reason=event.reason,
            )
        case _:
            assert entry is not None, f"{event.kind} of an entry that never was"
            return _moved(entry, event, at)


def _moved(entry: Entry, event: LandedEvent | ReturnedEvent | HeldEvent | ResumedEvent | WorkOrdered, at: str) -> Entry:
    match event:
        case LandedEvent():
            state = Landed(commit=event.commit, tree=event.tree, target=event.target, at=at, checks=event.checks)
            return replace(entry, state=state)
        case ReturnedEvent():
            return replace(entry, state=Returned(why=event.why, onto=event.onto, at=at, paths=event.paths))
        case HeldEvent():
            return replace(entry, state=Held(why=event.why, do=event.do))
        case ResumedEvent():
            return replace(entry, state=Queued(), attempt=event.attempt)
        case WorkOrdered():
            return replace(entry, ordered=event.attempt)
        case _:
            assert_never(event)
