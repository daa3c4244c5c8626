"""Transcripts where more than one machine works: batches of complete lines in the shared database.

On one machine a transcript is the round's `events.jsonl`, and nothing is copied. With PostgreSQL the worker that has a
round brings what its file has grown by into the database, so that every machine can show it.
"""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa

from podium.conductor.desk import Desk
from podium.ledger.schema import transcript
from podium.supervisor.order import EVENTS

BATCH_BYTES = 1 << 20


def is_shared(desk: Desk) -> bool:
    """Whether transcripts are brought to the database."""
    return not desk.url.startswith("sqlite")


def key(run: str, number: int, worker: str) -> str:
    """What a transcript is kept under: another worker that takes the round over begins one of its own."""
    return f"{run}.{number}@{worker}"


def bring(desk: Desk, name: str, round_dir: Path) -> int:
    """Bring what the round's transcript has grown by; return how many bytes that were. Harmless when repeated."""
    with desk.ledger.engine.begin() as connection:
        start = _length(connection, name)
        data = _lines(round_dir / EVENTS, start)
        if data:
            connection.execute(transcript.insert().values(round=name, start=start, chunk=data))
    return len(data)


def fetch(desk: Desk, name: str, start: int = 0) -> bytes:
    """The transcript from byte `start`, which must be where a batch begins or 0, as far as it was brought."""
    with desk.ledger.engine.begin() as connection:
        rows = connection.execute(
            sa.select(transcript.c.chunk)
            .where(transcript.c.round == name, transcript.c.start >= start)
            .order_by(transcript.c.start)
        )
        return b"".join(bytes(row.chunk) for row in rows)


def _length(connection: sa.Connection, name: str) -> int:
    last = connection.execute(
        sa.select(transcript.c.start, sa.func.length(transcript.c.chunk))
        .where(transcript.c.round == name)
        .order_by(transcript.c.start.desc())
        .limit(1)
    ).first()
    return int(last[0]) + int(last[1]) if last else 0


def _lines(path: Path, start: int) -> bytes:
    """Complete lines from `start`, about a megabyte at the most, one line at the least."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    try:
        data = os.pread(descriptor, BATCH_BYTES, start)
        while len(data) >= BATCH_BYTES and b"\n" not in data:
            more = os.pread(descriptor, BATCH_BYTES, start + len(data))
            if not more:
                break
            data += more
    finally:
        os.close(descriptor)
    return data[: data.rfind(b"\n") + 1]
