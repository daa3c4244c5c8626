"""The specs: their list, and one spec with what would be misunderstood beside the line, to read and to edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.acts import Fields, act_route
from podium.api.seat import Seat, seat_of
from podium.conductor.board import board
from podium.conductor.sources import Sources
from podium.conductor.state import State
from podium.conductor.write_document import write_document
from podium.kernel.errors import PodiumError
from podium.landing.model import OnTarget
from podium.plan.rules import approval_counts
from podium.review.person import person, short_name
from podium.spec.model import LintFinding, Spec
from podium.spec.parse import check_name, new_spec, parse_spec
from podium.web.page import page

MOST_LINES, MOST_COLUMNS = 3_000, 4_000
"""How much of a spec is shown; lint calls far shorter ones too long, and a browser takes seconds for a megabyte."""


@dataclass(frozen=True)
class Row:
    """A spec in the list."""

    name: str
    title: str
    clauses: int
    plan: str
    landed: int
    tasks: int
    fault: str = ""


@dataclass(frozen=True)
class Line:
    """A line of a spec with what is said about it."""

    number: int
    text: str
    kind: str  # heading, clause, or empty
    findings: tuple[LintFinding, ...]


def overview(request: Request) -> Response:
    """All specs, and the form for a new one."""
    seat = seat_of(request)
    names = seat.sources.names()
    with seat.desk.reading(seat.project) as state:
        landed: dict[str, int] = {}
        for row in board(state):
            landed[row.spec] = landed.get(row.spec, 0) + isinstance(row.state, OnTarget)
        rows = [_row(seat.sources, state, name, landed) for name in names]
    return page(request, "specs.html", place="specs", title="Specs", rows=rows, folder=seat.sources.settings().specs)


def show(request: Request) -> Response:
    """One spec to read, or with `?edit=1` to edit."""
    seat, name = seat_of(request), request.path_params["name"]
    text, blob = seat.sources.read(seat.sources.spec_file(name))
    fault, spec, findings = _understood(seat.sources, name, text)
    with seat.desk.reading(seat.project) as state:
        plan = _plan_word(seat.sources, state, name)
    return page(
        request,
        "spec_edit.html" if request.query_params.get("edit") else "spec.html",
        place="specs",
        title=name,
        name=name,
        path=str(seat.sources.spec_file(name)),
        spec=spec,
        fault=fault,
        lines=_lines(text, spec, findings),
        findings=findings,
        plan=plan,
        text=text,
        blob=blob,
    )


def lint_text(seat: Seat, fields: Fields) -> dict[str, Any]:
    """What is wrong with a text that is not saved yet."""
    name = check_name(fields.text("name", required=True))
    fault, _, findings = _understood(seat.sources, name, fields.text("text"))
    shown = [
        {
            "line": each.line,
            "severity": each.severity,
            "rule": each.rule,
            "message": each.message,
            "instead": each.instead,
        }
        for each in findings
    ]
    return {"findings": shown, "fault": {"what": fault.what, "where": fault.where, "do": fault.do} if fault else None}


def save(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Write a spec back to the repository. Raises ConflictError when the file has moved on since it was read."""
    seat.actor()  # a person who has a name
    path = seat.sources.spec_file(fields.text("name", required=True))
    text = fields.text("text").replace("\r\n", "\n")  # what a form makes of line ends
    blob = write_document(seat.root, path, text, seen=fields.text("blob", required=True))
    return {"blob": blob, "told": f"Saved {path}"}


def begin(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Begin a spec from the form to fill in. Raises ConflictError when there is one of this name."""
    name = check_name(fields.text("name", required=True))
    owner = short_name(person(seat.actor()))
    write_document(seat.root, seat.sources.spec_file(name), new_spec(name, fields.text("title"), owner), seen="")
    return {"spec": name, "go": f"/spec/{name}?edit=1"}


def _understood(
    sources: Sources, name: str, text: str
) -> tuple[PodiumError | None, Spec | None, tuple[LintFinding, ...]]:
    """A spec and its findings, or why it cannot be read as one."""
    try:
        spec = parse_spec(text, str(sources.spec_file(name)))
        return None, spec, sources.spec_findings(spec)
    except PodiumError as error:
        return error, None, ()


def _lines(text: str, spec: Spec | None, findings: tuple[LintFinding, ...]) -> list[Line]:
    clauses = {clause.line for clause in spec.clauses} if spec else set[int]()
    about: dict[int, list[LintFinding]] = {}
    for finding in findings:
        about.setdefault(finding.line, []).append(finding)
    made: list[Line] = []
    every = text.split("\n")
    for number, line in enumerate(every[:MOST_LINES], 1):
        more = len(line) - MOST_COLUMNS
        shown = f"{line[:MOST_COLUMNS]} ... {more} more characters" if more > 0 else line
        kind = "clause" if number in clauses else "heading" if line.startswith("#") else ""
        made.append(Line(number, shown, kind, tuple(about.get(number, ()))))
    if made and not made[-1].text and not made[-1].findings:
        made.pop()
    if len(every) > MOST_LINES:
        made.append(Line(MOST_LINES + 1, f"... {len(every) - MOST_LINES} more lines", "", ()))
    return made


def _row(sources: Sources, state: State, name: str, landed: dict[str, int]) -> Row:
    approved = state.plans.approved(name)
    tasks = len(approved.tasks) if approved else 0
    try:
        spec = sources.spec(name)
    except PodiumError as error:
        return Row(name, name, 0, "", landed.get(name, 0), tasks, fault=f"{error.what} {error.do}".strip())
    return Row(name, spec.title, len(spec.clauses), _plan_word(sources, state, name), landed.get(name, 0), tasks)


def _plan_word(sources: Sources, state: State, name: str) -> str:
    """How far the plan of a spec is, in one or two words."""
    approved = state.plans.approved(name)
    documents = sources.documents(name)
    if approved is not None:
        void = approval_counts(approved, documents.spec_blob, documents.plan_blob)
        return "approval void" if void else "approved"
    if state.plans.withdrawn(name):
        return "approval void"
    return "drafted" if documents.plan_blob else "no plan"


ROUTES = [
    Route("/specs", overview),
    Route("/spec/{name}", show),
    act_route("/act/lint-spec", lint_text),
    act_route("/act/save-spec", save),
    act_route("/act/new-spec", begin),
]
