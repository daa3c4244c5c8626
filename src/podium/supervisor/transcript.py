"""Writing a round's transcript: numbered lines, each whole on disk as soon as it is written, within a size.

A line for which the disk has no room waits in memory, and so does all that comes after it, until `retry` writes them:
they count as written, for who goes on from here, but a supervisor that dies takes them along.

Pieces of one message are joined for a fifth of a second: a model streams words, a reader wants sentences.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from pathlib import Path

from podium.agents.event import Entry, Event, Message, Thought, decode, encode
from podium.evidence.redaction import Redactor
from podium.kernel.clock import Clock, stamp
from podium.kernel.room import is_no_room
from podium.supervisor.files import whole_lines
from podium.supervisor.names import EVENTS
from podium.supervisor.tally import Tally

JOIN_SECONDS = 0.2
JOIN_LENGTH = 4096
RESERVE = 1 << 20
"""Bytes kept free, so that how a flood ended can still be written."""


class Transcript:
    """The one writer of an `events.jsonl`. A torn last line of an earlier death is cut off; numbers go on.

    Use from one event loop. `record` never raises for what an agent wrote, nor for a full disk; it may raise OSError
    for a disk that is broken.
    """

    def __init__(self, path: Path, *, limit: int, clock: Clock, redactor: Redactor | None = None) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._clock = clock
        self._redactor = redactor or Redactor()
        self._limit = limit
        self._size = whole_lines(self._file)
        os.ftruncate(self._file, self._size)
        self._on_disk = self._size
        self._backlog: list[bytes] = []
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
        if self._backlog or not self._append(line):
            self._backlog.append(line)
        self._size += len(line)
        self.tally.add(entry)
        return True

    def _append(self, line: bytes) -> bool:
        """Whether there was room for the whole line; if not, nothing of it is left behind."""
        try:
            written = os.write(self._file, line)
        except OSError as error:
            if not is_no_room(error):
                raise
            return False
        if written < len(line):
            os.ftruncate(self._file, self._on_disk)
            return False
        self._on_disk += written
        return True

    @property
    def waiting(self) -> bool:
        """Whether there are lines that the disk had no room for."""
        return bool(self._backlog)

    def retry(self) -> bool:
        """Write the lines that wait for room; whether none waits any more. Raises OSError for a disk that is broken."""
        while self._backlog:
            if not self._append(self._backlog[0]):
                return False
            del self._backlog[0]
        return True

    def digest(self) -> str:
        """Put everything on the disk for good and give the digest of it all. Raises OSError while it has no room."""
        self.flush(more=False)
        if not self.retry():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), EVENTS)
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
