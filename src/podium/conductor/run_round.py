"""The durable workflow of one round: workspace, agent, candidate, evidence.

Each step looks in the ledger first and does only what is not done, so that a step which died half way is simply done
again. A round that cannot go on fails with its reason; it never leaves the queue silently.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from podium.conductor.engine import step
from podium.conductor.gather import gather
from podium.conductor.harvest import harvest
from podium.conductor.prepare import prepare
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
    for name, stage in STAGES:
        await step(name, _guarded, shop, name, stage, project, run, number)


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
