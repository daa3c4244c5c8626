"""The step of a round in which evidence about its candidate is gathered.

When all is there that an accept depends on, the round is delivered: nobody waits for the dearer kinds. They go on, each
item is told when it is known, and they end when a verdict or a newer candidate makes them useless. A worker that died
in the midst of them leaves them `pending` in the ledger, and whoever goes on with the round gathers what is missing.
"""

from __future__ import annotations

import asyncio
import sys
import time
import traceback

from podium.checks.kind import Job
from podium.conductor.crash import crash_point
from podium.conductor.examine import Subject, examine
from podium.conductor.mirrors import open_mirror
from podium.conductor.patience import is_for_want_of_room
from podium.conductor.prepare import ground_of
from podium.conductor.setup_reach import trip_of
from podium.conductor.shop import Shop, in_thread
from podium.evidence.events import EvidenceClosed, EvidenceFinished, EvidenceGathered, Pending
from podium.evidence.model import Item, NotRun
from podium.evidence.rules import item_id
from podium.kernel.clock import stamp
from podium.kernel.errors import PodiumError
from podium.runs.events import RoundDelivered, TripwireTripped
from podium.runs.model import Candidate, Gathering, Run, Trip
from podium.runs.store import candidate_of

WATCH_SECONDS = 0.5
"""How often is looked whether anybody still wants the dearer kinds."""


async def gather(shop: Shop, project: str, run: str, number: int) -> None:
    """Gather what an accept depends on, deliver the round to a person, then go on with the dearer kinds."""
    found, round_ = await in_thread(shop.look, project, run, number)
    if isinstance(round_.state, Gathering):
        await _Gathering(shop, project, found, number, round_.state.candidate).all()


async def go_deeper(shop: Shop, project: str, run: str, number: int) -> None:
    """Gather what was pending when the worker of a delivered round ended; say so where that is not possible."""
    found, round_ = await in_thread(shop.look, project, run, number)
    with shop.desk.reading(project) as state:
        unclosed, pending = state.evidence.unclosed(run, number), state.evidence.pending(run, number)
    candidate = candidate_of(round_)
    if unclosed and candidate is not None:
        await _Gathering(shop, project, found, number, candidate).rest(pending)


