"""Reading transcripts while they grow: complete lines only, from a byte offset, for one round or for many."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from podium.agents.event import Entry, decode
from podium.kernel.value import Value
from podium.supervisor.order import EVENTS, EXIT

_BLOCK = 1 << 20


class Batch(Value, frozen=True, kw_only=True):
    """New entries of one round. `offset` is where to go on; `ended` when there will be no more."""

    key: str
    entries: tuple[Entry, ...]
    offset: int
    ended: bool = False


def read(round_dir: Path, offset: int = 0, *, block: int = _BLOCK) -> tuple[tuple[Entry, ...], int]:
    """The entries after `offset`, and the offset after them; about `block` bytes of them at most, at least one line.

    A line that is still being written is left for the next call. An offset stays valid for ever: a transcript only
    grows, and a repair only removes an incomplete line, which was never given out.
    """
    try:
        descriptor = os.open(round_dir / EVENTS, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return (), offset
    try:
        data = os.pread(descriptor, block, offset)
        while len(data) >= block and b"\n" not in data:
            more = os.pread(descriptor, block, offset + len(data))
            if not more:
                break
            data += more
    finally:
        os.close(descriptor)
    whole = data[: data.rfind(b"\n") + 1]
    return tuple(decode(line) for line in whole.split(b"\n") if line), offset + len(whole)


@dataclass
class _Watched:
    round_dir: Path
    offset: int


class Follower:
    """Gives what many rounds write, as they write it.

    Use from one event loop:

        follower = Follower()
        follower.add("run-1/1", round_dir)
        async for batch in follower.batches(): ...
    """

    def __init__(self, *, interval: float = 0.05) -> None:
        self._watched: dict[str, _Watched] = {}
        self._interval = interval

    def add(self, key: str, round_dir: Path, offset: int = 0) -> None:
        """Follow a round from `offset` on; it need not have started."""
        self._watched[key] = _Watched(round_dir, offset)

    def remove(self, key: str) -> None:
        """Follow it no longer; a round that ended is removed by itself."""
        self._watched.pop(key, None)

    async def batches(self, *, until_empty: bool = False) -> AsyncIterator[Batch]:
        """What is new, for ever, or until every round ended with `until_empty`. Cancel it to stop."""
        while self._watched or not until_empty:
            idle = True
            for key, watched in list(self._watched.items()):
                batch = self._look(key, watched)
                if batch is not None and self._watched.get(key) is watched:
                    idle = False
                    watched.offset = batch.offset
                    if batch.ended:
                        del self._watched[key]
                    yield batch
            await asyncio.sleep(self._interval if idle else 0)

    def _look(self, key: str, watched: _Watched) -> Batch | None:
        ended = (watched.round_dir / EXIT).exists()  # before reading: what is there then is all there will be
        try:
            grown = (watched.round_dir / EVENTS).stat().st_size > watched.offset
        except FileNotFoundError:
            grown = False
        if not grown:
            return Batch(key=key, entries=(), offset=watched.offset, ended=True) if ended else None
        entries, offset = read(watched.round_dir, watched.offset)
        if not entries:
            return Batch(key=key, entries=(), offset=offset, ended=True) if ended else None
        return Batch(key=key, entries=entries, offset=offset)
