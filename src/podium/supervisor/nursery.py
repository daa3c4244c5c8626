"""Where supervisors begin life warm: a process that has imported what one needs, and forks it off.

    python -P -m podium.supervisor.nursery

A supervisor that starts from nothing spends half a second of processor time on imports, most of it on the protocol
library; forked from here it spends none, and shares the memory. Nothing else is different: the fork does what the
process `python -m podium.supervisor ROUND_DIR` does, so the supervisor takes its own lock, is a session of its own, has
no descriptor of its starter and belongs to nobody. It knows no round and holds no state: when it is gone, supervisors
are started in the plain way. It ends when its stdin does, and that is when the conductor that it belongs to ends.

One line in, a round's directory and its secrets as JSON; one line out, why its supervisor could not begin, or an empty
text. It has a single thread, since a fork takes over no other.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from podium.kernel.readable import is_readable

ANSWER_SECONDS = 60.0
_NEEDED = ("asyncio", "asyncio.subprocess", "podium.supervisor.main", "podium.supervisor.round")


class NurseryGoneError(Exception):
    """It does not answer any more; whether the supervisor was started is not known."""


class Nursery:
    """The conductor's side: one child process. Safe to use from several threads."""

    def __init__(self, python: str) -> None:
        """Start it; it warms up by itself. Never raises: one that cannot be started is simply gone."""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                [python, "-P", "-m", "podium.supervisor.nursery"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                bufsize=0,
                cwd="/",
            )

    @property
    def pid(self) -> int:
        """Of its process; 0 when it is gone."""
        return self._process.pid if self._process is not None else 0

    def begin(self, round_dir: Path, secrets: Mapping[str, str] | None = None) -> str:
        """Start a round's supervisor: why it could not begin, or an empty text. Raises NurseryGoneError."""
        with self._lock:
            if self._process is None:
                raise NurseryGoneError
            try:
                said = _ask(self._process, os.fsencode(round_dir.absolute()), secrets or {})
            except (OSError, ValueError):
                said = None
            if said is None:
                self._end()
                raise NurseryGoneError
            return said

    def close(self) -> None:
        """End it. The supervisors that it forked live on."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        process.kill()
        process.wait()


def _ask(process: subprocess.Popen[bytes], round_dir: bytes, secrets: Mapping[str, str]) -> str | None:
    """Its answer; None when there is none in time."""
    assert process.stdin is not None
    assert process.stdout is not None
    line = json.dumps([round_dir.decode("utf-8", "surrogateescape"), dict(secrets)])
    process.stdin.write(line.encode() + b"\n")
    said = b""
    while not said.endswith(b"\n"):
        if not is_readable(process.stdout.fileno(), ANSWER_SECONDS):
            return None
        block = os.read(process.stdout.fileno(), 65536)
        if not block:
            return None
        said += block
    return str(json.loads(said))


def main() -> int:
    """The nursery's own life."""
    gc.disable()  # importing makes no garbage worth looking for
    _warm()
    gc.freeze()  # a collection in a child would write to every object, and un-share its memory
    gc.enable()
    buffer = b""
    while block := os.read(0, 65536):
        *lines, buffer = (buffer + block).split(b"\n")
        for line in lines:
            directory, secrets = json.loads(line)
            _bear(Path(os.fsdecode(directory.encode("utf-8", "surrogateescape"))), secrets)
    return 0


def _warm() -> None:
    """Import all that a supervisor uses on its way. Nothing here starts a thread or opens a file."""
    for name in _NEEDED:
        importlib.import_module(name)
    from podium.agents.acp import warm_up

    warm_up()


def _bear(round_dir: Path, secrets: Mapping[str, str]) -> None:
    """Fork the process that forks the supervisor, and is gone when that has begun: so nobody has to reap it."""
    starter = os.fork()
    if starter == 0:
        code = 1
        try:
            _start(round_dir, secrets)
            code = 0
        finally:
            os._exit(code)
    _, state = os.waitpid(starter, 0)
    if state != 0:
        _answer("its starter ended before it was ready")


def _start(round_dir: Path, secrets: Mapping[str, str]) -> None:
    from podium.supervisor.main import begin

    _answer(begin(round_dir, secrets))


def _answer(text: str) -> None:
    line = json.dumps(text).encode() + b"\n"
    with contextlib.suppress(BrokenPipeError):  # the conductor was killed: the supervisor goes on
        while line:
            line = line[os.write(1, line) :]


if __name__ == "__main__":
    sys.exit(main())
