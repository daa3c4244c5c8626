"""A person orders tasks of an approved plan to be run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podium.conductor.approve_plan import record_settings
from podium.conductor.board import raw_state
from podium.conductor.desk import Change, Desk
from podium.conductor.state import State
from podium.kernel.errors import UsageError
from podium.landing.model import Lost
from podium.plan.events import DispatchHalted, DispatchOrdered
from podium.plan.model import ApprovedPlan
from podium.plan.rules import approval_counts
from podium.project.agents import AUTO, find_agent
from podium.project.model import Settings
from podium.project.rules import dispatch_blocked
from podium.project.settings import parse_settings, require_agent
from podium.review.person import require_person
from podium.runs.events import RunArchived


@dataclass(frozen=True)
class Documents:
    """Spec and plan as they lie in the repository now: their git blob ids, empty when a document is gone."""

    spec_blob: str
    plan_blob: str


def order_run(
    desk: Desk,
    project: str,
    spec: str,
    *,
    documents: Documents,
    settings_text: str,
    tasks: tuple[str, ...] = (),
    agents: tuple[str, ...] = (),
    tracked_files: Sequence[str] = (),
    actor: str,
) -> bool:
    """Order the tasks (all when none is named); return False when exactly this stands ordered already.

    Raises UsageError when the plan is not approved, the approval no longer counts, or a task or agent is unknown.
    """
    by = require_person(actor, "run")
    settings = parse_settings(settings_text)
    known = tuple(agent.name for agent in settings.agents)
    seed = desk.new_id()
    with desk.change(project) as change:
        plan = approved_plan(change.state, spec, documents)
        wanted = tasks or tuple(task.id for task in plan.tasks)
        automatic = agents == (AUTO,) and find_agent(settings, AUTO) is None
        if automatic and not known:
            require_agent(settings, known)
        refuse_unknown(plan, wanted, known if automatic else agents, settings)
        _check_protected(plan, wanted, settings, tracked_files)
        if not agents and any(not task.agents for task in plan.tasks if task.id in wanted):
            require_agent(settings, known)
        record_settings(change, settings_text, actor)
        again = _give_up_lost(change, plan, tasks, actor)
        standing = change.state.plans.dispatch(spec)
        if not again and standing is not None and not agents and set(wanted) <= set(standing.tasks):
            return False
        if automatic:
            for event in _chosen(change.state, plan, wanted, known, by, seed):
                change.append(event, actor=actor)
        else:
            change.append(DispatchOrdered(spec=spec, by=by, tasks=tasks, agents=agents), actor=actor)
    return True


def _chosen(
    state: State, plan: ApprovedPlan, tasks: tuple[str, ...], known: tuple[str, ...], by: str, seed: str
) -> Iterator[DispatchOrdered]:
    """One order for each task, to the agent that the track record gives it."""
    from podium.conductor.choose_agent import choose_agent
    from podium.conductor.track_record import attempts, kind_of, risk_of

    record, risk = attempts(state), risk_of(state, plan.spec)
    for task in plan.tasks:
        if task.id in tasks:
            own = f"{seed}/{task.id}"
            choice = choose_agent(task.agents or known, kind_of(task, risk), record, own)
            yield DispatchOrdered(
                spec=plan.spec, by=by, tasks=(task.id,), agents=(choice.agent,), why=choice.why, seed=own
            )


def halt_run(desk: Desk, project: str, spec: str, *, actor: str) -> bool:
    """Start nothing more of this spec; what runs goes on. False when nothing stood ordered."""
    by = require_person(actor, "halt")
    with desk.change(project) as change:
        if change.state.plans.dispatch(spec) is None:
            return False
        change.append(DispatchHalted(spec=spec, by=by), actor=actor)
    return True


def approved_plan(state: State, spec: str, documents: Documents) -> ApprovedPlan:
    """The approved plan of a spec. Raises UsageError when there is none, or it no longer counts."""
    plan = state.plans.approved(spec)
    if plan is None:
        withdrawn = state.plans.withdrawn(spec)
        raise UsageError(
            f"the approval was withdrawn: {withdrawn}" if withdrawn else "its plan is not approved",
            where=spec,
            do=f"podium plan approve {spec}",
        )
    void = approval_counts(plan, documents.spec_blob, documents.plan_blob)
    if void:
        raise UsageError(void, where=spec, do=f"podium plan approve {spec}")
    return plan


def _give_up_lost(change: Change, plan: ApprovedPlan, named: tuple[str, ...], actor: str) -> bool:
    """Archive the runs of tasks that gave no candidate and are ordered again by name; True when there were any."""
    found = False
    for task in plan.tasks:
        if task.id in named and isinstance(raw_state(change.state, plan.spec, task), Lost):
            for run in change.state.runs.of_task(plan.spec, task.id):
                if not run.archived:
                    change.append(RunArchived(run=run.id, why="it gave no candidate; run again"), actor=actor)
                    found = True
    return found


def _check_protected(
    plan: ApprovedPlan, tasks: tuple[str, ...], settings: Settings, tracked_files: Sequence[str]
) -> None:
    """An area may have become human-only since the plan was approved."""
    for task in plan.tasks:
        for blocked in dispatch_blocked(task.scope, settings, tracked_files) if task.id in tasks else ():
            raise UsageError(blocked.message, where=f"{plan.spec}/{task.id}", do=blocked.do)


def refuse_unknown(plan: ApprovedPlan, tasks: tuple[str, ...], agents: tuple[str, ...], settings: Settings) -> None:
    """Raise UsageError for a task that the plan has not, or an agent that podium.toml does not know."""
    known = tuple(agent.name for agent in settings.agents)
    there = {task.id for task in plan.tasks}
    for task in tasks:
        if task not in there:
            raise UsageError(f"the plan has no task {task}", where=plan.spec, do=f"It has {', '.join(sorted(there))}.")
    named = {*agents, *(agent for task in plan.tasks if task.id in tasks and not agents for agent in task.agents)}
    for agent in sorted(each for each in named if find_agent(settings, each) is None):
        raise UsageError(
            f"no agent is called {agent}",
            where="podium.toml",
            do=f"Known: {', '.join(known) or 'none'}. Add a table [agents.{agent}], or name another one.",
        )
