"""The step of a round in which its workspace is made ready, its boundary recorded and its order written."""

from __future__ import annotations

from pathlib import Path

import msgspec

from podium.agents.locate import Located, locate
from podium.conductor.budgets import budget_order, limit
from podium.conductor.casefile import clauses_of, spec_of
from podium.conductor.crash import crash_point
from podium.conductor.ground import Ground
from podium.conductor.guarded import guarded_tests
from podium.conductor.mirrors import open_mirror
from podium.conductor.providers import NoKey, gateway_of
from podium.conductor.sessions import make_home, previous, was_here
from podium.conductor.shop import Shop, in_thread
from podium.conductor.state import State
from podium.conductor.told import Told, told_after_part
from podium.git.commits import list_tree
from podium.git.diff import changes
from podium.git.mirror import Mirror
from podium.kernel.errors import UsageError
from podium.plan.model import Task
from podium.plan.prompts import fallback_prompt, prompt, refine_prompt
from podium.project.agents import find_agent
from podium.project.model import AgentSettings, Settings
from podium.runs.events import BoundaryRecorded, RoundClaimed
from podium.runs.model import Boundary, Ordered, Round, Run
from podium.runs.rules import patch_text
from podium.runs.store import candidate_of
from podium.supervisor.order import ORDER, Order, write_order
from podium.workspaces.boundary import AgentFacts, describe
from podium.workspaces.egress.registries import registry_env
from podium.workspaces.gateway.kinds import seen_env
from podium.workspaces.gateway.order import GatewayOrder
from podium.workspaces.plan import Mount, SandboxPlan
from podium.workspaces.space import remove
from podium.workspaces.tiers import choose

DIFF_LIMIT = 60_000


async def prepare(shop: Shop, project: str, run: str, number: int) -> None:
    """Make the round's workspace, record its boundary, write its order. Raises PodiumError when it cannot."""
    await in_thread(_prepare, shop, project, run, number)
    crash_point(shop.crash_at, "workspace-ready")


def claim(shop: Shop, project: str, run: str, number: int) -> None:
    """Make the round this worker's, if it is not."""
    with shop.desk.change(project) as change:
        if change.state.runs.by_id[run].rounds[number - 1].worker != shop.worker:
            change.append(RoundClaimed(run=run, round=number, worker=shop.worker), actor=shop.actor)


def _prepare(shop: Shop, project: str, run_id: str, number: int) -> None:
    run, round_ = shop.look(project, run_id, number)
    directory = shop.round_dir(project, run_id, number)
    if not isinstance(round_.state, Ordered) or (round_.boundary is not None and (directory / ORDER).exists()):
        return
    with shop.desk.reading(project) as state:
        registered, settings = state.project, state.settings
    agent = agent_settings(settings, run.agent)
    located = locate(agent.command, shop.path, agent=agent.name)
    with open_mirror(shop.home, registered, shop.path) as mirror:
        ground = ground_of(shop, project, mirror)
        gateway = _gateway(shop, settings, agent)
        kept = _workspace_kept(shop, project, run, round_)
        plan = _sandbox(shop, ground, project, run, round_, agent, located, gateway)
        with shop.desk.reading(project) as state:
            told = _told(state, mirror, run, round_, kept=kept)
            order = _order(shop, ground, state, run, round_, located, plan, told, gateway)
        setup = ground.setup_facts(round_.base)
    boundary = describe(plan, AgentFacts(name=agent.name, sha256=located.sha256), gateway, setup)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_order(directory, order)
    _record(shop, project, run_id, number, boundary)


def _record(shop: Shop, project: str, run: str, number: int, boundary: Boundary) -> None:
    with shop.desk.change(project) as change:
        if change.state.runs.by_id[run].rounds[number - 1].boundary is None:
            change.append(BoundaryRecorded(run=run, round=number, boundary=boundary), actor=shop.actor)


def ground_of(shop: Shop, project: str, mirror: Mirror) -> Ground:
    """The ground that this machine offers a project. Raises PodiumError when no sandbox works here."""
    with shop.desk.reading(project) as state:
        registered, settings = state.project, state.settings
    chosen = choose(shop.tiers, shop.tier)
    environ = {**shop.environ, "PATH": shop.path}
    return Ground(shop.home, registered, settings, mirror, chosen.tier, chosen.bwrap, environ)


def overlay_dir(shop: Shop, project: str, run: Run, round_: Round) -> Path:
    """Where a run's changes on a base are kept: rounds on the same base go on in the same workspace."""
    return shop.home.run(project, run.id) / f"on-{round_.base[:12]}"


def _workspace_kept(shop: Shop, project: str, run: Run, round_: Round) -> bool:
    """Whether the workspace on this base is as the earlier round left it; one that another worker outdated goes."""
    place = overlay_dir(shop, project, run, round_)
    if not was_here(shop, previous(run, round_)):
        remove(place, within=shop.home.project(project))
    return place.exists()


