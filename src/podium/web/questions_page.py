"""What agents asked before they begin, each with the clause that it is about, and the answers that were given."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.agent_verbs import asking
from podium.api.seat import seat_of
from podium.kernel.errors import PodiumError
from podium.plan.rules import approval_counts
from podium.web.page import page


def show(request: Request) -> Response:
    """The questions about one spec, those that wait first. Raises NotFoundError when there is no such spec."""
    seat, name = seat_of(request), request.path_params["name"]
    path, documents = seat.sources.spec_file(name), seat.sources.documents(name)
    seat.sources.read(path)
    try:
        clauses = {clause.id: clause for clause in seat.sources.spec(name).clauses}
    except PodiumError:
        clauses = {}
    with seat.desk.reading(seat.project) as state:
        questions = state.plans.questions(name)
        approved = state.plans.approved(name)
    counts = approved is not None and not approval_counts(approved, documents.spec_blob, documents.plan_blob)
    return page(
        request,
        "questions.html",
        place="specs",
        title=f"Questions about {name}",
        name=name,
        path=str(path),
        waiting=[each for each in questions if each.open],
        settled=[each for each in questions if not each.open],
        clauses=clauses,
        counts=counts,
        errand=seat.errands.of(asking(name)),
    )


ROUTES = [Route("/questions/{name}", show)]
