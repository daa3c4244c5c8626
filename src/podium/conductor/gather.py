"""The step of a round in which evidence about its candidate is gathered."""

from __future__ import annotations

import asyncio
import time

from podium.conductor.crash import crash_point
from podium.conductor.examine import Subject, examine
from podium.conductor.mirrors import open_mirror
from podium.conductor.prepare import ground_of
from podium.conductor.shop import Shop, in_thread
from podium.evidence.events import EvidenceFinished, EvidenceGathered
from podium.evidence.model import Item
from podium.runs.events import RoundDelivered
from podium.runs.model import Gathering


async def gather(shop: Shop, project: str, run: str, number: int) -> None:
    """Gather all evidence about a round's candidate, then deliver the round to a person."""
    found, round_ = await in_thread(shop.look, project, run, number)
    if not isinstance(round_.state, Gathering):
        return
    candidate = round_.state.candidate

    recorder = _Recorder(shop, project, run, number)
    started = time.monotonic()
    with shop.desk.reading(project) as state:
        registered = state.project
    mirror = await in_thread(open_mirror, shop.home, registered, shop.path)
    try:
        ground = await in_thread(ground_of, shop, project, mirror)
        subject = Subject(run=found, round=number, base=candidate.base, commit=candidate.commit)
        items = await examine(shop, ground, subject, recorder.record)
    finally:
        await in_thread(mirror.close)
    crash_point(shop.crash_at, "evidence-gathered")
    finished = EvidenceFinished(
        run=run,
        round=number,
        tree=candidate.tree,
        items=tuple(item.id for item in items),
        seconds=round(time.monotonic() - started, 3),
    )
    await in_thread(_deliver, shop, project, finished)


class _Recorder:
    """Writes items to the ledger; those that come while others are being written share the next transaction."""

    def __init__(self, shop: Shop, project: str, run: str, number: int) -> None:
        self._shop, self._project = shop, project
        self._run, self._number = run, number
        self._waiting: list[Item] = []
        self._writing = asyncio.Lock()

    async def record(self, item: Item) -> None:
        """Return once the item is in the ledger."""
        self._waiting.append(item)
        async with self._writing:
            batch, self._waiting = self._waiting, []
            if batch:
                await in_thread(self._append, batch)
        crash_point(self._shop.crash_at, "evidence-half")

    def _append(self, batch: list[Item]) -> None:
        with self._shop.desk.change(self._project) as change:
            for item in batch:
                change.append(EvidenceGathered(run=self._run, round=self._number, item=item), actor=self._shop.actor)


def _deliver(shop: Shop, project: str, finished: EvidenceFinished) -> None:
    with shop.desk.change(project) as change:
        if isinstance(change.state.runs.by_id[finished.run].rounds[finished.round - 1].state, Gathering):
            change.append(finished, actor=shop.actor)
            change.append(RoundDelivered(run=finished.run, round=finished.round), actor=shop.actor)
