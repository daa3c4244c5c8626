"""The board: every task of every spec, where it stands, and why it waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from podium.api.seat import seat_of
from podium.conductor.board import Row, board
from podium.conductor.state import State
from podium.landing.model import AtWork, Blocked, InReview, Landing, Lost, OnTarget, TakenBack, TurnedDown, Waits
from podium.render.round_words import round_words
from podium.render.state_words import Words, words
from podium.runs.model import AwaitingPermission, Round, Run
from podium.runs.store import is_active, open_trips
from podium.web.page import page

GROUPS = (
    ("needs", "Needs you"),
    ("work", "At work"),
    ("waiting", "Waiting"),
    ("idle", "Not started"),
    ("done", "Done"),
)


@dataclass(frozen=True)
class Agent:
    """A run of a task as it is shown."""

    run: Run
    round: Round
    doing: str
    live: bool

    @property
    def alarm(self) -> bool:
        """Whether it needs a person: it asks, stands still, or may be going wrong."""
        newest = self.round
        return isinstance(newest.state, AwaitingPermission) or bool(open_trips(newest)) or bool(newest.waits)


@dataclass(frozen=True)
class Line:
    """A task as it is shown."""

    row: Row
    said: Words
    group: str
    agents: tuple[Agent, ...]

    @property
    def title(self) -> str:
        """What the task is called."""
        return self.row.task.title


def show(request: Request) -> Response:
    """The board, or one group of it."""
    seat = seat_of(request)
    wanted = request.query_params.get("show", "")
    with seat.desk.reading(seat.project) as state:
        lines = [_line(state, row, seat.desk.clock.now()) for row in board(state)]
    counts = {key: sum(line.group == key for line in lines) for key, _ in GROUPS}
    shown = [line for line in lines if wanted in ("", line.group)]
    order = {key: number for number, (key, _) in enumerate(GROUPS)}
    specs: dict[str, list[Line]] = {}
    for line in sorted(shown, key=lambda line: order[line.group]):
        specs.setdefault(line.row.spec, []).append(line)
    return page(
        request,
        "board.html",
        place="board",
        title="Board",
        specs=specs,
        counts=counts,
        groups=GROUPS,
        wanted=wanted if wanted in counts else "",
        total=len(lines),
    )


def _line(state: State, row: Row, now: datetime) -> Line:
    runs = [run for run in state.runs.of_task(row.spec, row.task.id) if run.rounds and not run.archived]
    agents = tuple(_agent(run, now) for run in runs)
    return Line(row, words(row.state, row.name), _group(row, agents), agents)


def _agent(run: Run, now: datetime) -> Agent:
    newest = run.rounds[-1]
    return Agent(run, newest, " · ".join(round_words(newest, now)), is_active(newest.state))


def _group(row: Row, agents: tuple[Agent, ...]) -> str:
    match row.state:
        case InReview() | Blocked() | Lost():
            return "needs"
        case Landing(held=held):
            return "needs" if held else "work"
        case AtWork():
            asks = any(agent.alarm for agent in agents)
            return "needs" if asks else "work"
        case Waits():
            return "waiting"
        case OnTarget() | TakenBack() | TurnedDown():
            return "done"
        case _:
            return "idle"


ROUTES = [Route("/board", show)]
