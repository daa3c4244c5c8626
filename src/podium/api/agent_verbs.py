"""Acts in which agents take part: giving them tasks, asking them first, and having one draft a plan."""

from __future__ import annotations

from typing import Any

from podium.agents.event import Entry
from podium.api.acts import Fields, act_route
from podium.api.errands import Done, Going
from podium.api.seat import Seat
from podium.conductor.ask_first import ask_before_start
from podium.conductor.before_start import how_many, is_to_ask, unanswered, unasked
from podium.conductor.live_round import note
from podium.conductor.missing_keys import missing_keys
from podium.conductor.note_settings import note_settings
from podium.conductor.onlooker import Onlooker
from podium.conductor.order_run import approved_plan, order_run, refuse_unknown
from podium.conductor.write_draft import keep_beside, write_draft
from podium.kernel.errors import ConflictError, NotFoundError, PodiumError, UsageError
from podium.plan.draft import draft
from podium.plan.model import Plan
from podium.project.agents import AUTO, find_agent
from podium.spec.model import Spec

_WISHES = {"": None, "yes": True, "no": False}


def run(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Order tasks of an approved plan, all of them when none is named; ask their agents first where that is wanted.

    `ask` is yes, no or empty (as podium.toml says). Agents are asked in the background, and nothing is ordered before
    they have answered that they have no question. Raises UsageError when questions wait for an answer.
    """
    spec, tasks, agents = fields.text("spec", required=True), fields.texts("tasks"), fields.texts("agents")
    ask = fields.text("ask")
    if ask not in _WISHES:
        raise UsageError("ask must be yes, no or empty")
    wish = _WISHES[ask]
    if AUTO in agents and len(agents) > 1:
        raise UsageError(f"{AUTO} chooses the agent by itself", where=spec, do="Choose it alone, or name the agents.")
    if wish is False:
        return _order(seat, spec, tasks, agents, seat.actor())
    settings = seat.sources.settings()
    with seat.desk.reading(seat.project) as state:
        waiting = unanswered(state, spec, tasks)
        asks = (wish or is_to_ask(state, spec, settings.ask_first)) and bool(unasked(state, spec, tasks))
        if asks:  # what is refused is refused before anybody is asked
            plan = approved_plan(state, spec, seat.sources.documents(spec))
            refuse_unknown(plan, tasks, tuple(each for each in agents if each != AUTO), settings)
    if asks:
        return _ask_first(seat, spec, tasks, agents, wish=wish)
    if waiting:
        raise UsageError(
            how_many(waiting), where=spec, do="Answer under Attention. Or choose Run with …, without asking first."
        )
    return _order(seat, spec, tasks, agents, seat.actor())


def _ask_first(
    seat: Seat, spec: str, tasks: tuple[str, ...], agents: tuple[str, ...], *, wish: bool | None
) -> dict[str, Any]:
    actor = seat.actor()
    note_settings(seat.desk, seat.project, seat.sources.settings_text(), actor=actor)

    def work(going: Going) -> Done:
        heard: list[str] = []
        waiting = ask_before_start(
            seat.desk,
            seat.open_shop,
            seat.project,
            spec,
            tasks,
            agents,
            settings=seat.sources.settings(),
            wish=wish,
            begin=going.say,
            tell=heard.append,
            onlooker=_onlooker(going),
        )
        if waiting:
            heard.append(f"{how_many(waiting).capitalize()}. Nothing was started")
            return Done("\n".join(heard), link=questions_page(spec), asks=True)
        ordered = _order(seat, spec, tasks, agents, actor)
        return Done("\n".join(filter(None, [*heard, ordered["told"], ordered["warn"]])), asks=bool(ordered["warn"]))

    what = ", ".join(f"{spec}/{task}" for task in tasks) or spec
    title = f"Agents are asked about {what} before they begin"
    seat.errands.start(asking(spec), title, work, by=actor, place=f"/plan/{spec}", ends="Ask no longer")
    return {"ordered": False, "told": "Asking first: tasks start by themselves where no question is open"}


def _order(seat: Seat, spec: str, tasks: tuple[str, ...], agents: tuple[str, ...], actor: str) -> dict[str, Any]:
    fresh = order_run(
        seat.desk,
        seat.project,
        spec,
        documents=seat.sources.documents(spec),
        settings_text=seat.sources.settings_text(),
        tasks=tasks,
        agents=agents,
        tracked_files=seat.sources.repository.tracked_files(),
        actor=actor,
    )
    seat.ensure_conductor()
    what = ", ".join(f"{spec}/{task}" for task in tasks) or f"all tasks of {spec}"
    told = f"{'Ordered' if fresh else 'Was ordered already'}: {what}"
    with seat.desk.reading(seat.project) as state:
        missing = missing_keys(seat.sources.settings(), state, (spec,), agents, seat.environ)
    return {"ordered": fresh, "told": told, "warn": "\n".join(f"{name}: {why} {WAITS}" for name, why in missing)}


WAITS = "Unless the conductor knows one, its tasks wait, and begin by themselves once it is there."


def draft_plan(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Write a first plan by rule, or have an agent propose one; with `seen`, in place of the plan that was seen.

    Raises ConflictError when there is a plan already, or another one than was seen.
    """
    name, agent, seen = fields.text("spec", required=True), fields.text("agent"), fields.text("seen")
    sources = seat.sources
    spec, path = sources.spec(name), sources.plan_file(name)
    if not spec.clauses:
        raise PodiumError("the spec has no clause to plan for", where=spec.path, do="Write one: - B1: who does what.")
    if sources.documents(name).plan_blob != seen:  # before an agent is asked for another one
        what = "it was changed since you looked" if seen else "it exists already"
        raise ConflictError(what, where=str(path), do="Look at it first.")
    if agent:
        return _propose(seat, spec, agent, seen)
    write_draft(seat.root, path, draft(spec, sources.repository.tracked_files(), sources.settings()).text, seen=seen)
    return {"spec": name, "told": f"Drafted {path}: edit it until it is yours"}


def _propose(seat: Seat, spec: Spec, agent: str, seen: str) -> dict[str, Any]:
    settings = seat.sources.settings()
    if find_agent(settings, agent) is None:
        known = ", ".join(each.name for each in settings.agents)
        raise NotFoundError(f"no agent is called {agent}", where="podium.toml", do=f"Known: {known or 'none'}")
    actor = seat.actor()
    note_settings(seat.desk, seat.project, seat.sources.settings_text(), actor=actor)

    def work(going: Going) -> Done:
        from podium.conductor.propose_plan import propose_plan  # here: it takes a while to import

        going.say(f"{agent} reads the repository and the spec; this may take some minutes")
        plan = propose_plan(seat.open_shop(), seat.project, spec, agent, onlooker=_onlooker(going))
        return _keep(seat, spec, plan, seen)

    page, title = f"/plan/{spec.name}", f"{agent} drafts a plan of {spec.name}"
    seat.errands.start(drafting(spec.name), title, work, by=actor, place=page)
    return {"spec": spec.name, "told": f"{agent} is asked for a plan. It is a draft, yours to edit and to approve"}


def _keep(seat: Seat, spec: Spec, plan: Plan, seen: str) -> Done:
    """Write what was proposed. What cost money is not thrown away because a file was changed meanwhile."""
    path = seat.sources.plan_file(spec.name)
    try:
        write_draft(seat.root, path, plan.text, seen=seen)
    except ConflictError as error:
        place = keep_beside(seat.root, path, ".proposed", plan.text)
        raise ConflictError(error.what, where=str(path), do=f"What was proposed is in {place}.") from error
    findings = seat.sources.plan_findings(plan, spec)
    errors = sum(each.severity == "error" for each in findings)
    said = f"{errors} errors to mend" if errors > 1 else "one error to mend" if errors else "no errors"
    many = f"{len(plan.tasks)} tasks" if len(plan.tasks) > 1 else "one task"
    return Done(f"Drafted {path}: {many}, {said}. Edit it until it is yours", link=f"/plan/{spec.name}")


def drafting(spec: str) -> str:
    """The name of the errand that drafts a plan."""
    return f"plan.{spec}"


def asking(spec: str) -> str:
    """The name of the errand that asks before the start."""
    return f"ask.{spec}"


def questions_page(spec: str) -> str:
    """Where the questions about a spec are answered."""
    return f"/questions/{spec}"


def _onlooker(going: Going) -> Onlooker:
    """Shows on the page what the agent does."""

    def hear(entry: Entry) -> None:
        said = note(entry.event)
        if said:
            going.say(said)

    return Onlooker(hear=hear, gives_up=going.gives_up)


ROUTES = [act_route("/act/run", run), act_route("/act/draft-plan", draft_plan)]
