"""Gathering the evidence about one candidate.

All kinds are asked for their jobs; the jobs run cheapest first, few at a time; each gives one item as soon as it is
known. Nothing here decides anything about the candidate.

What an accept depends on and what is cheap comes first; then somebody may begin to read, and the dearer jobs go on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeAlias

import msgspec

from podium.checks.bench import Bench, Monotonic
from podium.checks.earlier import Shelf, known, put_away, question
from podium.checks.kind import Answer, Cost, GatherOrder, Job, Kind
from podium.checks.package_index import Fetch
from podium.checks.ports import Cache, Executor, Source, UnreadableError
from podium.evidence.change_rules import not_shown
from podium.evidence.model import Blind, Holds, Item, NotRun
from podium.evidence.outcome import some_of
from podium.evidence.rules import item_id
from podium.evidence.test_code import is_code
from podium.kernel.room import NoRoomError

Emit: TypeAlias = Callable[[Item], Awaitable[None]]
Settled: TypeAlias = Callable[[tuple[Job, ...]], Awaitable[None]]
Wanted: TypeAlias = Callable[[Job], bool]


async def gather(
    order: GatherOrder,
    executor: Executor,
    emit: Emit,
    *,
    source: Source,
    cache: Cache,
    kinds: tuple[Kind, ...],
    monotonic: Monotonic = time.monotonic,
    wanted: Wanted | None = None,
    settled: Settled | None = None,
    shelf: Shelf | None = None,
    fetch: Fetch | None = None,
) -> tuple[Item, ...]:
    """Gather all evidence about `order`'s candidate; `emit` gets each item once, as soon as it is known.

    `wanted` leaves jobs out. What an earlier gathering put on `shelf` is not gathered again.
    `settled` is called once, when all but the dearer jobs are done, with those that follow;
    without it nothing waits for anything else. `fetch` is how an index of packages is asked. Returns the items in the
    order in which they were emitted. Cancelling it ends every sandbox that it started. An exception of `emit` ends the
    gathering and is raised; one of a kind becomes an item that says `not run`.
    """
    items: list[Item] = []

    async def settle(job: Job) -> None:
        key = question(order, job, shelf) if shelf is not None else ""
        item = known(shelf, key, order, job) if shelf is not None else None
        if item is None:
            item = await _item(order, job, bench, monotonic)
            if shelf is not None:
                put_away(shelf, key, order, job, item)
        items.append(item)
        await emit(item)

    jobs = tuple(job for job in planned(order, kinds) if wanted is None or wanted(job))
    async with Bench(order, executor, source, cache, monotonic, fetch) as bench:
        if settled is None:
            await _all([settle(job) for job in jobs])
            return tuple(items)
        later = tuple(job for job in jobs if is_dear(job))
        await _all([settle(job) for job in jobs if not is_dear(job)])
        await settled(later)
        bench.go_deeper()
        await _all([settle(job) for job in later])
    return tuple(items)


def is_dear(job: Job) -> bool:
    """Whether nobody should wait for a job: no accept depends on it, and it takes long."""
    return job.cost >= Cost.MANY and not job.required


async def _all(works: list[Coroutine[None, None, None]]) -> None:
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def planned(order: GatherOrder, kinds: tuple[Kind, ...]) -> tuple[Job, ...]:
    """The jobs of all kinds, cheapest first, equal ones in the order of their kinds."""
    jobs: list[Job] = []
    for kind in kinds:
        try:
            jobs.extend(kind.jobs(order))
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; its silence must show
            jobs.append(_broken_kind(kind.name, error))
    return tuple(sorted(jobs, key=lambda job: job.cost))


def _broken_kind(name: str, error: Exception) -> Job:
    why = f"the kind of evidence broke: {type(error).__name__}: {error}"

    async def work(_: Bench) -> Answer:
        return Answer(outcome=NotRun(why=why))

    return Job(kind=name, name=name, work=work)


async def _item(order: GatherOrder, job: Job, bench: Bench, monotonic: Monotonic) -> Item:
    started = monotonic()
    try:
        answer = await job.work(bench)
        if isinstance(answer.outcome, Holds) and (left_out := _left_out(order, job)):
            answer = msgspec.structs.replace(answer, outcome=Blind(why=left_out))
    except NoRoomError:
        raise
    except UnreadableError as error:
        answer = Answer(outcome=Blind(why=f"a file was not read: {error}"))
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; its silence must show
        answer = Answer(outcome=NotRun(why=f"the kind of evidence broke: {type(error).__name__}: {error}"))
    return Item(
        id=item_id(job.kind, job.name, order.base_tree, order.tree),
        kind=job.kind,
        name=job.name,
        tree=order.tree,
        base_tree=order.base_tree,
        outcome=answer.outcome,
        required=job.required if answer.required is None else answer.required,
        command=job.command,
        tool=answer.tool,
        environment=order.environment,
        seconds=round(monotonic() - started, 3),
        clause=job.clause,
        findings=answer.findings,
        base=answer.base,
        candidate=answer.candidate,
        repeats=answer.repeats,
        ran=answer.ran,
        mutants=answer.mutants,
    )


def _left_out(order: GatherOrder, job: Job) -> str:
    """What of the changed lines a job could not see; empty where it saw all that it rests on."""
    if not job.reads_diff:
        return ""
    cut = [each.path for each in order.changes if not_shown(each) and (job.reads_diff == "all" or is_code(each.path))]
    return f"changed lines were left out, and not looked at: {some_of(tuple(cut))}" if cut else ""
