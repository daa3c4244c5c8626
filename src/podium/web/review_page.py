"""The review page: task and clauses, facts, code in reading order, and the agent's own words at the very end."""

from __future__ import annotations

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.seat import seat_of
from podium.conductor.record_reading import record_look
from podium.evidence.model import Holds
from podium.review import marks
from podium.review.obstacles import obstacles
from podium.review.reading import holds_most
from podium.web.page import page
from podium.web.review_facts import clause_facts, counted, item_facts, lane_facts, point_facts
from podium.web.review_parts import BLOCK, drawing, order_of, view_of
from podium.web.review_room import room_of, run_for

_NOT_CHANGED = "not-changed"


def show(request: Request) -> Response:
    """The page for the newest candidate of a task."""
    seat = seat_of(request)
    room = room_of(seat)
    path = request.path_params
    agent = request.query_params.get("agent", "")
    run = run_for(seat, f"{path['spec']}/{path['task']}", agent)
    reading = room.reading(run)
    case = room.case(reading)
    if request.headers.get("sec-fetch-mode", "navigate") == "navigate":  # a page that updates itself is no look
        record_look(seat.desk, case)
        room.warm(reading)
    order, view = order_of(request), view_of(request)
    sheet = room.sheet(reading, order, view)
    coloured = room.colour(sheet, 0, BLOCK)
    placed = room.placed(reading)
    few, share = holds_most(placed)
    unread = marks.unread(case.hunks, case.own_marks)
    items = item_facts(case, case.own_items)
    about = [item for item in items if item.kind != _NOT_CHANGED]
    return page(
        request,
        "review.html",
        place="attention",
        title=f"Review {case.name}",
        case=case,
        candidate=reading.candidate,
        reading=reading,
        rounds=len(case.run.rounds),
        clauses=clause_facts(case),
        items=[item for item in about if item.word != "holds"],
        holding=[item for item in about if item.word == "holds"],
        counted=counted(each for each in case.own_items if not isinstance(each.outcome, Holds)),
        not_changed=[item for item in items if item.kind == _NOT_CHANGED],
        lane=lane_facts(case),
        points=point_facts(case),
        refusals=obstacles(case),
        hunks=len(case.hunks),
        unread=len(unread),
        few=few,
        share=round(share * 100),
        order=order,
        view=view,
        agent=agent,
        block=BLOCK,
        rows=sheet.rows,
        plain=not coloured,
        first=Markup(drawing(room, reading, sheet).rows(0, BLOCK)),
        claim=case.judged.claim if case.judged else "",
    )


ROUTES = [Route("/review/{spec}/{task}", show)]
