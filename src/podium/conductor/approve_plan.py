"""A person approves exactly this plan for exactly this spec."""

from __future__ import annotations

from collections.abc import Sequence

from podium.conductor.desk import Change, Desk
from podium.plan.events import PlanApproved
from podium.plan.model import ApprovedPlan, Plan
from podium.plan.rules import approve
from podium.project.events import SettingsRecorded
from podium.review.person import require_person
from podium.spec.events import SpecRecorded
from podium.spec.model import LintFinding, Spec


def approve_plan(
    desk: Desk,
    project: str,
    spec: Spec,
    plan: Plan,
    findings: Sequence[LintFinding],
    *,
    settings_text: str,
    tracked_files: Sequence[str],
    actor: str,
) -> ApprovedPlan:
    """Record spec, settings and approval. Raises PodiumError when a finding is an error, or nobody is named."""
    by = require_person(actor, "approve")
    approved = approve(plan, spec, findings, by=by, at=desk.clock.now(), tracked_files=tracked_files)
    warnings = tuple(f"{f.path}:{f.line} {f.rule}: {f.message}" for f in findings if f.severity == "warning")
    with desk.change(project) as change:
        record_settings(change, settings_text, actor)
        if change.state.specs.version(spec.name, spec.blob) is None or change.state.specs.latest(spec.name) is None:
            recorded = SpecRecorded(name=spec.name, blob=spec.blob, text=spec.text, title=spec.title, risk=spec.risk)
            change.append(recorded, actor=actor)
        change.append(PlanApproved(plan=approved, warnings=warnings), actor=actor)
    return approved


def record_settings(change: Change, text: str, actor: str) -> None:
    """Make `text` the podium.toml that counts from here on, if it is not that already."""
    state = change.state
    if state.projects.settings_text(state.id) != text:
        change.append(SettingsRecorded(project=state.id, text=text, by=actor), actor=actor)
