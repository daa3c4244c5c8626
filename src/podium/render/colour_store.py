"""Colours of files by blob id: asked for without waiting, made in the background, kept in a bounded directory.

Whoever draws takes what is there. What is not there is made by one process, the newest wish first, and is there when
the page asks again. A process that takes too long over a file is ended, and that file stays plain.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import msgspec

from podium.kernel.readable import is_readable
from podium.render.colours import LARGEST, Colours

_VERSION = "1"
_MOST_LINES = 400_000  # of coloured files that are kept in memory


class Wanted(NamedTuple):
    """A file to colour. `name` decides on the language."""

    blob: str
    name: str

    @property
    def key(self) -> str:
        """What it is kept under: the same text in another language has other colours."""
        name = PurePosixPath(self.name).name
        suffix = PurePosixPath(name).suffix or name
        safe = "".join(char if char.isascii() and char.isalnum() else "_" for char in suffix)[:24]
        return f"{self.blob}-{safe}"


class ColourStore:
    """Colours of one repository. `read` gives the bytes of a blob, or raises for one that is absent or too large.

    Safe for several threads. `close` ends its process.
    """

    def __init__(
        self,
        directory: Path,
        read: Callable[[str], bytes],
        *,
        seconds: float = 10.0,
        most_bytes: int = 200_000_000,
    ) -> None:
        self._directory = directory / _VERSION
        self._read = read
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._lock = threading.Condition()
        self._known: OrderedDict[str, Colours] = OrderedDict()
        self._lines = 0
        self._wishes: OrderedDict[str, Wanted] = OrderedDict()
        self._working = ""
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def get(self, wanted: Wanted) -> Colours | None:
        """The colours of a file, if they are known; None when they have yet to be made."""
        key = wanted.key
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        try:
            data = (self._directory / key[:2] / key).read_bytes()
            found = msgspec.msgpack.decode(data, type=Colours)
        except (OSError, msgspec.MsgspecError):
            return None
        self._keep(key, found)
        return found

    def want(self, files: Iterable[Wanted]) -> None:
        """Make these in the background, before all that was wanted earlier, the first one first."""
        with self._lock:
            for wanted in reversed(list(files)):
                if wanted.key not in self._known and wanted.key != self._working:
                    self._wishes[wanted.key] = wanted
                    self._wishes.move_to_end(wanted.key)
            if self._wishes and self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._work, daemon=True, name="colours")
                self._thread.start()
            self._lock.notify_all()

    def wait(self, files: Iterable[Wanted], seconds: float) -> bool:
        """Whether all of these are there within that time; what is wanted must have been asked for by `want`."""
        keys = [wanted.key for wanted in files]
        with self._lock:
            return self._lock.wait_for(lambda: self._closed or all(key in self._known for key in keys), seconds)

    def close(self) -> None:
        """End the process and forget all wishes."""
        with self._lock:
            self._closed = True
            self._wishes.clear()
            self._lock.notify_all()
        self._end()
        if self._thread is not None:
            self._thread.join(5)

    def _work(self) -> None:
        self._prune()
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._closed or self._wishes)
                if self._closed:
                    return
                key, wanted = self._wishes.popitem(last=True)
                self._working = key
            found = self.get(wanted)
            if found is None:
                found = self._colour(wanted)
                self._store(key, found)
            self._keep(key, found)

    def _colour(self, wanted: Wanted) -> Colours:
        try:
            data = self._read(wanted.blob)
        except Exception:  # noqa: BLE001 - absent, too large, git gone: whatever it is, the file is shown plain
            return ()
        if len(data) > LARGEST or b"\0" in data[:8000]:
            return ()
        try:
            answer = self._ask(PurePosixPath(wanted.name).name, data)
            return msgspec.msgpack.decode(answer, type=Colours)
        except (OSError, ValueError, msgspec.MsgspecError):
            self._end()
            return ()

    def _started(self) -> subprocess.Popen[bytes]:
        """The process that colours. Raises ValueError once the store is closed: nobody would end it any more."""
        with self._lock:
            if self._closed:
                raise ValueError("the store is closed")
            if self._process is None or self._process.poll() is not None:
                self._end()
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "podium.render.colour_process"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            return self._process

    def _ask(self, name: str, data: bytes) -> bytes:
        process = self._started()
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode((name, len(data))) + b"\n" + data)
        process.stdin.flush()
        until = time.monotonic() + self._seconds
        return self._exactly(process, int.from_bytes(self._exactly(process, 4, until), "big"), until)

    def _exactly(self, process: subprocess.Popen[bytes], count: int, until: float) -> bytes:
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        parts = bytearray()
        while len(parts) < count:
            ready = is_readable(descriptor, until - time.monotonic())
            part = os.read(descriptor, min(count - len(parts), 1 << 16)) if ready else b""
            if not part:
                raise ValueError("it takes too long" if not ready else "the process ended")
            parts += part
        return bytes(parts)

    def _end(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what could not be written to a dead process is flushed by close, in vain
                    continue
        process.wait()

    def _keep(self, key: str, found: Colours) -> None:
        with self._lock:
            if key not in self._known:
                self._known[key] = found
                self._lines += len(found) + 1
            while self._lines > _MOST_LINES and len(self._known) > 1:
                self._lines -= len(self._known.popitem(last=False)[1]) + 1
            if self._working == key:
                self._working = ""
            self._lock.notify_all()

    def _store(self, key: str, found: Colours) -> None:
        folder = self._directory / key[:2]
        fresh = folder / f".{key}.{os.getpid()}"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.write_bytes(msgspec.msgpack.encode(found))
            fresh.replace(folder / key)
        except OSError:  # a full disk takes the colours away, not the review
            fresh.unlink(missing_ok=True)

    def _prune(self) -> None:
        """Remove the oldest files until a quarter of the room is free again."""
        try:
            files = [(file.stat().st_mtime, file.stat().st_size, file) for file in self._directory.glob("*/*")]
        except OSError:
            return
        total = sum(size for _, size, _ in files)
        if total <= self._most_bytes:
            return
        for _, size, file in sorted(files):
            file.unlink(missing_ok=True)
            total -= size
            if total <= self._most_bytes * 3 // 4:
                return
