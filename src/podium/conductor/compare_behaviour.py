"""What the candidates of a race do otherwise: the behaviour diff, with another candidate in the place of the base."""

from __future__ import annotations

import msgspec

from podium.checks.kind import GatherOrder
from podium.checks.kinds.behaviour import BEHAVIOUR
from podium.conductor.examine import Subject, gather_on, order_for
from podium.conductor.mirrors import open_mirror
from podium.conductor.own_keys import redactor_of
from podium.conductor.prepare import ground_of
from podium.conductor.shop import Shop, in_thread
from podium.conductor.trees import FileCache
from podium.evidence.model import Item
from podium.kernel.errors import NotFoundError
from podium.runs.model import Candidate, Run
from podium.runs.store import candidate_of

ASKED_SECONDS = 300.0


async def compare_behaviour(shop: Shop, project: str, one: Run, other: Run) -> Item | None:
    """How the newest candidates of two runs of a task behave differently; `base` in the item is the first one's.

    None where there is nothing to compare (no Python that both have differs, no test command). Records nothing.
    Raises NotFoundError for a run without a candidate.
    """
    first, second = _candidate(one), _candidate(other)
    with shop.desk.reading(project) as state:
        registered = state.project
    mirror = await in_thread(open_mirror, shop.home, registered, shop.path)
    try:
        ground = await in_thread(ground_of, shop, project, mirror)
        subject = Subject(base=first.commit, commit=second.commit, run=other, round=other.rounds[-1].number)
        order = _asked(await in_thread(order_for, shop, ground, subject))
        redactor = await in_thread(redactor_of, ground.settings, shop.environ, ground.project.root)
        cache = FileCache(shop.home.project(project) / "base-executions", redactor)
        items = await gather_on(ground, order, subject, _quiet, cache=cache, kinds=(BEHAVIOUR,), redactor=redactor)
    finally:
        mirror.close()  # not awaited: nothing may cancel it
    return items[0] if items else None


def _asked(order: GatherOrder) -> GatherOrder:
    """Somebody asks for it by name: what podium.toml says of the dearer kinds does not count."""
    evidence = order.settings.evidence
    seconds = max(evidence.budget_seconds, ASKED_SECONDS)
    wanted = msgspec.structs.replace(evidence, behaviour=True, budget_seconds=seconds)
    return msgspec.structs.replace(order, settings=msgspec.structs.replace(order.settings, evidence=wanted))


def _candidate(run: Run) -> Candidate:
    found = candidate_of(run.rounds[-1]) if run.rounds else None
    if found is None:
        raise NotFoundError("this run has no candidate", where=f"{run.spec}/{run.task} by {run.agent}")
    return found


async def _quiet(_: Item) -> None:
    return None
