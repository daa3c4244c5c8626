"""Every request that the scripted model got, as JSON lines, in the order in which they were answered."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import msgspec

from podium.kernel.clock import Clock, stamp
from podium.kernel.value import Value


class Asked(Value, frozen=True, kw_only=True):
    """One request and what became of it."""

    n: int  # from 1
    at: str
    method: str
    path: str
    api: str = ""  # the dialect; empty for a path that no dialect has
    model: str = ""
    status: int = 200
    stream: bool = False
    key: str = ""  # digest of the API key that came with it; empty for none
    user_agent: str = ""
    prompt: int | None = None  # index in the script
    turn: int = 0
    tools: tuple[str, ...] = ()
    call: str = ""  # the tool that was called
    arguments: str = ""
    fault: str = ""
    body: Any = None  # the request, as it came


class Journal:
    """Keeps requests in memory, and in a file when it has a path. For any thread."""

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        self._clock = clock
        self._file = path.open("ab", buffering=0) if path is not None else None
        self._asked: list[Asked] = []
        self._lock = threading.Lock()

    def add(self, asked: Asked) -> None:
        """Number, date and keep it; `n` and `at` of what is given do not count."""
        with self._lock:
            kept = msgspec.structs.replace(asked, n=len(self._asked) + 1, at=stamp(self._clock.now()))
            self._asked.append(kept)
            if self._file is not None:
                self._file.write(msgspec.json.encode(kept) + b"\n")

    def entries(self) -> tuple[Asked, ...]:
        """All of it so far."""
        with self._lock:
            return tuple(self._asked)

    def close(self) -> None:
        """Close the file; idempotent."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def read(path: Path) -> tuple[Asked, ...]:
    """The journal at `path`; a line that is still being written is left out."""
    whole = path.read_bytes().rpartition(b"\n")[0]
    return tuple(msgspec.json.decode(line, type=Asked) for line in whole.splitlines())
