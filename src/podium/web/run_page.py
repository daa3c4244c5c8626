"""A run: what its agent does, live; what it costs; what it may reach; and the means to steer it. And the task of it."""

from __future__ import annotations

import shlex
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.acts import json_answer
from podium.api.agent_verbs import asking
from podium.api.run_verbs import previewing, taking
from podium.api.seat import Seat, seat_of
from podium.api.story import Stories
from podium.conductor.board import board
from podium.conductor.state import State
from podium.conductor.tasks import find_task
from podium.kernel.clock import moment
from podium.kernel.errors import NotFoundError, UsageError
from podium.render.ages import span
from podium.render.round_words import round_words
from podium.render.state_words import words
from podium.runs.model import AwaitingPermission, Round, Run, Usage, Working
from podium.runs.store import candidate_of, is_active
from podium.web.page import environment, page
from podium.web.run_choices import asks_first, run_choices

SHOWN = 400
"""Items of a transcript that a page begins with; earlier ones come when they are asked for."""


def show(request: Request) -> Response:
    """One round of a run; the newest unless `?round=` names another."""
    seat = seat_of(request)
    run, round_ = _round(seat, request)
    items, story = stories(request).read(run.id, round_.number)
    everything = bool(request.query_params.get("all"))
    shown = items if everything else items[-SHOWN:]
    now = seat.desk.clock.now()
    with seat.desk.reading(seat.project) as state:
        siblings = [each for each in state.runs.of_task(run.spec, run.task) if each.rounds]
        task = state.plans.task(run.spec, run.task)
    live = is_active(round_.state) and round_.number == run.rounds[-1].number
    ended = round_.outcome is not None
    return page(
        request,
        "run.html",
        place="board",
        title=f"{run.spec}/{run.task} · {run.agent}",
        run=run,
        round=round_,
        task=task,
        siblings=siblings,
        words=round_words(round_, now),
        live=live,
        working=isinstance(round_.state, Working | AwaitingPermission),
        paused=isinstance(round_.state, Working) and round_.state.paused,
        asked=round_.state.requests if isinstance(round_.state, AwaitingPermission) else (),
        candidate=candidate_of(round_),
        lasted=span(round_.seconds if ended else (now - moment(round_.ordered_at)).total_seconds()),
        usage=_figures(round_.usage if ended else story.usage),
        items=shown,
        earlier=len(items) - len(shown),
        story=story,
        **_by_hand(seat, run, newest=round_.number == run.rounds[-1].number),
    )


def _by_hand(seat: Seat, run: Run, *, newest: bool) -> dict[str, Any]:
    """What the page is told of the run's preview, and of its sandbox in a person's hands."""
    hands = seat.errands.of(taking(run.id))
    return {
        "newest": newest,
        "preview": seat.errands.of(previewing(run.id)),
        "hands": hands,
        "held": hands.result if hands and hands.going else None,
        "terminal": shlex.join(
            ["podium", "-C", str(seat.root), "take-over", f"{run.spec}/{run.task}", "--agent", run.agent]
        ),
    }


def lines(request: Request) -> Response:
    """What changed in a transcript since the entry `?after=`, as HTML, and the entry to ask from next."""
    seat = seat_of(request)
    run, round_ = _round(seat, request)
    items, story = stories(request).read(run.id, round_.number, _number(request.query_params.get("after", "")))
    template = environment().get_template("story.html")
    html = template.render(items=items[-SHOWN * 4 :])
    return json_answer({"html": html, "newest": story.newest, "usage": _figures(story.usage)})


def task(request: Request) -> Response:
    """A task: where it stands, and every run of it."""
    seat, name = seat_of(request), f"{request.path_params['spec']}/{request.path_params['task']}"
    now = seat.desk.clock.now()
    with seat.desk.reading(seat.project) as state:
        spec, found = find_task(state, name)
        row = next((each for each in board(state) if each.name == f"{spec}/{found.id}"), None)
        runs = [run for run in state.runs.of_task(spec, found.id) if run.rounds]
        entries = state.landings.of_task(spec, found.id)
        asks = asks_first(seat, state, spec)
        recorded = state.specs.latest(spec)
    return page(
        request,
        "task.html",
        place="board",
        title=f"{spec}/{found.id}",
        spec=spec,
        task=found,
        asks=asks,
        errand=seat.errands.of(asking(spec)),
        **run_choices(seat),
        said=words(row.state, row.name) if row else None,
        runs=[
            (run, [(each, " · ".join(round_words(each, now))) for each in reversed(run.rounds)])
            for run in reversed(runs)
        ],
        entries=entries,
        clauses=_clauses(recorded.text if recorded else "", spec, found.clauses),
    )


def stories(request: Request) -> Stories:
    """The transcripts that the application keeps."""
    kept: Stories = request.app.state.stories
    return kept


def _clauses(text: str, spec: str, wanted: tuple[str, ...]) -> list[tuple[str, str]]:
    from podium.spec.parse import parse_spec

    if not text:
        return [(clause, "") for clause in wanted]
    try:
        known = {clause.id: clause.text for clause in parse_spec(text, f"{spec}.md").clauses}
    except UsageError:
        known = {}
    return [(clause, known.get(clause, "")) for clause in wanted]


def _round(seat: Seat, request: Request) -> tuple[Run, Round]:
    """The run and the round that are meant. Raises NotFoundError."""
    wanted = request.path_params["run"]
    with seat.desk.reading(seat.project) as state:
        run = _known(state, wanted)
    number = request.query_params.get("round", "")
    if not number:
        return run, run.rounds[-1]
    for each in run.rounds:
        if str(each.number) == number:
            return run, each
    raise NotFoundError("there is no such round", where=f"{run.spec}/{run.task}", do=f"It has {len(run.rounds)}.")


def _known(state: State, wanted: str) -> Run:
    run = state.runs.by_id.get(wanted)
    if run is None or not run.rounds:
        raise NotFoundError("there is no such run", where=wanted, do="The board shows all of them.")
    return run


def _figures(usage: Usage) -> dict[str, str]:
    """What a round used, in words; what nobody reported is not there."""
    found: dict[str, str] = {}
    if usage.input_tokens is not None or usage.output_tokens is not None:
        found["Tokens"] = f"{usage.input_tokens or 0:,} in, {usage.output_tokens or 0:,} out"
    if usage.cost_usd is not None:
        found["Cost"] = f"${usage.cost_usd:,.4f}" if usage.cost_usd < 1 else f"${usage.cost_usd:,.2f}"
    return found


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 16 else 0


ROUTES = [
    Route("/run/{run}", show),
    Route("/run/{run}/lines", lines),
    Route("/task/{spec}/{task}", task),
]
