"""The process that does the work: one per state directory, as many as there are machines per PostgreSQL database.

It has one loop over all projects (dispatch what was decided, say that it lives, take over from the dead) and leaves the
rest to the engine's workflows.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import sys
import threading
import time
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from podium.conductor.dispatch import LAND, RUN_ROUND, dispatch
from podium.conductor.engine import Engine, Workflow
from podium.conductor.land import land
from podium.conductor.notify import Notifier
from podium.conductor.reaper import Reaper
from podium.conductor.run_round import run_round
from podium.conductor.shop import Shop
from podium.kernel.errors import PodiumError
from podium.workspaces.orphans import end_orphans

POLL_SECONDS = 0.05
IDLE_POLL_SECONDS = 0.1
EAGER_SECONDS = 0.3
REST_SECONDS = 10.0
BEAT_SECONDS = 2.0
TROUBLE_SECONDS = 5.0


def work(
    shop: Shop, stop: threading.Event, *, idle_seconds: float = 0.0, dead_seconds: float = 15.0, slots: int = 0
) -> None:
    """Work until `stop` is set, or until nothing has been active for `idle_seconds` (0 = never mind).

    The caller holds the state directory (`podium.conductor.background.at_work`). `dead_seconds` is how long another
    worker may be silent before its work is taken over; `slots` how many rounds are at work here at once (0 = any).
    What is still in flight at the end goes on with the next worker; the caller ends the process.
    """
    end_orphans()
    _ = shop.desk.ledger  # migrate before the engine does
    workflows: dict[str, Workflow] = {
        RUN_ROUND: functools.partial(_round_workflow, shop),
        LAND: functools.partial(_land_workflow, shop),
    }
    try:
        engine = Engine(shop.desk.url, shop.worker, workflows, {RUN_ROUND: slots} if slots else None)
        loop = Loop(
            shop,
            engine,
            Reaper(shop, engine, dead_seconds),
            Notifier(shop.desk, shop.worker, shop.path, shop.environ),
            stop,
            idle_seconds,
        )
        with contextlib.suppress(SQLAlchemyError, sqlite3.Error, OSError, PodiumError):  # the loop says what is wrong
            loop.go_round(time.monotonic())  # what waits already is then found by the engine's first look
        engine.launch()
    except SQLAlchemyError as error:
        do = "Free disk space or unlock the database, then start it again. Agents at work are not disturbed."
        raise PodiumError(f"the engine cannot use the database: {_first_line(error)}", do=do) from error
    loop.run()


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
    notifier: Notifier
    stop: threading.Event
    idle_seconds: float
    _seen: dict[str, int] = field(default_factory=dict[str, int])
    _trouble: dict[str, float] = field(default_factory=dict[str, float])

    def run(self) -> None:
        """Go round until told to stop or idle for long enough."""
        began_at = busy_at = time.monotonic()
        beat_at = -BEAT_SECONDS
        resting = False
        while not self.stop.wait(IDLE_POLL_SECONDS if resting else POLL_SECONDS):
            now = time.monotonic()
            try:
                if self.go_round(now):
                    busy_at = now
                resting = now - busy_at >= REST_SECONDS
                if now - began_at >= EAGER_SECONDS:
                    self.engine.rest(resting)
                if now - beat_at >= BEAT_SECONDS:
                    beat_at = now
                    self.reaper.beat()
                    self.reaper.reap()
            except (SQLAlchemyError, sqlite3.Error, OSError, PodiumError) as error:
                # A full disk, a database that is away for a while: whoever is at work here waits for it, and so do we.
                print(f"waiting: {_first_line(error)}", file=sys.stderr, flush=True)  # noqa: T201 - the worker's log
                busy_at = now
                self.stop.wait(TROUBLE_SECONDS)
            if self.idle_seconds and now - busy_at >= self.idle_seconds:
                return

    def go_round(self, now: float) -> bool:
        """One look at every project; True when something is going on in one of them."""
        desk = self.shop.desk
        busy = self.notifier.busy
        for project in desk.projects():
            with desk.reading(project) as state:
                seq = state.seq
                busy = busy or bool(state.runs.active()) or bool(state.landings.waiting())
                busy = busy or state.evidence.any_unclosed()
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
            with desk.reading(project) as state:
                self.notifier.look(state)
        return busy


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
