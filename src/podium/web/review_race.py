"""Candidates of agents that race on one task, side by side."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from podium.api.seat import seat_of
from podium.conductor.tasks import find_task
from podium.kernel.errors import NotFoundError
from podium.review.compare import Entrant, compare
from podium.runs.model import Run
from podium.runs.store import candidate_of
from podium.web.page import page
from podium.web.review_room import room_of


def racing(request: Request) -> list[Run]:
    """The runs of the task that are still in the race and have begun."""
    seat, path = seat_of(request), request.path_params
    with seat.desk.reading(seat.project) as state:
        spec, task = find_task(state, f"{path['spec']}/{path['task']}")
        return [run for run in state.runs.of_task(spec, task.id) if not run.archived and run.rounds]


def show_race(request: Request, runs: list[Run]) -> Response:
    """The comparison. Raises NotFoundError when none of them has a candidate yet."""
    seat, path = seat_of(request), request.path_params
    room = room_of(seat)
    cases = [room.case(room.reading(run)) for run in runs if candidate_of(run.rounds[-1])]
    if not cases:
        raise NotFoundError("no agent has a candidate for it yet", where=f"{path['spec']}/{path['task']}")
    entrants = [Entrant(run=case.run, changes=case.changes, items=case.items) for case in cases]
    known = {case.run.id for case in cases}
    entrants += [Entrant(run=run, changes=(), items=()) for run in runs if run.id not in known]
    rows = compare(entrants, cases[0].review, cases[0].own_marks)
    return page(
        request,
        "review_race.html",
        place="attention",
        title=f"Compare {cases[0].name}",
        spec=cases[0].spec,
        task=cases[0].task,
        rows=rows,
        plain=not any(row.same_as or row.alone or row.missing for row in rows),
    )
