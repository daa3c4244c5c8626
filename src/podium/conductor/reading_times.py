"""How long a person read what, kept on this machine only: a journal that is nobody else's business.

Where podium.toml says `[review] share_pace = true`, times go into the ledger instead (`review.time-recorded`).
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from podium.conductor.draft_book import private_place
from podium.conductor.home import Home
from podium.kernel.value import canonical
from podium.review.model import TimeBatch
from podium.supervisor.files import append_line

_MOST_BYTES = 32 * 1024 * 1024
_DECODER = msgspec.json.Decoder(TimeBatch)


@dataclass(frozen=True)
class ReadingTimes:
    """The reading times of one person in one project. Make it with `open_times`."""

    file: Path

    def read(self) -> tuple[TimeBatch, ...]:
        """All batches, each once, oldest first; lines that are damaged are passed over."""
        try:
            lines = self.file.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        found: dict[str, TimeBatch] = {}
        for line in lines:
            try:
                batch = _DECODER.decode(line)
            except msgspec.MsgspecError:
                continue
            found.setdefault(batch.id, batch)
        return tuple(found.values())

    def add(self, batch: TimeBatch) -> None:
        """Keep a batch; one that is there already is kept once. A journal beyond 32 MB loses its older half."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self.file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if any(known.id == batch.id for known in self.read()):
                return
            self._shorten()
            append_line(self.file, canonical(batch) + b"\n")
            self.file.chmod(0o600)
        finally:
            os.close(lock)

    def _shorten(self) -> None:
        if not self.file.exists() or self.file.stat().st_size < _MOST_BYTES:
            return
        data = self.file.read_bytes()
        half = data.index(b"\n", len(data) // 2) + 1
        fresh = self.file.with_suffix(".new")
        fresh.write_bytes(data[half:])
        fresh.replace(self.file)


def open_times(home: Home, project: str, actor: str) -> ReadingTimes:
    """The journal of the person behind `actor`. Raises PodiumError when it is no person."""
    return ReadingTimes(private_place(home, project, actor) / "reading-times.jsonl")
