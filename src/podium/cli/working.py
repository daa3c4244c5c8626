"""Running the conductor's loop in this process until a signal ends it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from podium.cli.context import Context

if TYPE_CHECKING:
    from podium.conductor.shop import Shop


def work_until_stopped(context: Context, *, idle_seconds: float, dead_seconds: float = 15.0, slots: int = 0) -> bool:
    """Work until SIGTERM, SIGINT or idleness; False when another conductor has this state directory."""
    from podium.conductor.worker import work

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: stop.set())
    shop = make_shop(context)
    return work(shop, stop, idle_seconds=idle_seconds, dead_seconds=dead_seconds, slots=slots)


def make_shop(context: Context) -> Shop:
    """What a worker on this state directory works with; finds out by trying what isolation works here."""
    from podium.conductor.shop import Shop
    from podium.conductor.worker import worker_name
    from podium.workspaces.tiers import candidates, probe

    return Shop(
        desk=context.desk,
        worker=worker_name(context.home),
        path=context.path,
        python=sys.executable,
        tiers=probe(candidates(context.path), scratch=context.home.root, root=os.geteuid() == 0),
        tier=context.environ.get("PODIUM_TIER", ""),
        crash_at=context.environ.get("PODIUM_CRASH_AT", ""),
        supervisor_crash_at=context.environ.get("PODIUM_SUPERVISOR_CRASH_AT", ""),
    )
