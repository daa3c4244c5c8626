"""What a reviewer does on the page: marks, points and the verdict, by the same rules as on the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from podium.api.acts import Fields, act_route
from podium.api.seat import Seat
from podium.conductor.decide import Approved, Judge
from podium.conductor.draft_book import open_drafts
from podium.conductor.record_reading import record_batch, record_marks
from podium.conductor.ssh_signing import NoSigner
from podium.conductor.take_part import take_part
from podium.kernel.clock import stamp
from podium.kernel.errors import ConflictError, UsageError
from podium.review.batch import ReadingBatch
from podium.review.drafts import Draft
from podium.review.model import AnswerName, MarkName
from podium.review.person import person
from podium.review.rules import Refused
from podium.runs.model import Run
from podium.runs.store import candidate_of
from podium.web.review_room import room_of

_MARKS: tuple[MarkName, ...] = ("unseen", "seen", "understood", "flagged")


def mark(seat: Seat, fields: Fields) -> Any:
    """Mark hunks of a round."""
    run, name = _run(seat, fields), fields.text("mark", required=True)
    if name not in _MARKS:
        raise UsageError(f"there is no mark {name!r}", where="mark", do=f"One of {', '.join(_MARKS)}")
    room = room_of(seat)
    case = room.case(room.reading(run, _number(fields)))
    record_marks(seat.desk, case, fields.texts("hunks"), name)
    return {}


def reading(seat: Seat, fields: Fields) -> Any:
    """A batch of marks and reading times; one that came before changes nothing."""
    values = {name: fields.values.get(name) for name in ("id", "run", "round", "began", "ended", "marks", "times")}
    try:
        batch = msgspec.convert(values, ReadingBatch)
    except msgspec.ValidationError as error:
        raise UsageError(f"this is no batch: {error}", where="batch") from error
    actor = seat.actor()
    if fields.text("by") != person(actor):  # it waited in a browser while git's identity changed
        raise UsageError("these marks are another person's", where=fields.text("by"))
    taken = record_batch(seat.desk, room_of(seat).mirror, seat.project, batch, actor)
    return {"unknown": taken.unknown, "repeated": taken.repeated}


def draft(seat: Seat, fields: Fields) -> Any:
    """Keep a point that is being written."""
    run = _run(seat, fields)
    kept = Draft(
        id=fields.text("id", required=True),
        text=fields.text("text"),
        run=run.id,
        round=_number(fields),
        path=fields.text("path"),
        line=_number(fields, "line"),
        hunk=fields.text("hunk"),
        revision=_number(fields, "revision"),
        at=stamp(seat.desk.clock.now()),
    )
    open_drafts(seat.home, seat.project, seat.actor(), run.spec, run.task).put(kept)
    return {}


def undraft(seat: Seat, fields: Fields) -> Any:
    """Throw drafts away."""
    run = _run(seat, fields)
    open_drafts(seat.home, seat.project, seat.actor(), run.spec, run.task).drop(fields.texts("ids"))
    return {}


def refine(seat: Seat, fields: Fields) -> Any:
    """Send the candidate back with points: the drafts that are named, then texts about the whole change."""
    run = _run(seat, fields)
    _same(run, fields)
    book, wanted = open_drafts(seat.home, seat.project, seat.actor(), run.spec, run.task), fields.texts("drafts")
    known = {each.id: each for each in book.read()}
    lost = [name for name in wanted if name not in known]
    if lost:
        raise ConflictError("a point was dropped in another window", do="Look at the points again. Nothing was sent.")
    texts = (*(known[name] for name in wanted), *fields.texts("points"))
    points = _judge(seat, run).refine(run.id, texts)
    book.drop(wanted)
    seat.ensure_conductor()
    names = ", ".join(point.id for point in points)
    return {"told": f"Sent back with {names}", "points": points, "go": "/"}


def accept(seat: Seat, fields: Fields) -> Any:
    """Accept exactly the tree that was on the page."""
    run = _run(seat, fields)
    _same(run, fields)
    waivers = tuple(_waiver(text) for text in fields.texts("waivers"))
    signer = NoSigner() if fields.text("unsigned") else seat.signer()
    match _judge(seat, run).accept(run.id, signer, waivers):
        case Refused(refusals=refusals):
            return {"accepted": False, "refusals": refusals}
        case Approved(refusals=refusals):
            return {"accepted": False, "approved": True, "refusals": refusals}
        case accepted:
            seat.ensure_conductor()
            signed = "signed" if accepted.signed else "unsigned"
            return {
                "accepted": True,
                "signed": accepted.signed,
                "told": f"Accepted, {signed}",
                "receipt": accepted.receipt,
            }


def part(seat: Seat, fields: Fields) -> Any:
    """Take all hunks but some; the rest goes back with the points. The part is verified before it can be accepted."""
    run = _run(seat, fields)
    _same(run, fields)
    book, wanted = open_drafts(seat.home, seat.project, seat.actor(), run.spec, run.task), fields.texts("drafts")
    known = {each.id: each for each in book.read()}
    texts = (*(known[name] for name in wanted if name in known), *fields.texts("points"))
    taken = take_part(_judge(seat, run), run.id, leave=fields.texts("leave"), texts=texts)
    book.drop(wanted)
    seat.ensure_conductor()
    return {"told": f"Taken: {taken.files} files, +{taken.added} -{taken.removed}. It is verified by itself now."}


def answer(seat: Seat, fields: Fields) -> Any:
    """Answer a question of the checklist."""
    run, name = _run(seat, fields), fields.text("answer", required=True)
    known: dict[str, AnswerName] = {"yes": "yes", "no": "no", "does not apply": "does not apply"}
    if name not in known:
        raise UsageError(f"{name!r} is no answer", where="answer", do=f"One of: {', '.join(known)}")
    question = fields.text("question", required=True)
    _judge(seat, run).answer(run.id, question, known[name], fields.text("text", required=True))
    return {"told": "Answered"}


def reject(seat: Seat, fields: Fields) -> Any:
    """Turn the task down for good."""
    run = _run(seat, fields)
    _same(run, fields)
    _judge(seat, run).reject(run.id, fields.text("reason", required=True))
    return {"told": "Rejected", "go": "/"}


def close(seat: Seat, fields: Fields) -> Any:
    """Close a point with a reason."""
    run = _run(seat, fields)
    _judge(seat, run).close_point(run.id, fields.text("point", required=True), fields.text("why", required=True))
    return {"told": f"{fields.text('point')} is closed"}


def _run(seat: Seat, fields: Fields) -> Run:
    with seat.desk.reading(seat.project) as state:
        run: Run | None = state.runs.by_id.get(fields.text("run", required=True))
    if run is None:
        raise UsageError("there is no such run", where="run")
    return run


def _number(fields: Fields, name: str = "round") -> int:
    value = fields.values.get(name, 0)
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) < 9):
        raise UsageError(f"{name} must be a number", where=name)
    return int(text)


def _same(run: Run, fields: Fields) -> None:
    """A verdict is about what was on the page. Raises ConflictError when the candidate is another one by now."""
    candidate = candidate_of(run.rounds[-1]) if run.rounds else None
    if candidate is None or candidate.tree != fields.text("tree", required=True):
        raise ConflictError(
            "there is a newer candidate than the one on this page",
            where=f"{run.spec}/{run.task}",
            do="Load the page again: what did not change keeps its marks. Nothing was decided.",
        )


def _waiver(text: str) -> tuple[str, str]:
    code, equals, reason = text.partition("=")
    if not equals or not code.strip():
        raise UsageError("a waiver is CODE=REASON", where="waivers")
    return code.strip(), reason.strip()


def _judge(seat: Seat, run: Run) -> Judge:
    return Judge(
        desk=seat.desk,
        project=seat.project,
        documents=seat.sources.documents(run.spec),
        actor=seat.actor(),
        path=seat.path,
    )


ROUTES = [
    act_route(f"/act/review/{act.__name__}", act)
    for act in (mark, reading, draft, undraft, refine, part, answer, accept, reject, close)
]