def agent_settings(settings: Settings, name: str) -> AgentSettings:
    """The settings of an agent. Raises UsageError when podium.toml does not know it (any more)."""
    agent = find_agent(settings, name)
    if agent is not None:
        return agent
    raise UsageError(f"no agent is called {name}", where="podium.toml", do=f"Add a table [agents.{name}].")


def _told(state: State, mirror: Mirror, run: Run, round_: Round, *, kept: bool) -> Told:
    """What the agent is told; `kept`: its workspace on this base is as it left it."""
    task = state.plans.task(run.spec, run.task)
    approved = state.plans.approved(run.spec)
    if task is None or approved is None:
        why = state.plans.withdrawn(run.spec) or "its plan is not approved any more"
        raise UsageError(why, where=f"{run.spec}/{run.task}", do=f"podium plan approve {run.spec}")
    spec = spec_of(state, run.spec)
    if round_.kind == "first":
        return Told(prompt=prompt(task, spec, approved))
    if run.rounds[round_.number - 2].kind == "part":
        return told_after_part(state, mirror, run, round_, task, spec, approved, kept=kept)
    before = run.rounds[round_.number - 2]
    known = state.reviews.of(run.spec, run.task).points
    points = [point for point in known if point.id in round_.points]
    candidate = candidate_of(before)
    diff = patch_text(changes(mirror, candidate.base, candidate.commit)) if candidate else ""
    in_tree = kept and not round_.rebased_from
    fresh = fallback_prompt(task, spec, approved, points, diff=diff, summary=before.claim, in_tree=in_tree)
    if not in_tree:
        return Told(prompt=fresh, session=before.session)
    return Told(prompt=refine_prompt(task, spec, points), fresh=fresh, session=before.session)


def _gateway(shop: Shop, settings: Settings, agent: AgentSettings) -> GatewayOrder | None:
    """The way to the agent's model; None where it has none that Podium knows. Raises UsageError without a key."""
    found = gateway_of(settings, agent, shop.environ)
    if isinstance(found, NoKey):
        if not agent.provider and settings.network:
            return None  # the project opens ways of its own, and the agent may know one
        raise UsageError(found.what, where=f"podium.toml [agents.{agent.name}]", do=found.do)
    return found


def _sandbox(
    shop: Shop,
    ground: Ground,
    project: str,
    run: Run,
    round_: Round,
    agent: AgentSettings,
    located: Located,
    gateway: GatewayOrder | None,
) -> SandboxPlan:
    """The agent's sandbox: its overlay on this base, one HOME for all rounds of the run, its program read-only."""
    known = ground.settings.environment.mounts
    own = dict.fromkeys(path for path in (*located.mounts, *agent.mounts) if path not in known)
    mounts = tuple(Mount(source=path, target=path) for path in own)
    env = {**(seen_env(gateway.kind, gateway.seen_url) if gateway else {}), **agent.env}
    if ground.settings.network:
        env = {**registry_env(shop.environ), **env}
    plan = ground.plan(round_.base, overlay_dir(shop, project, run, round_), env=env, mounts=mounts)
    home = make_home(shop, ground.settings, ground.mirror, project, run, round_)
    return msgspec.structs.replace(plan, home=str(home), network=ground.settings.network)


def _order(
    shop: Shop,
    ground: Ground,
    state: State,
    run: Run,
    round_: Round,
    located: Located,
    plan: SandboxPlan,
    told: Told,
    gateway: GatewayOrder | None,
) -> Order:
    agent, settings = agent_settings(ground.settings, run.agent), ground.settings
    task = state.plans.task(run.spec, run.task)
    return Order(
        round=f"{run.id}.{round_.number}",
        agent=agent.name,
        driver=agent.driver,
        program=agent.command[0],
        model=agent.model,
        command=located.argv,
        prompt=told.prompt,
        session=told.session,
        fallback_prompt=told.fresh,
        sandbox=plan,
        bwrap=ground.bwrap,
        gateway=gateway,
        budget=budget_order(shop.home, state, run, round_, task) if gateway else None,
        budget_usd=limit(state, settings, "round", f"{run.id}.{round_.number}"),
        model_url=gateway.seen_url if gateway else "",
        permissions=settings.permissions,
        tripwires=settings.tripwires,
        scope=task.scope if task else (),
        guarded=_guarded(state, ground.mirror, task, run, round_),
        crash_at=shop.supervisor_crash_at,
    )


def _guarded(state: State, mirror: Mirror, task: Task | None, run: Run, round_: Round) -> tuple[str, ...]:
    """The tests that the task's checks run and that it is not itself to write."""
    checks = [clause.check for clause in clauses_of(state, run.spec, task) if clause.check] if task else []
    if task is None or not checks:
        return ()
    files = {entry.path for entry in list_tree(mirror, round_.base)}
    return guarded_tests(checks, files.difference(task.scope))
