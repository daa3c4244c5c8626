"""What a ledger record is, and the base of every noun's events."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from podium.kernel.value import canonical

GENESIS = "0" * 64
"""What the first record of a chain names as its predecessor."""


class Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """The base of what can happen. A subclass gives `tag="noun.happened"` and a `subject`.

    A payload's JSON form is part of the ledger for ever: fields are only ever added, with a default.
    """

    @property
    def subject(self) -> str:
        """What it happened to, for example `task:rate-limit/T2`."""
        raise TypeError(f"{type(self).__name__} names no subject")

    @property
    def kind(self) -> str:
        """The tag: `noun.happened`."""
        return str(self.__struct_config__.tag)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a project's chain."""

    seq: int  # from 1, without gaps
    project: str
    at: str  # see podium.kernel.clock.stamp
    actor: str  # "person:Ada <ada@x.org>", "podium:worker-id", "agent:name"
    kind: str
    subject: str
    data: bytes  # canonical JSON of the payload, its kind included
    previous: str  # hash of the record before, GENESIS for the first
    hash: str


def as_stored(row: Sequence[Any]) -> Record:
    """The record in a row of the table, whose columns are in the order of the fields.

    Never raises: what somebody has put in the place of a number or a text is for `verify` to name.
    """
    seq, project, at, actor, kind, subject, data, previous, hash_ = (
        row if tuple(map(type, row)) == _TYPES else map(_mended, row, _TYPES)
    )
    return Record(
        seq=seq, project=project, at=at, actor=actor, kind=kind, subject=subject,
        data=data, previous=previous, hash=hash_,
    )  # fmt: skip


def as_text(stored: bytes) -> str:
    """Text that SQLite holds, also where it is no UTF-8."""
    return stored.decode("utf-8", "replace")


_TYPES = (int, str, str, str, str, str, bytes, str, str)


def _mended(stored: object, kind: type) -> Any:
    if isinstance(stored, kind):
        return stored
    if kind is int:
        return -1
    text = stored if isinstance(stored, str) else repr(stored)
    return text.encode("utf-8", "replace") if kind is bytes else text


def record_hash(
    *, seq: int, project: str, at: str, actor: str, kind: str, subject: str, data: bytes, previous: str
) -> str:
    """SHA-256 (hex) over the canonical JSON list of all fields; `data` enters as its own SHA-256."""
    body = canonical([seq, project, at, actor, kind, subject, hashlib.sha256(data).hexdigest(), previous])
    return hashlib.sha256(body).hexdigest()
