"""Asking an agent to propose a plan, which is then checked like any plan that a person wrote."""

from __future__ import annotations

from podium.conductor.ask_agent import ask_agent
from podium.conductor.onlooker import NOBODY, Onlooker
from podium.conductor.shop import Shop
from podium.kernel.errors import PodiumError
from podium.plan.model import Plan
from podium.plan.parse import parse_proposed_plan
from podium.plan.prompts import plan_request_prompt
from podium.spec.model import Spec


def propose_plan(
    shop: Shop, project: str, spec: Spec, agent_name: str, *, seconds: float = 900.0, onlooker: Onlooker = NOBODY
) -> Plan:
    """The plan that an agent proposes for a spec, checked for its form only.

    Raises PodiumError when the agent does not answer, or its answer holds no plan; UsageError for an unknown agent,
    GivenUpError when the onlooker does.
    """
    record = ask_agent(
        shop,
        project,
        agent_name,
        f"plan.{spec.name}",
        lambda files: plan_request_prompt(spec, files),
        spec=spec.name,
        seconds=seconds,
        onlooker=onlooker,
    )
    if record.outcome != "completed":
        raise PodiumError(
            f"the agent {record.outcome} without a plan: {record.error or record.stop_reason}", where=agent_name
        )
    return parse_proposed_plan(record.claim, spec.name)
