"""The agents: what became of each one's work, told with counts and intervals, and who is configured."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.seat import seat_of
from podium.conductor.budgets import spending
from podium.conductor.track_record import TaskKind, attempts, lines
from podium.kernel.errors import PodiumError
from podium.project.model import AgentSettings
from podium.web.page import page

FIELDS = tuple(TaskKind.__struct_fields__)


def show(request: Request) -> Response:
    """The record of every agent, over all its work or by one trait of the tasks."""
    seat = seat_of(request)
    by = request.query_params.get("by", "")
    chosen = (by,) if by in FIELDS else ()
    with seat.desk.reading(seat.project) as state:
        record = lines(attempts(state), by=chosen)
        today = seat.desk.clock.now().astimezone().date()
        spent = spending(seat.home, state, today)
        busy = [run.agent for run, _ in state.runs.active()]
    known: tuple[AgentSettings, ...] = ()
    fault: PodiumError | None = None
    default = ""
    try:
        settings = seat.sources.settings()
        known, default = settings.agents, settings.default_agent
    except PodiumError as error:
        fault = error
    return page(
        request,
        "agents.html",
        place="agents",
        title="Agents",
        record=record,
        by=by if chosen else "",
        fields=FIELDS,
        known=known,
        default=default,
        fault=fault,
        spent=spent,
        busy={agent.name: busy.count(agent.name) for agent in known},
    )


ROUTES = [Route("/agents", show)]
