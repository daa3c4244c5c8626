"""The daily verbs of the command line, as acts: the same functions of the conductor, the same rules, the same words."""

from __future__ import annotations

from typing import Any, Literal

from podium.api.acts import Fields, act_route
from podium.api.seat import Seat
from podium.conductor.approve_plan import approve_plan
from podium.conductor.ask_first import answer_question
from podium.conductor.budgets import set_budget
from podium.conductor.order_run import halt_run
from podium.conductor.revert import resume_landings, revert
from podium.conductor.steer import acknowledge, answer, steer
from podium.conductor.tasks import find_task
from podium.kernel.errors import ConflictError, NotFoundError

_STEERED = {"stop": "Stopping", "pause": "Pausing", "resume": "Resuming", "say": "Told"}


def allow(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Answer yes to what an agent asks."""
    return _answer(seat, fields, allowed=True)


def deny(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Answer no to what an agent asks."""
    return _answer(seat, fields, allowed=False)


def stop(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Stop an agent."""
    return _steer(seat, fields, "stop")


def pause(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Pause an agent."""
    return _steer(seat, fields, "pause")


def resume(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Let a paused agent go on."""
    return _steer(seat, fields, "resume")


def say(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Tell an agent something."""
    return _steer(seat, fields, "say", fields.text("text", required=True))


def seen(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Say that a person has seen a round's tripwires, all of them when none is named."""
    names = acknowledge(seat.desk, seat.project, _run(seat, fields), fields.texts("tripwires"), actor=seat.actor())
    return {"acknowledged": list(names), "told": f"Seen: {', '.join(names)}"}


def halt(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Start nothing more of a spec."""
    spec = fields.text("spec", required=True)
    halted = halt_run(seat.desk, seat.project, spec, actor=seat.actor())
    told = f"No further task of {spec} is started; agents at work go on"
    return {"halted": halted, "told": told if halted else f"Nothing of {spec} was waiting to be started"}


def approve(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Approve exactly the plan and the spec that were shown. Raises ConflictError when they are others now."""
    name, sources = fields.text("spec", required=True), seat.sources
    spec, plan = sources.spec(name), sources.plan(name)
    if (spec.blob, plan.blob) != (fields.text("spec_blob"), fields.text("plan_blob")):
        raise ConflictError("spec or plan were changed since you looked", where=name, do="Read them again first.")
    findings = (*sources.spec_findings(spec), *sources.plan_findings(plan, spec))
    approve_plan(
        seat.desk,
        seat.project,
        spec,
        plan,
        findings,
        settings_text=sources.settings_text(),
        tracked_files=sources.repository.tracked_files(),
        actor=seat.actor(),
    )
    return {"approved": True, "told": f"The plan of {name} is approved"}


def reply(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Answer what an agent asked before it begins: the answer goes into the spec."""
    return _reply(seat, fields, fields.text("text", required=True))


def aside(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Say that a question needs no answer."""
    return _reply(seat, fields, "")


def budget(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Set what models may cost. Raises UsageError for what is no limit."""
    scope, key, usd = fields.text("scope", required=True), fields.text("key", required=True), fields.text("usd")
    try:
        limit = float(usd)
    except ValueError:
        limit = 0.0  # refused below, in the words of the command line
    set_budget(seat.desk, seat.project, scope, key, limit, actor=seat.actor())
    seat.ensure_conductor()
    return {"scope": scope, "key": key, "usd": limit, "told": f"The limit of {scope} {key} is ${limit:.2f}"}


def land(seat: Seat, _fields: Fields) -> dict[str, Any]:
    """Try held landings again, and bring what has landed to the user's branch."""
    from podium.conductor.deliver import advice, deliver

    resumed = resume_landings(seat.desk, seat.project, actor=seat.actor())
    if resumed or seat.desk.look(seat.project).landings.waiting():
        seat.ensure_conductor()
    found = deliver(seat.desk, seat.project, seat.path)
    target = seat.desk.look(seat.project).project.target
    told = [f"{len(resumed)} held landing{'s' if len(resumed) > 1 else ''} tried again"] if resumed else []
    said = advice(found, target) if found is not None else ""
    return {"resumed": resumed, "told": ". ".join([*told, *([said] if said else [])]) or "Nothing waits to land"}


def take_back(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Order the revert of a landed task."""
    with seat.desk.reading(seat.project) as state:
        spec, task = find_task(state, fields.text("task", required=True))
    entry = revert(
        seat.desk, seat.project, spec, task.id, reason=fields.text("reason", required=True), actor=seat.actor()
    )
    seat.ensure_conductor()
    return {"entry": entry, "told": f"The revert of {spec}/{task.id} is in the landing queue"}


def _answer(seat: Seat, fields: Fields, *, allowed: bool) -> dict[str, Any]:
    run, request = _run(seat, fields), fields.text("request", required=True)
    answer(seat.desk, seat.project, run, request, allow=allowed, actor=seat.actor())
    seat.ensure_conductor()
    return {"request": request, "allowed": allowed, "told": "Allowed" if allowed else "Denied"}


def _reply(seat: Seat, fields: Fields, text: str) -> dict[str, Any]:
    spec, number = fields.text("spec", required=True), fields.text("question", required=True)
    path = seat.sources.spec_file(spec)
    actor = seat.actor()
    done = answer_question(seat.desk, seat.project, spec, number, text, root=seat.root, path=path, actor=actor)
    told = f"{done.id} is answered in {path}. Approve the plan again before it is run"
    told = told if text else f"{done.id} is set aside"
    return {"question": done.id, "told": told}


def _steer(
    seat: Seat, fields: Fields, what: Literal["stop", "pause", "resume", "say"], text: str = ""
) -> dict[str, Any]:
    run = _run(seat, fields)
    steer(seat.desk, seat.project, run, what, text=text, actor=seat.actor())
    seat.ensure_conductor()
    its = seat.desk.look(seat.project).runs.by_id[run]
    return {"did": what, "told": f"{_STEERED[what]}: {its.spec}/{its.task} ({its.agent})"}


def _run(seat: Seat, fields: Fields) -> str:
    """The run that is named. Raises NotFoundError for one that does not exist."""
    run = fields.text("run", required=True)
    known = seat.desk.look(seat.project).runs.by_id.get(run)
    if known is None or not known.rounds:
        raise NotFoundError("there is no such run", where=run)
    return run


ROUTES = [
    act_route("/act/allow", allow),
    act_route("/act/deny", deny),
    act_route("/act/stop", stop),
    act_route("/act/pause", pause),
    act_route("/act/resume", resume),
    act_route("/act/say", say),
    act_route("/act/acknowledge", seen),
    act_route("/act/halt", halt),
    act_route("/act/approve", approve),
    act_route("/act/answer", reply),
    act_route("/act/aside", aside),
    act_route("/act/budget", budget),
    act_route("/act/land", land),
    act_route("/act/revert", take_back),
]
