"""The process that does the work: one per state directory, as many as there are machines per PostgreSQL database.

It has one loop over all projects (dispatch what was decided, say that it lives, take over from the dead) and leaves the
rest to the engine's workflows.
"""

from __future__ import annotations

import functools
import os
import socket
import sys
import threading
import time
from dataclasses import dataclass, field

from podium.conductor.background import at_work
from podium.conductor.desk import Desk
from podium.conductor.dispatch import LAND, RUN_ROUND, dispatch
from podium.conductor.engine import Engine, Workflow
from podium.conductor.home import Home
from podium.conductor.land import land
from podium.conductor.reaper import Reaper
from podium.conductor.run_round import run_round
from podium.conductor.shop import Shop
from podium.kernel.errors import PodiumError
from podium.kernel.ids import system_entropy
from podium.workspaces.orphans import end_orphans

POLL_SECONDS = 0.05
BEAT_SECONDS = 2.0
TROUBLE_SECONDS = 5.0


def worker_name(home: Home) -> str:
    """The id of this state directory's worker, made the first time: an executor id must outlive the process."""
    home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return home.worker_id.read_text().strip()
    except FileNotFoundError:
        name = f"{socket.gethostname()[:30]}-{system_entropy(5).hex()}"
        fresh = home.worker_id.with_name(f".worker-id.{os.getpid()}")
        fresh.write_text(name + "\n")
        try:
            os.link(fresh, home.worker_id)
        except FileExistsError:
            return home.worker_id.read_text().strip()
        finally:
            fresh.unlink()
        return name


def work(
    shop: Shop, stop: threading.Event, *, idle_seconds: float = 0.0, dead_seconds: float = 15.0, slots: int = 0
) -> bool:
    """Work until `stop` is set, or until nothing has been active for `idle_seconds` (0 = never mind).

    Returns False at once when another worker is at work on this state directory. `dead_seconds` is how long another
    worker may be silent before its work is taken over; `slots` how many rounds are at work here at once (0 = any).
    """
    with at_work(shop.home) as mine:
        if not mine:
            return False
        end_orphans()
        _ = shop.desk.ledger  # migrate before the engine does
        workflows: dict[str, Workflow] = {
            RUN_ROUND: functools.partial(_round_workflow, shop),
            LAND: functools.partial(_land_workflow, shop),
        }
        engine = Engine(shop.desk.url, shop.worker, workflows, {RUN_ROUND: slots} if slots else None)
        reaper = Reaper(shop, engine, dead_seconds)
        try:
            Loop(shop, engine, reaper, stop, idle_seconds).run()
        finally:
            engine.close()
            shop.desk.close()
    return True


async def _round_workflow(shop: Shop, project: str, run: str, number: str) -> None:
    await run_round(shop, project, run, int(number))


async def _land_workflow(shop: Shop, project: str, entry: str) -> None:
    await land(shop, project, entry)


@dataclass
class Loop:
    """The one loop over projects."""

    shop: Shop
    engine: Engine
    reaper: Reaper
    stop: threading.Event
    idle_seconds: float
    _seen: dict[str, int] = field(default_factory=dict[str, int])
    _trouble: dict[str, float] = field(default_factory=dict[str, float])

    def run(self) -> None:
        """Go round until told to stop or idle for long enough."""
        busy_at = beat_at = time.monotonic()
        self.reaper.beat()
        while not self.stop.wait(POLL_SECONDS):
            now = time.monotonic()
            if self._pass(self.shop.desk, now):
                busy_at = now
            if now - beat_at >= BEAT_SECONDS:
                beat_at = now
                self.reaper.beat()
                self.reaper.reap()
            if self.idle_seconds and now - busy_at >= self.idle_seconds:
                return

    def _pass(self, desk: Desk, now: float) -> bool:
        """One look at every project; True when something is going on in one of them."""
        busy = False
        for project in desk.projects():
            with desk.reading(project) as state:
                seq = state.seq
                busy = busy or bool(state.runs.active()) or bool(state.landings.waiting())
            due = self._trouble.get(project, 0.0) <= now
            if self._seen.get(project) == seq or not due:
                continue
            busy = True
            try:
                dispatch(self.shop, self.engine, project)
            except PodiumError as error:
                self._trouble[project] = now + TROUBLE_SECONDS
                print(f"{project}: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the worker's log
                continue
            self._trouble.pop(project, None)
            self._seen[project] = seq
        return busy
