"""Named points at which a crash test ends this process for good, as `kill -9` would."""

from __future__ import annotations

import os
import signal
from typing import Final

POINTS: Final = (
    "round-claimed",
    "workspace-ready",
    "supervisor-started",
    "agent-ended",
    "harvested-not-recorded",
    "candidate-recorded",
    "evidence-half",
    "evidence-gathered",
    "evidence-deeper",
    "round-ordered",
    "landing-merged",
    "landing-verified",
    "landing-moved-not-recorded",
    "landed-not-delivered",
)
"""The points of the conductor, in the order in which a task meets them. The supervisor has its own."""


def crash_point(wanted: str, here: str) -> None:
    """Die here if a test wants it: `wanted` is a point's name, or empty, as it always is outside tests."""
    assert here in POINTS, here
    if wanted == here:
        os.kill(os.getpid(), signal.SIGKILL)
