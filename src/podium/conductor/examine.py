"""Gathering evidence about one commit against its base: for a candidate, and for the merged tree that is to land."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from podium.checks.earlier import Shelf
from podium.checks.gather import Settled, Wanted, gather
from podium.checks.kind import GatherOrder, Kind, installed_kinds
from podium.checks.ports import Cache
from podium.conductor.casefile import clauses_of
from podium.conductor.ground import Ground
from podium.conductor.index_reach import fetching
from podium.conductor.own_keys import OwnKeys, redactor_of
from podium.conductor.setup_reach import SetupReach
from podium.conductor.shelf import shelf_for
from podium.conductor.shop import Shop, in_thread
from podium.conductor.trees import FileCache, TreeExecutor, TreeSource
from podium.evidence.model import Item
from podium.evidence.redaction import SHAPES, Redactor, clean_item
from podium.git.diff import changes
from podium.kernel.ids import system_entropy
from podium.runs.model import Run
from podium.workspaces.space import remove

Emit: TypeAlias = Callable[[Item], Awaitable[None]]


@dataclass(frozen=True)
class Subject:
    """What is examined, and for which round (none for a branch that nobody ordered)."""

    base: str
    commit: str
    run: Run | None = None
    round: int = 0


async def examine(
    shop: Shop,
    ground: Ground,
    subject: Subject,
    emit: Emit,
    *,
    wanted: Wanted | None = None,
    settled: Settled | None = None,
) -> tuple[Item, ...]:
    """Gather all evidence about `subject.commit`; `emit` gets each item as soon as it is known.

    `wanted` and `settled` are as `podium.checks.gather.gather` has them. Cancelling ends every sandbox.
    Raises PodiumError when the machine cannot offer a sandbox or the set-up fails.
    """
    order = await in_thread(order_for, shop, ground, subject)
    redactor = await in_thread(redactor_of, ground.settings, shop.environ, ground.project.root)
    cache = FileCache(shop.home.project(ground.project.id) / "base-executions", redactor)
    shelf = await in_thread(shelf_for, shop, ground, subject.run, redactor)
    kinds = (*installed_kinds(), OwnKeys(redactor), SetupReach(ground, subject.base, subject.commit))
    return await gather_on(
        ground,
        order,
        subject,
        emit,
        cache=cache,
        kinds=kinds,
        wanted=wanted,
        settled=settled,
        shelf=shelf,
        redactor=redactor,
    )


async def gather_on(
    ground: Ground,
    order: GatherOrder,
    subject: Subject,
    emit: Emit,
    *,
    cache: Cache,
    kinds: tuple[Kind, ...],
    wanted: Wanted | None = None,
    settled: Settled | None = None,
    shelf: Shelf | None = None,
    redactor: Redactor = SHAPES,
) -> tuple[Item, ...]:
    """Gather these kinds of evidence, in sandboxes on this ground. Raises and is cancelled like `examine`.

    What is on `shelf` is not gathered again; without one, everything is. No item holds a key that `redactor` knows.
    """

    async def cleaned(item: Item) -> None:
        await emit(clean_item(item, redactor))

    place = ground.home.checks(ground.project.id) / system_entropy(8).hex()
    executor = TreeExecutor(ground=ground, scratch=place, base=subject.base, candidate=subject.commit)
    source = TreeSource(ground.mirror, subject.base, subject.commit)
    await in_thread(place.mkdir, mode=0o700, parents=True)
    try:
        items = await gather(
            order,
            executor,
            cleaned,
            source=source,
            cache=cache,
            kinds=kinds,
            wanted=wanted,
            settled=settled,
            shelf=shelf,
            fetch=fetching(ground.environ),
        )
        return tuple(clean_item(item, redactor) for item in items)
    finally:
        await in_thread(remove, place, within=place.parent)


def order_for(shop: Shop, ground: Ground, subject: Subject) -> GatherOrder:
    """What is to be known about a round before evidence about it is gathered."""
    run = subject.run
    assert run is not None, "a round belongs to a run"
    with shop.desk.reading(ground.project.id) as state:
        task = state.plans.task(run.spec, run.task)
        assert task is not None, f"{run.spec}/{run.task} is in no plan"
        clauses = clauses_of(state, run.spec, task)
    return GatherOrder(
        run=run.id,
        round=subject.round,
        base_tree=ground.mirror.tree_of(subject.base),
        tree=ground.mirror.tree_of(subject.commit),
        task=task,
        clauses=clauses,
        changes=changes(ground.mirror, subject.base, subject.commit),
        settings=ground.settings,
        environment=ground.environment_key(subject.commit),
    )