class _Gathering:
    """The gathering about one candidate."""

    def __init__(self, shop: Shop, project: str, run: Run, number: int, candidate: Candidate) -> None:
        self._shop, self._project, self._run, self._number = shop, project, run, number
        self._candidate = candidate
        self._base_tree = ""
        self._recorder = _Recorder(shop, project, run.id, number)
        self._started = time.monotonic()
        self._delivered = asyncio.Event()
        self._verdicts = 0  # how many had fallen on the task when the dearer kinds began

    async def all(self) -> None:
        """Everything, the round being delivered on the way. Raises what `examine` raises, before the delivery."""
        task = asyncio.create_task(self._examine(None))
        try:
            await self._while_wanted(task)
        except Exception as error:
            if not self._delivered.is_set():
                raise
            await self._broke(error)

    async def rest(self, pending: tuple[Pending, ...]) -> None:
        """What is pending for a round that is delivered."""
        self._delivered.set()
        wanted = frozenset(each.id for each in pending)
        try:
            await self._while_wanted(asyncio.create_task(self._examine(wanted)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must be said: nobody else would
            await self._broke(error)

    async def _examine(self, wanted: frozenset[str] | None) -> None:
        shop, project = self._shop, self._project
        with shop.desk.reading(project) as state:
            registered = state.project
        mirror = await in_thread(open_mirror, shop.home, registered, shop.path)
        try:
            self._base_tree = await in_thread(mirror.tree_of, self._candidate.base)
            ground = await in_thread(ground_of, shop, project, mirror)
            subject = Subject(
                run=self._run, round=self._number, base=self._candidate.base, commit=self._candidate.commit
            )
            await examine(
                shop,
                ground,
                subject,
                self._recorder.record,
                wanted=None if wanted is None else lambda job: self._id(job) in wanted,
                settled=None if self._delivered.is_set() else self._settled,
            )
        finally:
            mirror.close()  # not awaited: nothing may cancel it

    def _id(self, job: Job) -> str:
        return item_id(job.kind, job.name, self._base_tree, self._candidate.tree)

    async def _settled(self, later: tuple[Job, ...]) -> None:
        """Deliver the round: what is still to come decides nothing."""
        crash_point(self._shop.crash_at, "evidence-gathered")
        finished = EvidenceFinished(
            run=self._run.id,
            round=self._number,
            tree=self._candidate.tree,
            items=tuple(self._recorder.known),
            seconds=self._seconds(),
            pending=tuple(Pending(id=self._id(job), kind=job.kind, name=job.name) for job in later),
        )
        await in_thread(_deliver, self._shop, self._project, finished)
        self._delivered.set()
        crash_point(self._shop.crash_at, "evidence-deeper")

    async def _while_wanted(self, work: asyncio.Task[None]) -> None:
        """Wait for the end of the work, and end it when nobody wants it any more. Raises what the work raises."""
        watch = asyncio.create_task(self._until_unwanted())
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            unwanted = watch.result() if watch.done() else ""
            if work.done():
                work.result()
                unwanted = ""
        finally:
            for task in (work, watch):
                task.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)
        await in_thread(self._close, unwanted)

    async def _until_unwanted(self) -> str:
        await self._delivered.wait()
        self._verdicts = await in_thread(self._count_verdicts)
        while True:
            why = await in_thread(self._unwanted)
            if why:
                return why
            await asyncio.sleep(WATCH_SECONDS)

    def _unwanted(self) -> str:
        with self._shop.desk.reading(self._project) as state:
            run = state.runs.by_id[self._run.id]
            decisions = state.reviews.of(run.spec, run.task).decisions
        if run.rounds[-1].number > self._number:
            return "a newer candidate is on its way"
        if run.archived:
            return "the run is no longer in the race"
        fresh = any(not each.run for each in decisions[self._verdicts :])  # about the whole task
        fallen = fresh or any((each.run, each.round) == (run.id, self._number) for each in decisions)
        return "the verdict had fallen" if fallen else ""

    def _count_verdicts(self) -> int:
        with self._shop.desk.reading(self._project) as state:
            return len(state.reviews.of(self._run.spec, self._run.task).decisions)

    async def _broke(self, error: Exception) -> None:
        if is_for_want_of_room(error):
            raise error
        if not isinstance(error, PodiumError):
            traceback.print_exception(error, file=sys.stderr)  # the worker's log
        await in_thread(self._close, error.what if isinstance(error, PodiumError) else f"Podium broke: {error!r}")

    def _close(self, why: str) -> None:
        """Say that nothing more comes; what is missing was not run."""
        with self._shop.desk.change(self._project) as change:
            evidence = change.state.evidence
            if not evidence.unclosed(self._run.id, self._number):
                return
            pending = evidence.pending(self._run.id, self._number)
            reason = why or ("no installed kind of evidence gives it any more" if pending else "")
            for each in pending:
                item = Item(
                    id=each.id,
                    kind=each.kind,
                    name=each.name,
                    tree=self._candidate.tree,
                    base_tree=self._base_tree,
                    outcome=NotRun(why=reason),
                    required=False,
                )
                change.append(EvidenceGathered(run=self._run.id, round=self._number, item=item), actor=self._shop.actor)
            closed = EvidenceClosed(
                run=self._run.id,
                round=self._number,
                tree=self._candidate.tree,
                seconds=self._seconds(),
                why=reason if pending else "",
            )
            change.append(closed, actor=self._shop.actor)

    def _seconds(self) -> float:
        return round(time.monotonic() - self._started, 3)


class _Recorder:
    """Writes items to the ledger; those that come while others are being written share the next transaction."""

    def __init__(self, shop: Shop, project: str, run: str, number: int) -> None:
        self._shop, self._project = shop, project
        self._run, self._number = run, number
        self._waiting: list[Item] = []
        self._writing = asyncio.Lock()
        self.known: list[str] = []  # ids of what is in the ledger

    async def record(self, item: Item) -> None:
        """Return once the item is in the ledger."""
        self._waiting.append(item)
        async with self._writing:
            batch, self._waiting = self._waiting, []
            if batch:
                await in_thread(self._append, batch)
                self.known.extend(each.id for each in batch)
        crash_point(self._shop.crash_at, "evidence-half")

    def _append(self, batch: list[Item]) -> None:
        with self._shop.desk.change(self._project) as change:
            for item in batch:
                change.append(EvidenceGathered(run=self._run, round=self._number, item=item), actor=self._shop.actor)
                if detail := trip_of(item):
                    trip = Trip(name="exfiltration", detail=detail[:500], at=stamp(self._shop.clock.now()))
                    tripped = TripwireTripped(run=self._run, round=self._number, trip=trip)
                    change.append(tripped, actor=self._shop.actor)


def _deliver(shop: Shop, project: str, finished: EvidenceFinished) -> None:
    with shop.desk.change(project) as change:
        if isinstance(change.state.runs.by_id[finished.run].rounds[finished.round - 1].state, Gathering):
            change.append(finished, actor=shop.actor)
            change.append(RoundDelivered(run=finished.run, round=finished.round), actor=shop.actor)
