"""Writing a round's transcript: numbered lines, each whole on disk as soon as it is written, within a size.

Pieces of one message are joined for a fifth of a second: a model streams words, a reader wants sentences.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from podium.agents.event import Entry, Event, Message, Thought, decode, encode
from podium.evidence.redaction import Redactor
from podium.kernel.clock import Clock, stamp
from podium.supervisor.files import whole_lines
from podium.supervisor.tally import Tally

JOIN_SECONDS = 0.2
JOIN_LENGTH = 4096
RESERVE = 1 << 20
"""Bytes kept free, so that how a flood ended can still be written."""


class Transcript:
    """The one writer of an `events.jsonl`. A torn last line of an earlier death is cut off; numbers go on.

    Use from one event loop. `record` never raises for what an agent wrote; it may raise OSError (a full disk).
    """

    def __init__(self, path: Path, *, limit: int, clock: Clock, redactor: Redactor | None = None) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._clock = clock
        self._redactor = redactor or Redactor()
        self._limit = limit
        self._size = whole_lines(self._file)
        os.ftruncate(self._file, self._size)
        self.tally = Tally()
        self._read_back()
        self._pieces: list[str] = []
        self._piece_kind: type[Message | Thought] = Message
        self._piece_length = 0
        self._timer: asyncio.TimerHandle | None = None
        self.full = False

    def _read_back(self) -> None:
        offset, rest = 0, b""
        while offset < self._size:
            block = os.pread(self._file, 1 << 20, offset)
            offset += len(block)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                self.tally.add(decode(line))

    def record(self, event: Event) -> bool:
        """Write an event; False when the transcript is full and it was dropped."""
        if isinstance(event, Message | Thought) and event.more:
            return self._join(event)
        self.flush(more=False)
        return self._write(event, reserve=RESERVE)

    def record_last(self, event: Event) -> None:
        """Write an event of the supervisor's own, also when agents may write no more."""
        self.flush(more=False)
        self._write(event, reserve=0)

    def flush(self, *, more: bool = True) -> None:
        """Write what is being joined."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pieces:
            text = "".join(self._pieces)
            # The beginning of a key waits for the rest of it: in two pieces nobody would know it again.
            cut = self._redactor.open_end(text) if more else len(text)
            self._pieces, self._piece_length = [text[cut:]] if cut < len(text) else [], len(text) - cut
            if cut:
                self._write(self._piece_kind(text=text[:cut], more=more), reserve=RESERVE)

    def _join(self, event: Message | Thought) -> bool:
        if self.full:
            return False
        if self._pieces and not isinstance(event, self._piece_kind):
            self.flush(more=False)
        self._piece_kind = type(event)
        self._pieces.append(event.text)
        self._piece_length += len(event.text)
        if self._piece_length >= JOIN_LENGTH:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(JOIN_SECONDS, self.flush)
        return not self.full

    def _write(self, event: Event, *, reserve: int) -> bool:
        entry = Entry(n=self.tally.events + 1, t=stamp(self._clock.now()), event=event)
        whole = encode(entry)
        line = self._redactor.line(whole)
        if line != whole:
            entry = decode(line)
        if self._size + len(line) > self._limit - reserve:
            self.full = True
            return False
        written = os.write(self._file, line)
        if written < len(line):  # a full disk: leave no torn line behind
            os.ftruncate(self._file, self._size)
            raise OSError(28, os.strerror(28), "events.jsonl")
        self._size += written
        self.tally.add(entry)
        return True

    def digest(self) -> str:
        """Put everything on the disk for good and give the digest of it all."""
        self.flush(more=False)
        os.fsync(self._file)
        whole = hashlib.sha256()
        offset = 0
        while block := os.pread(self._file, 1 << 20, offset):
            whole.update(block)
            offset += len(block)
        return f"sha256:{whole.hexdigest()}"

    def close(self) -> None:
        """Write no more."""
        os.close(self._file)
