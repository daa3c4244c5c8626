"""The step of a round in which it waits until there is a key for its agent's model.

Nothing is made ready before, and nothing fails: the round stands still, `podium attention` says why, and it begins by
itself once the key is where it is looked for. A key in a variable comes with the next conductor, which takes the round
over and finds it.
"""

from __future__ import annotations

import asyncio

from podium.conductor.prepare import agent_settings
from podium.conductor.providers import missing_key
from podium.conductor.shop import Shop, in_thread
from podium.conductor.state import State
from podium.kernel.clock import stamp
from podium.runs.events import RoundStopped, Steered, WaitBegan, WaitEnded
from podium.runs.model import Ordered, Wait

ON = "key"
LOOK_SECONDS = 1.0


async def await_key(shop: Shop, project: str, run: str, number: int) -> None:
    """Return when there is a key, none is needed, or the round is over. Raises UsageError for an unknown agent."""
    while not await in_thread(_look, shop, project, run, number):
        await asyncio.sleep(LOOK_SECONDS)


def _look(shop: Shop, project: str, run: str, number: int) -> bool:
    """Whether the round can go on, or is over; its wait is written down when that has changed."""
    with shop.desk.reading(project) as state:
        why, told = _missing(shop, state, run), _told(state, run, number)
        if not isinstance(state.runs.by_id[run].rounds[number - 1].state, Ordered):
            return True
        stopped = _is_stopped(state, run, number)
    if why == told and not stopped:
        return not why
    with shop.desk.change(project) as change:
        round_ = change.state.runs.by_id[run].rounds[number - 1]
        if not isinstance(round_.state, Ordered) or round_.worker != shop.worker:
            return True
        if stopped and why:
            change.append(RoundStopped(run=run, round=number, by="a person"), actor=shop.actor)
        elif why:
            wait = Wait(on=ON, detail=why, since=stamp(shop.clock.now()))
            change.append(WaitBegan(run=run, round=number, wait=wait), actor=shop.actor)
        elif told:
            change.append(WaitEnded(run=run, round=number, on=ON), actor=shop.actor)
    return stopped or not why


def _missing(shop: Shop, state: State, run: str) -> str:
    """What is missing, and what a person can do; empty when nothing is."""
    agent = agent_settings(state.settings, state.runs.by_id[run].agent)
    return missing_key(state.settings, agent, shop.environ)


def _told(state: State, run: str, number: int) -> str:
    waits = state.runs.by_id[run].rounds[number - 1].waits
    return next((wait.detail for wait in waits if wait.on == ON), "")


def _is_stopped(state: State, run: str, number: int) -> bool:
    given = state.runs.steering.get((run, number), [])
    return any(isinstance(order, Steered) and order.what == "stop" for _, order in given)
