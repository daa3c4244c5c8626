"""What the review page asks for beside the code: why a hunk is here, a person's drafts, what an accept would sign."""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from podium.api.acts import json_answer
from podium.api.seat import Seat, seat_of
from podium.conductor.draft_book import open_drafts
from podium.conductor.record_reading import times_of
from podium.conductor.ssh_signing import NoSigner
from podium.conductor.why_here import why_here
from podium.kernel.errors import PodiumError
from podium.render.hunk_html import MARK_WORDS
from podium.review.case import Case
from podium.review.checklist import answer_lines
from podium.review.obstacles import obstacles, other_approvals
from podium.review.pace import pace
from podium.review.person import same_person
from podium.review.receipt import evidence_line
from podium.web.page import environment
from podium.web.review_facts import counted, findings_at
from podium.web.review_parts import asked, hunk_of


def drafts(request: Request) -> Response:
    """The drafts of the person on this task."""
    seat, (_, reading) = seat_of(request), asked(request)
    with seat.desk.reading(seat.project) as state:
        points = state.reviews.of(reading.run.spec, reading.run.task).points
    book = open_drafts(seat.home, seat.project, seat.actor(), reading.run.spec, reading.run.task)
    return json_answer({"drafts": book.read(points)})


def verdict(request: Request) -> Response:
    """What stands against an accept, and the receipt that it would sign, in words."""
    seat = seat_of(request)
    room, reading = asked(request)
    case = room.case(reading)
    signs, owner = _signer(seat)
    return json_answer(
        {
            "refusals": obstacles(case),
            "receipt": [*_receipt(seat, case), ("signature", owner)],
            "signs": signs,
            "approved": _approved(case),
            "owns": f"You have read it, {case.who}, and you own it from here.",
        }
    )


def _approved(case: Case) -> bool:
    """Whether this person has said yes to exactly this tree, and a second one is waited for."""
    tree = case.candidate.tree if case.candidate else ""
    return any(each.tree == tree and same_person(each.by, case.who) for each in case.review.approvals)


def _signer(seat: Seat) -> tuple[bool, str]:
    try:
        if isinstance(seat.signer(), NoSigner):
            return False, "none: set gpg.format to ssh and user.signingKey in git to sign receipts"
    except PodiumError as error:
        return False, f"none: {error.what}"
    return True, "with your SSH key"


def _receipt(seat: Seat, case: Case) -> list[tuple[str, str]]:
    candidate = case.candidate
    assert candidate is not None
    own = case.own_marks
    folded = case.folded
    marks = Counter(
        "folded" if hunk.id in folded and hunk.id not in own else MARK_WORDS[own.get(hunk.id, "unseen")]
        for hunk in case.hunks
    )
    read = times_of(seat.desk, seat.project, case.review, seat.actor())
    measured = pace(read, case.hunks, own, case.at)
    outcomes = ", ".join(f"{count} {word}" for word, count in counted(case.own_items).items())
    not_held = [line for line in map(evidence_line, case.own_items) if ": holds [" not in line]
    rows = [
        ("reviewer", case.who),
        ("tree", f"{candidate.tree} (commit {candidate.commit[:12]}, round {case.round} by {case.run.agent})"),
        ("approved by", ", ".join(other_approvals(case))),
        ("hunks", ", ".join(f"{count} {word}" for word, count in marks.items()) or "none"),
        ("evidence", outcomes or "none"),
        *(("", line) for line in not_held[:12]),
        *(("checklist" if at == 0 else "", line) for at, line in enumerate(_answers(case))),
        ("pace", measured.said or "not measured"),
        *(("", hint) for hint in measured.hints),
    ]
    return [(name, text) for name, text in rows if text]


def _answers(case: Case) -> tuple[str, ...]:
    return answer_lines(case.questions, case.review.answers, case.who)


def why(request: Request) -> Response:
    """Why a hunk is here, as HTML."""
    seat = seat_of(request)
    room, reading = asked(request)
    change, hunk = hunk_of(request, reading)
    case = room.case(reading)
    with seat.desk.reading(seat.project) as state:
        known = why_here(seat.desk, state, room.mirror, case, hunk.id)
    texts = {clause.id: clause.text for clause in case.clauses}
    everything = len(known.findings)
    shown = findings_at(case, change.path, hunk.id)
    text = (
        environment()
        .get_template("review_why.html")
        .render(why=known, texts=texts, findings=shown, hidden=max(0, everything - len(shown)), run=case.run)
    )
    return HTMLResponse(text)


_AT = "/review/{spec}/{task}"
ROUTES: list[Any] = [
    Route(f"{_AT}/drafts", drafts),
    Route(f"{_AT}/verdict", verdict),
    Route(f"{_AT}/why", why),
]
