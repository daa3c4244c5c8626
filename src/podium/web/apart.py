"""Work on a large diff in a process of its own, so that no page waits for it and hostile content ends only that.

Each piece of work is a process: it gets its input whole, gives its answer whole, and is ended when it takes too long
or the server ends. It runs with low priority and bounded memory (see `apart_process.py`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence

import msgspec

from podium.evidence.model import Item
from podium.kernel.value import Value
from podium.review.trace import Trace
from podium.runs.model import FileChange
from podium.spec.model import Clause

SECONDS = 180.0
_POLL_SECONDS = 0.1


class BrokenError(Exception):
    """The process died, took too long, or was ended with the server; what it was to make is not there."""


class Place(Value, frozen=True, kw_only=True):
    """A hunk in reading order, by its id: a diff is long and an order is short."""

    hunk: str
    score: float
    reasons: tuple[str, ...]
    lines: int


def order_apart(changes: Sequence[FileChange], items: Sequence[Item], closed: threading.Event) -> tuple[Place, ...]:
    """The hunks in reading order. Raises BrokenError."""
    return msgspec.msgpack.decode(_work("order", (changes, items), closed), type=tuple[Place, ...])


def trace_apart(changes: Sequence[FileChange], clauses: Sequence[Clause], closed: threading.Event) -> Trace:
    """Which hunks serve which clauses. Raises BrokenError."""
    return msgspec.msgpack.decode(_work("trace", (changes, clauses), closed), type=Trace)


def _work(what: str, given: object, closed: threading.Event, *, seconds: float = SECONDS) -> bytes:
    try:
        data = msgspec.msgpack.encode(given)
    except UnicodeEncodeError as error:
        raise BrokenError("it holds what is no text") from error
    until = time.monotonic() + seconds
    with tempfile.TemporaryFile(prefix="podium-apart-") as source:  # a pipe would want a thread that fills it
        source.write(data)
        source.seek(0)
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "podium.web.apart_process", what],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the server, which ends it
        ) as process:
            answer = _answer(process, closed, until)
    if process.returncode != 0:
        raise BrokenError(f"its process ended with {process.returncode}")
    return answer


def _answer(process: subprocess.Popen[bytes], closed: threading.Event, until: float) -> bytes:
    while True:
        try:
            answer, _ = process.communicate(timeout=_POLL_SECONDS)
            return answer
        except subprocess.TimeoutExpired:
            if closed.is_set() or time.monotonic() > until:
                process.kill()
