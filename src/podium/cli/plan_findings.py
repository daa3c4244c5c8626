"""Everything that stands against a plan and its spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podium.cli.context import Context

if TYPE_CHECKING:
    from podium.plan.model import Plan
    from podium.spec.model import LintFinding, Spec


def plan_findings(context: Context, plan: Plan, spec: Spec) -> tuple[LintFinding, ...]:
    """The findings of a plan against its spec, the repository's files, the settings and the agents there are."""
    from podium.plan.checks import check_plan

    known = [agent.name for agent in context.settings.agents]
    return check_plan(plan, spec, context.repository.tracked_files(), context.settings, known)


def spec_findings(context: Context, spec: Spec) -> tuple[LintFinding, ...]:
    """The findings of a spec."""
    from podium.spec.rules import lint

    return lint(spec, context.repository.tracked_files())
