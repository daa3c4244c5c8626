"""Saying that this worker lives, and taking over the work of one that does not.

The engine has no failover of its own: what a dead worker had begun stays pending under its name. One living worker at a
time (by a lease) puts it back into the queue, where any worker finds it. A worker that was only silent for long, and
comes back, finds its rounds claimed by another one and leaves them alone.
"""

from __future__ import annotations

import os
import socket

from podium.conductor.engine import Engine
from podium.conductor.shop import Shop
from podium.ledger.workers import beat, forget, take_lease, workers

LEASE = "reaper"


class Reaper:
    """One worker's heartbeat and its turn at looking after the others."""

    def __init__(self, shop: Shop, engine: Engine, dead_seconds: float) -> None:
        self._shop = shop
        self._engine = engine
        self._dead_seconds = dead_seconds
        self._host = socket.gethostname()

    def beat(self) -> None:
        """Say that this worker lives."""
        beat(self._shop.desk.ledger.engine, self._shop.worker, self._host, os.getpid())

    def reap(self) -> list[str]:
        """Take over from every worker that has been silent for too long; return the ids of the workflows."""
        database = self._shop.desk.ledger.engine
        dead = [
            worker
            for worker in workers(database)
            if worker.id != self._shop.worker and worker.silent_seconds > self._dead_seconds
        ]
        if not dead or not take_lease(database, LEASE, self._shop.worker, self._dead_seconds):
            return []
        taken: list[str] = []
        for worker in dead:
            taken.extend(self._engine.take_over(worker.id))
            forget(database, worker.id)
        return taken
