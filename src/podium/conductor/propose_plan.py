"""Asking an agent to propose a plan: it may look at everything and change nothing.

It works in a sandbox of its own whose changes are thrown away unread, every request to change something is denied by
rule, and all that counts is the text of its answer, which is then checked like any plan that a person wrote.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from podium.agents.locate import locate
from podium.conductor.mirrors import open_mirror, synchronise, tip_for
from podium.conductor.prepare import agent_settings, ground_of
from podium.conductor.shop import Shop
from podium.git.commits import list_tree
from podium.kernel.errors import PodiumError
from podium.kernel.ids import system_entropy
from podium.plan.model import Plan
from podium.plan.parse import parse_proposed_plan
from podium.plan.prompts import plan_request_prompt
from podium.project.model import PermissionRule
from podium.spec.model import Spec
from podium.supervisor import inbox
from podium.supervisor.attach import Died, Ended, NotStarted, start_or_attach, status
from podium.supervisor.order import ExitRecord, Order
from podium.workspaces.plan import Mount
from podium.workspaces.space import remove

READ_ONLY = (
    PermissionRule(action="allow", kind="read"),
    PermissionRule(action="allow", kind="search"),
    PermissionRule(action="allow", kind="think"),
    PermissionRule(action="deny"),
)
POLL_SECONDS = 0.1


def propose_plan(shop: Shop, project: str, spec: Spec, agent_name: str, *, seconds: float = 900.0) -> Plan:
    """The plan that an agent proposes for a spec, checked for its form only.

    Raises PodiumError when the agent does not answer, or its answer holds no plan; UsageError for an unknown agent.
    """
    with shop.desk.reading(project) as state:
        registered, settings = state.project, state.settings
    agent = agent_settings(settings, agent_name)
    located = locate(agent.command, shop.path, agent=agent.name)
    place = shop.home.checks(project) / f"plan-{system_entropy(6).hex()}"
    try:
        with open_mirror(shop.home, registered, shop.path) as mirror:
            synchronise(mirror, shop.home, registered)
            tip = tip_for(mirror, registered)
            ground = ground_of(shop, project, mirror)
            mounts = tuple(Mount(source=path, target=path) for path in (*located.mounts, *agent.mounts))
            plan = ground.plan(tip, place, env=agent.env, mounts=mounts)
            files = [entry.path for entry in list_tree(mirror, tip)]
        order = Order(
            round=f"plan.{spec.name}",
            agent=agent.name,
            driver=agent.driver,
            model=agent.model,
            command=located.argv,
            prompt=plan_request_prompt(spec, files),
            sandbox=msgspec.structs.replace(plan, network=settings.network),
            bwrap=ground.bwrap,
            permissions=READ_ONLY,
            tripwires=settings.tripwires,
        )
        record = _answer(shop, place / "round", order, seconds)
    finally:
        if place.exists():
            remove(place, within=place.parent)
    if record.outcome != "completed":
        raise PodiumError(
            f"the agent {record.outcome} without a plan: {record.error or record.stop_reason}", where=agent.name
        )
    return parse_proposed_plan(record.claim, spec.name)


def _answer(shop: Shop, directory: Path, order: Order, seconds: float) -> ExitRecord:
    """Run the agent to its end, or stop it when time is up or the caller is interrupted."""
    start_or_attach(directory, order, shop.python)
    deadline = time.monotonic() + seconds
    try:
        while True:
            match status(directory):
                case Ended(record=record):
                    return record
                case Died() | NotStarted():
                    start_or_attach(directory, order, shop.python)
                case _:
                    pass
            if time.monotonic() > deadline:
                raise PodiumError(f"the agent did not answer within {seconds:g} s", where=order.agent)
            time.sleep(POLL_SECONDS)
    finally:
        _stop(directory)


def _stop(directory: Path) -> None:
    """See to it that no agent of this directory is left before it is removed."""
    inbox.post(directory, inbox.Stop(by="podium"), id="stop")
    while not isinstance(status(directory), Ended | NotStarted | Died):
        time.sleep(POLL_SECONDS)
