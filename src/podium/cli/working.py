"""Running the conductor's loop in this process until a signal ends it."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from podium.cli.context import Context
from podium.cli.ending import end_at_once

if TYPE_CHECKING:
    from podium.conductor.shop import Shop


def work_until_stopped(context: Context, *, idle_seconds: float, dead_seconds: float = 15.0, slots: int = 0) -> None:
    """Work until SIGTERM, SIGINT or idleness, and end this process; return when another conductor works here."""
    from podium.conductor.background import at_work
    from podium.supervisor.nursery import Nursery

    stop = _stop_on_signals()
    with at_work(context.home) as mine:
        if not mine:
            return
        # The engine takes most of a second to import, and the look at the sandbox is spent waiting for processes.
        gc.disable()  # importing makes a million objects and no garbage: looking for it would take a tenth of the time
        importing = threading.Thread(target=importlib.import_module, args=("podium.conductor.worker",))
        importing.start()
        shop = make_shop(context)
        shop = replace(shop, nursery=Nursery(sys.executable))  # not before: it would take the engine's processor
        importing.join()
        from podium.conductor.worker import work

        gc.freeze()
        gc.enable()
        context.ends_at_once = True  # whatever happens from here on: the engine's threads never end by themselves
        work(shop, stop, idle_seconds=idle_seconds, dead_seconds=dead_seconds, slots=slots)
        context.output.document({"worked": True})
        end_at_once(0)  # here, so that the lock is held to the very end


def _stop_on_signals() -> threading.Event:
    """An event that SIGTERM, SIGINT and SIGHUP set.

    Not the handler sets it but a thread that the handler wakes: the handler runs in the main thread, perhaps just while
    that holds the event's own lock to wait for it, and would then wait for ever.
    """
    stop = threading.Event()
    woken, wake = os.pipe()

    def wait() -> None:
        os.read(woken, 1)
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: os.write(wake, b"!"))
    return stop


def make_shop(context: Context) -> Shop:
    """What a worker on this state directory works with; finds out by trying what isolation works here."""
    from podium.conductor.open_shop import open_shop

    return open_shop(context.desk, context.path, context.environ)
