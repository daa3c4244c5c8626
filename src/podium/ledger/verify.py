"""Finding any changed, removed, inserted or reordered record of a chain. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from podium.kernel.value import Value
from podium.ledger.event import GENESIS, Record, record_hash


class Fault(Value, frozen=True, kw_only=True):
    """One place where a chain is broken."""

    seq: int
    kind: str  # of the record; empty where there is none
    what: str


class Verification(Value, frozen=True, kw_only=True):
    """What verifying a chain found."""

    project: str
    records: int
    head: str  # hash of the last record; GENESIS for an empty chain
    faults: tuple[Fault, ...]

    @property
    def verified(self) -> bool:
        """Whether no fault was found."""
        return not self.faults


def verify(project: str, records: Iterable[Record], head: tuple[int, str] | None) -> Verification:
    """Check every hash and link of a project's chain, in the stored order, against the head that the database keeps.

    A removed tail is seen by the head; a chain whose records AND head were rewritten consistently can only be seen by
    comparing `head` with one kept elsewhere (receipts carry it).
    """
    faults: list[Fault] = []
    previous, expected, count = GENESIS, 1, 0
    for record in records:
        count += 1
        if record.seq != expected:
            what = (
                f"records {expected} to {record.seq - 1} are missing"
                if record.seq > expected
                else f"record {record.seq} stands where {expected} belongs"
            )
            faults.append(Fault(seq=record.seq, kind=record.kind, what=what))
        if record.hash != _computed(record):
            faults.append(Fault(seq=record.seq, kind=record.kind, what="its content was changed: the hash differs"))
        elif record.previous != previous and record.seq == expected:
            faults.append(Fault(seq=record.seq, kind=record.kind, what="it does not follow the record before it"))
        previous, expected = record.hash, record.seq + 1
    stored = head or (0, GENESIS)
    if stored != (expected - 1, previous):
        faults.append(
            Fault(seq=expected, kind="", what=f"the head names record {stored[0]}, the chain ends at {expected - 1}")
        )
    return Verification(project=project, records=count, head=previous, faults=tuple(faults))


def is_next(record: Record, seq: int, head: str) -> bool:
    """Whether a record is whole and follows the one numbered `seq` whose hash is `head`."""
    return record.seq == seq + 1 and record.previous == head and record.hash == _computed(record)


def _computed(record: Record) -> str:
    return record_hash(
        seq=record.seq,
        project=record.project,
        at=record.at,
        actor=record.actor,
        kind=record.kind,
        subject=record.subject,
        data=record.data,
        previous=record.previous,
    )
