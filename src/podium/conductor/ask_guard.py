"""The process that leaves no agent behind when whoever asked it is killed.

An agent that is asked runs under a supervisor, which outlives the asker by design. Nobody would ever hear what it says
then, and its model would go on costing. So a guard is started beside it, whose input is a pipe that the asker holds: it
ends with a word when the agent was stopped in good order, and without one however the asker died.

    python -m podium.conductor.ask_guard PLACE       stop the round in PLACE/round, and remove PLACE
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from podium.supervisor import inbox
from podium.supervisor.attach import Died, Ended, NotStarted, status
from podium.workspaces.space import remove

_DONE = b"done"
_STOP_SECONDS = 120.0
_POLL_SECONDS = 0.1
_WAIT_SECONDS = 30.0


@contextmanager
def guarded(place: Path) -> Generator[None]:
    """For the block, the agent of `place` is stopped should this process be killed."""
    guard = subprocess.Popen(
        [sys.executable, "-P", "-m", "podium.conductor.ask_guard", str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the asker
    )
    assert guard.stdin is not None
    try:
        yield
    finally:
        with suppress(OSError):  # somebody ended the guard
            guard.stdin.write(_DONE)
            guard.stdin.flush()
        with suppress(OSError):
            guard.stdin.close()
        try:
            guard.wait(_WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            guard.kill()
            guard.wait()


def stop(directory: Path, *, seconds: float | None = None) -> bool:
    """Stop the agent of this directory, and wait until it is gone; False when it is not gone in time."""
    until = None if seconds is None else time.monotonic() + seconds
    inbox.post(directory, inbox.Stop(by="podium"), id="stop")
    while not isinstance(status(directory), Ended | NotStarted | Died):
        if until is not None and time.monotonic() > until:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def main() -> None:
    """Wait for the asker's word or death."""
    place = Path(sys.argv[1])
    if sys.stdin.buffer.read() != _DONE and place.exists() and stop(place / "round", seconds=_STOP_SECONDS):
        remove(place, within=place.parent)


if __name__ == "__main__":
    main()
