"""Reading objects through one long-lived `git cat-file`."""

from __future__ import annotations

import subprocess
import threading
import weakref
from collections.abc import Callable

from podium.git.run import GitError, stop
from podium.kernel.errors import NotFoundError, PodiumError


class TooLargeError(PodiumError):
    """An object is larger than the caller wants to hold in memory."""

    def __init__(self, name: str, size: int, limit: int) -> None:
        super().__init__(f"{name} has {size} bytes, more than the {limit} that are read")
        self.size = size


class ObjectReader:
    """Answers what an object is, over one `git cat-file --batch-command`. Safe for several threads.

    `start` gives the running command. A reader whose command died starts it anew at the next question. `close` ends it.
    """

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._finalizer: weakref.finalize[[subprocess.Popen[bytes]], ObjectReader] | None = None

    def kind_and_size(self, name: str) -> tuple[str, int]:
        """The type and size of an object. Raises NotFoundError."""
        with self._lock:
            return self._ask("info", name)

    def read(self, name: str, *, limit: int | None = None) -> tuple[str, bytes]:
        """The type and content of an object. Raises NotFoundError, and TooLargeError above `limit` bytes."""
        with self._lock:
            if limit is not None:
                size = self._ask("info", name)[1]
                if size > limit:
                    raise TooLargeError(name, size, limit)
            kind, size = self._ask("contents", name)
            body = self._exactly(size + 1)
            return kind, body[:size]

    def close(self) -> None:
        """Ends the command; a later question would start it anew."""
        with self._lock:
            self._drop()

    def _ask(self, verb: str, name: str) -> tuple[str, int]:
        if not name or "\n" in name:
            raise NotFoundError(f"no such object: {name!r}")
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{verb} {name}\n".encode())
            process.stdin.flush()
        except BrokenPipeError:
            raise self._broken() from None
        answer = process.stdout.readline()
        if not answer:
            raise self._broken()
        words = answer.decode("utf-8", "replace").rstrip("\n").rsplit(" ", 2)
        if len(words) != 3 or not words[2].isdigit():
            raise NotFoundError(f"no such object: {name}")
        return words[1], int(words[2])

    def _exactly(self, count: int) -> bytes:
        process = self._running()
        assert process.stdout is not None
        body = process.stdout.read(count)
        if len(body) != count:
            raise self._broken()
        return body

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = self._start()
            self._finalizer = weakref.finalize(self, stop, self._process)
        return self._process

    def _broken(self) -> GitError:
        self._drop()
        return GitError("git cat-file ended in the middle of an answer", do="Run git fsck on the mirror.")

    def _drop(self) -> None:
        if self._finalizer is not None:
            self._finalizer()
        self._finalizer = None
        self._process = None
