"""Asking an agent something that it answers in words: it may look at everything and change nothing.

It works in a sandbox of its own whose changes are thrown away unread, every request to change something is denied by
rule, and all that counts is the text of its answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from podium.agents.locate import locate
from podium.conductor.ask_guard import guarded, stop
from podium.conductor.budgets import asking_budget
from podium.conductor.mirrors import open_mirror, synchronise, tip_for
from podium.conductor.onlooker import NOBODY, Onlooker
from podium.conductor.prepare import agent_settings, ground_of
from podium.conductor.providers import NoKey, gateway_of
from podium.conductor.shop import Shop
from podium.conductor.supervise import start
from podium.git.commits import list_tree
from podium.kernel.errors import PodiumError, UsageError
from podium.kernel.ids import system_entropy
from podium.plan.model import Task
from podium.project.model import AgentSettings, PermissionRule, Settings
from podium.supervisor.attach import Died, Ended, NotStarted, status
from podium.supervisor.follow import read
from podium.supervisor.order import ExitRecord, Order
from podium.workspaces.gateway.kinds import seen_env
from podium.workspaces.gateway.order import GatewayOrder
from podium.workspaces.plan import Mount
from podium.workspaces.space import remove

READ_ONLY = (
    PermissionRule(action="allow", kind="read"),
    PermissionRule(action="allow", kind="search"),
    PermissionRule(action="allow", kind="think"),
    PermissionRule(action="deny"),
)
POLL_SECONDS = 0.1


def ask_agent(
    shop: Shop,
    project: str,
    agent_name: str,
    what: str,
    prompt: Callable[[Sequence[str]], str],
    *,
    spec: str,
    task: Task | None = None,
    seconds: float = 900.0,
    onlooker: Onlooker = NOBODY,
) -> ExitRecord:
    """How an agent answers; its words are `claim`. `prompt` is made from the paths of the target branch's files.

    `what` names the matter, such as `plan.NAME`; what it costs is entered to the spec, and to the task if one is given.
    Raises PodiumError when it does not answer in time or a budget is spent, UsageError for an agent that is not known
    or has no way to its model, GivenUpError when the onlooker does.
    """
    with shop.desk.reading(project) as state:
        registered, settings = state.project, state.settings
    agent = agent_settings(settings, agent_name)
    located = locate(agent.command, shop.path, agent=agent.name)
    gateway = _gateway(shop, settings, agent)
    today = shop.clock.now().astimezone().date()
    with shop.desk.reading(project) as state:
        budget = asking_budget(shop.home, state, spec, task, today) if gateway else None
    place = shop.home.checks(project) / f"ask-{system_entropy(6).hex()}"
    try:
        with open_mirror(shop.home, registered, shop.path) as mirror:
            synchronise(mirror, shop.home, registered)
            tip = tip_for(mirror, registered)
            ground = ground_of(shop, project, mirror)
            mounts = tuple(Mount(source=path, target=path) for path in (*located.mounts, *agent.mounts))
            env = {**(seen_env(gateway.kind, gateway.seen_url) if gateway else {}), **agent.env}
            plan = ground.plan(tip, place, env=env, mounts=mounts)
            files = [entry.path for entry in list_tree(mirror, tip)]
        onlooker.still_waits(agent.name)
        order = Order(
            round=what,
            agent=agent.name,
            driver=agent.driver,
            model=agent.model,
            command=located.argv,
            prompt=prompt(files),
            sandbox=msgspec.structs.replace(plan, network=settings.network),
            bwrap=ground.bwrap,
            gateway=gateway,
            budget=budget,
            model_url=gateway.seen_url if gateway else "",
            permissions=READ_ONLY,
            tripwires=settings.tripwires,
        )
        with guarded(place):
            return _answer(shop, project, place / "round", order, seconds, onlooker)
    finally:
        if place.exists():
            remove(place, within=place.parent)


def _gateway(shop: Shop, settings: Settings, agent: AgentSettings) -> GatewayOrder | None:
    """The way to the agent's model; None where it has none that Podium knows."""
    found = gateway_of(settings, agent, shop.environ)
    if not isinstance(found, NoKey):
        return found
    if agent.provider or not settings.network:
        raise UsageError(found.what, where=f"podium.toml [agents.{agent.name}]", do=found.do)
    return None


def _answer(shop: Shop, project: str, directory: Path, order: Order, seconds: float, onlooker: Onlooker) -> ExitRecord:
    """Run the agent to its end, or stop it when time is up, the onlooker gives up or the caller is interrupted."""
    start(shop, project, directory, order)
    deadline, offset = time.monotonic() + seconds, 0
    try:
        while True:
            now = status(directory)
            entries, offset = read(directory, offset)
            for entry in entries:
                onlooker.hear(entry)
            match now:
                case Ended(record=record):
                    return record
                case Died() | NotStarted():
                    start(shop, project, directory, order)
                case _:
                    pass
            onlooker.still_waits(order.agent)
            if time.monotonic() > deadline:
                raise PodiumError(f"the agent did not answer within {seconds:g} s", where=order.agent)
            time.sleep(POLL_SECONDS)
    finally:
        stop(directory)
