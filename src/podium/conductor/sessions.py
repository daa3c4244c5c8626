"""The agent's session travels with the project's mirror: kept when its round has ended, put back where HOME is lost.

It is a blob under `refs/podium/sessions/RUN/N`. Whatever cannot be kept or put back costs the session, never the round:
the agent is then given a new one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from podium.agents.stores import stores_of
from podium.conductor.mirrors import open_mirror, publish
from podium.conductor.packed_store import LIMIT_BYTES, pack, unpack
from podium.conductor.room import is_for_want_of_disk
from podium.conductor.shop import Shop, in_thread
from podium.git.mirror import Mirror
from podium.git.model import NULL_ID
from podium.kernel.errors import PodiumError
from podium.project.agents import find_agent
from podium.project.model import Settings
from podium.runs.model import Harvesting, Round, Run
from podium.workspaces.space import remove

SESSIONS = "refs/podium/sessions"
RESTORING = "home.restoring"


def session_ref(run: str, number: int) -> str:
    """Where the session store is kept as it was at the end of a round."""
    return f"{SESSIONS}/{run}/{number}"


def previous(run: Run, round_: Round) -> Round | None:
    """The newest earlier round in which an agent had a session."""
    return next((each for each in reversed(run.rounds[: round_.number - 1]) if each.session), None)


def was_here(shop: Shop, before: Round | None) -> bool:
    """Whether workspace and HOME of this state directory are those that the earlier round left."""
    return before is None or before.worker in ("", shop.worker)


async def keep_session(shop: Shop, project: str, run: str, number: int) -> None:
    """Keep the session store of a round whose agent has ended. Fails for no reason that lies in the store."""
    await in_thread(_keep, shop, project, run, number)


def _keep(shop: Shop, project: str, run_id: str, number: int) -> None:
    run, round_ = shop.look(project, run_id, number)
    if not isinstance(round_.state, Harvesting) or not round_.session:
        return
    with shop.desk.reading(project) as state:
        registered, settings = state.project, state.settings
    home, stores = shop.home.run(project, run_id) / "home", _stores(settings, run.agent)
    if not stores or not home.exists():
        return
    ref = session_ref(run_id, number)
    try:
        packed = pack(home, stores)
        if not packed:
            return
        with open_mirror(shop.home, registered, shop.path) as mirror:
            blob = mirror.git(["hash-object", "-w", "--stdin", "--no-filters"], stdin=packed).text()
            old = mirror.refs(ref).get(ref, NULL_ID)
            if old != blob:
                mirror.update_ref(ref, blob, old)
            publish(mirror, shop.home, registered, ref)
    except (PodiumError, OSError) as error:
        if is_for_want_of_disk(error):
            raise
        _say(f"the session of {run_id}.{number} is not kept: {error}")


def make_home(shop: Shop, settings: Settings, mirror: Mirror, project: str, run: Run, round_: Round) -> Path:
    """The HOME of a run, made if need be.

    Where the earlier round's is not here (lost, or that round was another worker's), it holds the session that round
    ended with, if that was kept.
    """
    directory = shop.home.run(project, run.id)
    home, before = directory / "home", previous(run, round_)
    if home.exists() and was_here(shop, before):
        return home
    within = shop.home.project(project)
    remove(directory / RESTORING, within=within)
    fresh = directory / RESTORING
    fresh.mkdir(parents=True, mode=0o700)
    if before is not None:
        try:
            _restore(mirror, run.id, before.number, fresh, _stores(settings, run.agent))
        except (PodiumError, OSError) as error:
            if is_for_want_of_disk(error):
                raise
            _say(f"the session of {run.id}.{before.number} is not put back: {error}")
            remove(fresh, within=within)
            fresh.mkdir(mode=0o700)
    remove(home, within=within)
    fresh.rename(home)
    return home


def _restore(mirror: Mirror, run: str, number: int, home: Path, stores: tuple[str, ...]) -> None:
    ref = session_ref(run, number)
    blob = mirror.refs(ref).get(ref)
    if blob is not None:
        unpack(mirror.read_blob(blob, limit=LIMIT_BYTES + 4 * 1024 * 1024), home, stores)


def _stores(settings: Settings, name: str) -> tuple[str, ...]:
    agent = find_agent(settings, name)
    return stores_of(agent.driver, agent.command) if agent is not None else ()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the worker's log
