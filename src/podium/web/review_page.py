"""The review page: task and clauses, facts, code in reading order, and the agent's own words at the very end."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.seat import Seat, seat_of
from podium.conductor.record_reading import record_look, times_of
from podium.conductor.rounds_apart import since_last_look
from podium.review import marks
from podium.review.case import Case
from podium.review.first_pass import hidden_findings, shown_items, shown_questions
from podium.review.model import Answer, Voided
from podium.review.obstacles import obstacles
from podium.review.pace import pace
from podium.review.person import same_person
from podium.review.provenance import provenance
from podium.review.reading import holds_most
from podium.review.verdict import last_decision
from podium.web.page import page
from podium.web.review_facts import (
    clause_facts,
    item_facts,
    lane_facts,
    point_facts,
    sentences_of,
    slice_facts,
    traced,
)
from podium.web.review_parts import BLOCK, drawing, order_of, view_of
from podium.web.review_race import racing, show_race
from podium.web.review_room import Reading, Room, room_of, run_for

_NOT_CHANGED = "not-changed"


def show(request: Request) -> Response:
    """The page for the newest candidate of a task."""
    seat = seat_of(request)
    room = room_of(seat)
    path = request.path_params
    agent = request.query_params.get("agent", "")
    if not agent and len(runs := racing(request)) > 1:
        return show_race(request, runs)
    run = run_for(seat, f"{path['spec']}/{path['task']}", agent)
    reading = room.reading(run)
    if not room.is_ready(reading):
        return _opening(request, room, reading)
    case = room.case(reading)
    if request.headers.get("sec-fetch-mode", "navigate") == "navigate":  # a page that updates itself is no look
        record_look(seat.desk, case)
        room.warm(reading)
    order, view = order_of(request), view_of(request)
    sheet = room.sheet(reading, order, view)
    coloured = room.colour(sheet, 0, BLOCK)
    few, share = holds_most(room.placed(reading))
    return page(
        request,
        "review.html",
        place="attention",
        title=f"Review {case.name}",
        case=case,
        candidate=reading.candidate,
        reading=reading,
        key=room.key(reading),
        few=few,
        share=round(share * 100),
        order=order,
        view=view,
        block=BLOCK,
        rows=sheet.rows,
        plain=not coloured,
        first=Markup(drawing(room, reading, sheet).rows(0, BLOCK)),
        **_facts(room, reading, case),
        **_reading(seat, room, reading, case),
    )


def _facts(room: Room, reading: Reading, case: Case) -> dict[str, Any]:
    """What was asked, what was observed, and what is claimed."""
    items = item_facts(case, shown_items(case))
    about = [item for item in items if item.kind != _NOT_CHANGED]
    unexplained, untouched = traced(case, room.trace(reading, case))
    claim = case.judged.claim if case.judged else ""
    return {
        "rounds": len(case.run.rounds),
        "clauses": clause_facts(case),
        "items": [item for item in about if item.word != "holds"],
        "holding": [item for item in about if item.word == "holds"],
        "not_changed": [item for item in items if item.kind == _NOT_CHANGED],
        "lane": lane_facts(case),
        "unexplained": unexplained,
        "untouched": untouched,
        "claim": claim,
        "sentences": sentences_of(case, claim),
        "hidden": hidden_findings(case),
        "provenance": provenance(case),
    }


def _reading(seat: Seat, room: Room, reading: Reading, case: Case) -> dict[str, Any]:
    """How far this person has come, and what stands against an accept of theirs."""
    folded = case.folded
    unread = [hunk for hunk in marks.unread(case.hunks, case.own_marks) if hunk.id not in folded]  # as rules has it
    apart = since_last_look(room.mirror, case)
    asked = shown_questions(case)
    times = times_of(seat.desk, seat.project, case.review, seat.actor()) if case.who else ()
    own_pace = pace(times, case.hunks, case.own_marks, case.at)
    return {
        "points": point_facts(case),
        "refusals": obstacles(case),
        "questions": [(each, given(case, each.id)) for each in asked],
        "unasked": len(case.questions) - len(asked),
        "hunks": sum(hunk.id not in folded or hunk.id in case.own_marks for hunk in case.hunks),
        "unread": len(unread),
        "folded": len(folded),
        "since": apart if apart and not apart.is_empty else None,
        "since_empty": apart is not None and apart.is_empty,
        "since_round": apart.before if apart else 0,
        "hints": own_pace.hints,
        "pace": own_pace.said,
        "slices": slice_facts(case, reading.sheaf.slices, {hunk.id for hunk in unread}),
        "voided": voided(case),
    }


def _opening(request: Request, room: Room, reading: Reading) -> Response:
    """A large diff as it is, while its order, its folds and its facts are being made."""
    view = view_of(request)
    sheet = room.sheet(reading, "path", view)
    return page(
        request,
        "review_opening.html",
        place="attention",
        title=f"Review {reading.name}",
        reading=reading,
        candidate=reading.candidate,
        view=view,
        block=BLOCK,
        rows=sheet.rows,
        first=Markup(drawing(room, reading, sheet).rows(0, BLOCK)),
    )


def given(case: Case, question: str) -> Answer | None:
    """This person's answer to a question."""
    return next((a for a in case.review.answers if a.question == question and same_person(a.by, case.who)), None)


def voided(case: Case) -> str:
    """Why an accept no longer counts; empty when there is none that was voided."""
    match last_decision(case.review):
        case Voided(why=why):
            return why
        case _:
            return ""


ROUTES = [Route("/review/{spec}/{task}", show)]
