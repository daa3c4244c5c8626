"""Leaving no process behind, however the demo ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from podium.conductor.background import conductor_pid
from podium.conductor.home import Home
from podium.supervisor.attach import Alive, status
from podium.workspaces.orphans import end_orphans

_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.02


def end_processes(state: Path) -> None:
    """End the conductor of a state directory, and then every agent that is still at work there."""
    _end(partial(conductor_pid, Home(state)))  # first: it would start an agent's supervisor again
    for place in state.glob("projects/*/runs/*/round-*"):
        _end(partial(_supervisor, place))
    end_orphans(least_age=0.0)  # of a supervisor that ended in the moment of starting its sandbox


def _supervisor(place: Path) -> int | None:
    found = status(place)
    return found.pid if isinstance(found, Alive) else None


def _end(find: Callable[[], int | None]) -> None:
    """Ask a process to end, and after a while make it. `find` gives its id as long as it lives."""
    pid = find()
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not pid:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while find() == pid:
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        else:
            return
