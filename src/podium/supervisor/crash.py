"""Named points at which a supervisor kills itself when its order says so: for crash tests, and nothing else."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Final

POINTS: Final = (
    "locked",  # has the lock, nothing else
    "counted",  # the start is recorded, the agent not started
    "spawned",  # the agent's process runs
    "opened",  # the agent has a session, which is not recorded
    "session",  # it is recorded
    "prompted",  # the agent was told its task
    "working",  # the agent did something
    "result",  # the conversation is over and recorded
    "ending",  # the agent is gone, the exit record not written
    "ended",  # the exit record is written
)


class CrashPoint:
    """`reach(name)` dies there, once in the life of a round, if that is the point in the order."""

    def __init__(self, round_dir: Path, at: str) -> None:
        self._marker = round_dir / f".crashed-{at}"
        self._at = at

    def reach(self, name: str) -> None:
        """Die of SIGKILL if this is the point and no supervisor of this round died there before."""
        if self._at != name:
            return
        try:
            self._marker.touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
