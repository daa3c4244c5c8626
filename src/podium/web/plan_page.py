"""A plan: its graph, what stands against it, and its approval; to draft, to edit and to run."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.acts import Fields, act_route
from podium.api.agent_verbs import asking, drafting
from podium.api.errands import Errand
from podium.api.seat import Seat, seat_of
from podium.conductor.board import board
from podium.conductor.sources import SETTINGS_FILE
from podium.conductor.state import State
from podium.conductor.write_document import write_document
from podium.kernel.errors import NotFoundError, PodiumError
from podium.plan.checks import check_plan
from podium.plan.model import Plan, Serialised
from podium.plan.parse import parse_plan
from podium.plan.rules import approval_counts, find_cycle, serialise
from podium.project.settings import parse_settings
from podium.render.paint import Tone
from podium.render.state_words import words
from podium.spec.model import LintFinding, Spec
from podium.spec.rules import lint
from podium.web.page import page
from podium.web.plan_graph import draw
from podium.web.run_choices import asks_first, run_choices


def show(request: Request) -> Response:
    """The plan of a spec, or how to come to one."""
    seat, name = seat_of(request), request.path_params["name"]
    sources = seat.sources
    spec = _spec(seat, name)
    try:
        text, blob = sources.read(sources.plan_file(name))
    except NotFoundError:
        return _none(request, seat, name, spec)
    if request.query_params.get("edit"):
        path = str(sources.plan_file(name))
        return page(
            request, "plan_edit.html", place="specs", title=f"Edit {name}", name=name, path=path, text=text, blob=blob
        )
    fault, plan, findings, pairs = _understood(seat, name, text, spec)
    with seat.desk.reading(seat.project) as state:
        states = _states(state, name)
        approval, void = _approval(seat, state, name)
        ordered = state.plans.dispatch(name) is not None
        questions = sum(each.open for each in state.plans.questions(name))
        asks = asks_first(seat, state, name)
    return page(
        request,
        "plan.html",
        place="specs",
        title=f"Plan of {name}",
        name=name,
        path=str(sources.plan_file(name)),
        plan=plan,
        spec=spec,
        fault=fault,
        findings=sorted(findings, key=lambda finding: finding.severity),
        errors=sum(finding.severity == "error" for finding in findings),
        pairs=pairs,
        graph=draw(plan.tasks, pairs, states) if plan else None,
        states=states,
        approval=approval,
        void=void,
        ordered=ordered,
        questions=questions,
        asks=asks,
        errands=_errands(seat, name),
        blob=blob,
        **run_choices(seat),
    )


def _none(request: Request, seat: Seat, name: str, spec: Spec | None) -> Response:
    return page(
        request,
        "plan_none.html",
        place="specs",
        title=f"Plan of {name}",
        name=name,
        spec=spec,
        errands=_errands(seat, name),
        **run_choices(seat),
    )


def _errands(seat: Seat, name: str) -> list[Errand]:
    """What is being done for this plan in the background."""
    return [errand for each in (drafting(name), asking(name)) if (errand := seat.errands.of(each))]


def lint_text(seat: Seat, fields: Fields) -> dict[str, Any]:
    """What stands against a text that is not saved yet."""
    name = fields.text("name", required=True)
    fault, _, findings, _ = _understood(seat, name, fields.text("text"), _spec(seat, name))
    shown = [{"line": f.line, "severity": f.severity, "message": f.message, "instead": f.instead} for f in findings]
    return {"findings": shown, "fault": {"what": fault.what, "where": fault.where, "do": fault.do} if fault else None}


def save(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Write a plan back to the repository. Raises ConflictError when the file has moved on since it was read."""
    seat.actor()  # a person who has a name
    path = seat.sources.plan_file(fields.text("name", required=True))
    text = fields.text("text").replace("\r\n", "\n")  # what a form makes of line ends
    blob = write_document(seat.root, path, text, seen=fields.text("blob", required=True))
    return {"blob": blob, "told": f"Saved {path}"}


def _spec(seat: Seat, name: str) -> Spec | None:
    """The spec, None when it cannot be read as one. Raises NotFoundError when there is none."""
    try:
        return seat.sources.spec(name)
    except NotFoundError:
        raise
    except PodiumError:
        return None


_Understood: TypeAlias = tuple[PodiumError | None, Plan | None, tuple[LintFinding, ...], tuple[Serialised, ...]]


def _understood(seat: Seat, name: str, text: str, spec: Spec | None) -> _Understood:
    """A plan with what stands against it and its spec, or why it cannot be read as one."""
    sources = seat.sources
    try:
        tracked = sources.repository.tracked_files()
        return _checked(text, str(sources.plan_file(name)), name, spec, sources.settings_text(), tracked)
    except PodiumError as error:
        return error, None, (), ()


@lru_cache(maxsize=16)
def _checked(
    text: str, path: str, name: str, spec: Spec | None, settings_text: str, tracked: tuple[str, ...]
) -> _Understood:
    """Kept, because every task is compared with every other one, and a live page is made again with each event."""
    plan = parse_plan(text, path, name)
    if spec is None:
        return None, plan, (), ()
    settings = parse_settings(settings_text, SETTINGS_FILE)
    known = [agent.name for agent in settings.agents]
    findings = (*lint(spec, tracked), *check_plan(plan, spec, tracked, settings, known))
    pairs = () if find_cycle(plan.tasks) else serialise(plan, tracked)
    return None, plan, findings, pairs


def _states(state: State, name: str) -> dict[str, tuple[str, Tone]]:
    found: dict[str, tuple[str, Tone]] = {}
    for row in board(state):
        if row.spec == name:
            said = words(row.state, row.name)
            found[row.task.id] = (said.word, said.tone)
    return found


def _approval(seat: Seat, state: State, name: str) -> tuple[str, str]:
    """Who approved the plan, empty when nobody did; and why the approval does not count, empty when it does."""
    approved = state.plans.approved(name)
    if approved is None:
        return "", state.plans.withdrawn(name)
    documents = seat.sources.documents(name)
    return approved.approved_by, approval_counts(approved, documents.spec_blob, documents.plan_blob)


ROUTES = [
    Route("/plan/{name}", show),
    act_route("/act/lint-plan", lint_text),
    act_route("/act/save-plan", save),
]
