"""What a worker works with: the desk, its tools, and who it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, TypeVar

from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.kernel.clock import Clock
from podium.runs.model import Round, Run
from podium.supervisor.nursery import Nursery
from podium.workspaces.tiers import TierReport

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Shop:
    """Everything that a workflow's step may use. Read-only; shared by all workflows of a worker."""

    desk: Desk
    worker: str
    path: str  # where agents' programs are looked for, as in $PATH
    python: str  # the interpreter that supervisors run with
    tiers: TierReport  # what works on this machine, found by trying
    environ: Mapping[str, str] = field(default_factory=dict[str, str])  # of the worker: where keys of providers are
    nursery: Nursery | None = None  # where supervisors are started warm; None = each from nothing
    tier: str = ""  # a sandbox tier asked for by name; empty = the best that works here
    crash_at: str = ""  # crash tests only: see podium.conductor.crash
    supervisor_crash_at: str = ""  # crash tests only: passed on in every order

    @property
    def home(self) -> Home:
        """This worker's state directory."""
        return self.desk.home

    @property
    def clock(self) -> Clock:
        """The desk's clock."""
        return self.desk.clock

    @property
    def actor(self) -> str:
        """Who the ledger names for what this worker observed."""
        return f"podium:{self.worker}"

    def round_dir(self, project: str, run: str, number: int) -> Path:
        """Where a round's order, events and exit record are."""
        return self.home.round(project, run, number)

    def look(self, project: str, run: str, number: int) -> tuple[Run, Round]:
        """A run and one of its rounds, as they are now."""
        with self.desk.reading(project) as state:
            found = state.runs.by_id[run]
            return found, found.rounds[number - 1]


async def in_thread(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Do blocking work beside the event loop."""
    return await asyncio.to_thread(function, *arguments, **named)
