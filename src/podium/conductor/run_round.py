"""The durable workflow of one round: workspace, agent, candidate, evidence.

Each stage looks in the ledger first and does only what is not done, so that a round which died half way is simply gone
through again, by this worker or by one that takes it over (which has none of the dead one's files, and so begins again
unless the candidate is in the mirror). A round that cannot go on fails with its reason; it is never dropped silently.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from podium.conductor.crash import crash_point
from podium.conductor.engine import step
from podium.conductor.gather import gather
from podium.conductor.harvest import harvest
from podium.conductor.prepare import claim, prepare
from podium.conductor.shop import Shop, in_thread
from podium.conductor.supervise import supervise
from podium.kernel.errors import PodiumError
from podium.runs.events import RoundFailed
from podium.runs.store import is_active

Stage: TypeAlias = Callable[[Shop, str, str, int], Awaitable[None]]
STAGES: Final[tuple[tuple[str, Stage], ...]] = (
    ("prepare", prepare),
    ("supervise", supervise),
    ("harvest", harvest),
    ("gather", gather),
)


async def run_round(shop: Shop, project: str, run: str, number: int) -> None:
    """Run one round to its end: delivered, failed or stopped."""
    await step("round", _stages, shop, project, run, number)


async def _stages(shop: Shop, project: str, run: str, number: int) -> None:
    await in_thread(claim, shop, project, run, number)
    crash_point(shop.crash_at, "round-claimed")
    for name, stage in STAGES:
        await _guarded(shop, name, stage, project, run, number)


async def _guarded(shop: Shop, name: str, stage: Stage, project: str, run: str, number: int) -> None:
    """One stage, its foreseen errors turned into the failure of the round."""
    _, round_ = await in_thread(shop.look, project, run, number)
    if not is_active(round_.state):
        return
    try:
        await stage(shop, project, run, number)
    except PodiumError as error:
        await in_thread(fail, shop, project, run, number, f"{name}: {error.what}", str(error))


def fail(shop: Shop, project: str, run: str, number: int, reason: str, detail: str) -> None:
    """Write that the round failed, unless it has ended already."""
    with shop.desk.change(project) as change:
        if is_active(change.state.runs.by_id[run].rounds[number - 1].state):
            change.append(RoundFailed(run=run, round=number, reason=reason, detail=detail[:4_000]), actor=shop.actor)
