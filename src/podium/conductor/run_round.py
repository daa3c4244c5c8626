"""The durable workflow of one round: workspace, agent, candidate, evidence.

Each stage looks in the ledger first and does only what is not done, so that a round which died half way is simply gone
through again, by this worker or by one that takes it over (which has none of the dead one's files, and so begins again
unless the candidate is in the mirror). A round that cannot go on fails with its reason; it is never dropped silently.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias

from podium.conductor.await_key import await_key
from podium.conductor.crash import crash_point
from podium.conductor.engine import step
from podium.conductor.gather import gather, go_deeper
from podium.conductor.harvest import harvest
from podium.conductor.own_keys import redactor_of
from podium.conductor.patience import is_for_want_of_room, patiently
from podium.conductor.prepare import claim, prepare
from podium.conductor.sessions import keep_session
from podium.conductor.shop import Shop, in_thread
from podium.conductor.supervise import supervise
from podium.kernel.errors import PodiumError
from podium.runs.events import RoundFailed
from podium.runs.store import is_active

Stage: TypeAlias = Callable[[Shop, str, str, int], Awaitable[None]]
STAGES: Final[tuple[tuple[str, Stage], ...]] = (
    ("key", await_key),
    ("prepare", prepare),
    ("supervise", supervise),
    ("session", keep_session),
    ("harvest", harvest),
    ("gather", gather),
)
"""After the last one a round is delivered; `podium.conductor.gather.go_deeper` then sees to what is still pending."""


async def run_round(shop: Shop, project: str, run: str, number: int) -> None:
    """Run one round to its end: delivered, failed or stopped."""
    await step("round", _stages, shop, project, run, number)


async def _stages(shop: Shop, project: str, run: str, number: int) -> None:
    await patiently("a round", lambda: in_thread(claim, shop, project, run, number))
    crash_point(shop.crash_at, "round-claimed")
    for name, stage in STAGES:
        await patiently("a round", partial(_guarded, shop, name, stage, project, run, number))
    await patiently("evidence", partial(go_deeper, shop, project, run, number))


async def _guarded(shop: Shop, name: str, stage: Stage, project: str, run: str, number: int) -> None:
    """One stage, its errors turned into the failure of the round: a mistake of Podium's must not leave it at work."""
    _, round_ = await in_thread(shop.look, project, run, number)
    if not is_active(round_.state):
        return
    try:
        await stage(shop, project, run, number)
    except Exception as error:
        if is_for_want_of_room(error):
            raise
        if isinstance(error, PodiumError):
            reason, detail = error.what, str(error)
        else:
            reason, detail = f"Podium broke: {error!r}", "".join(traceback.format_exception(error))[-4_000:]
            said = await in_thread(_clean, shop, project, detail)
            print(said, file=sys.stderr, flush=True)  # noqa: T201 - the worker's log
        await in_thread(fail, shop, project, run, number, f"{name}: {reason}", detail)


def fail(shop: Shop, project: str, run: str, number: int, reason: str, detail: str) -> None:
    """Write that the round failed, unless it has ended already."""
    reason, detail = _clean(shop, project, reason), _clean(shop, project, detail)
    with shop.desk.change(project) as change:
        if is_active(change.state.runs.by_id[run].rounds[number - 1].state):
            change.append(RoundFailed(run=run, round=number, reason=reason, detail=detail[:4_000]), actor=shop.actor)


def _clean(shop: Shop, project: str, text: str) -> str:
    """A text that an agent's or a set-up's output may be part of, without keys."""
    with shop.desk.reading(project) as state:
        settings, root = state.settings, state.project.root
    return redactor_of(settings, shop.environ, root).text(text)
