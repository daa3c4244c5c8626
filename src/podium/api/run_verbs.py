"""Acts on one run that last: showing what its program serves, and working by hand in its sandbox."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from podium.api.acts import Fields, act_route
from podium.api.errands import Done, Errand, Going
from podium.api.seat import Seat
from podium.kernel.errors import ConflictError, NotFoundError, PodiumError, UsageError
from podium.review.person import require_person
from podium.runs.model import Run

PREVIEWS = 4
"""At once: each may hold as much memory as an agent."""
COMMAND_SECONDS = 300.0
_KEPT = 30
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Command:
    """A command that a person ran by hand; `ended` is empty while it runs."""

    text: str
    output: str = ""
    ended: str = ""
    well: bool = True


@dataclass(frozen=True)
class HandBack:
    """The person gives the work back: with a word for the agent, which goes on or stays paused."""

    word: str
    resume: bool


_Order: TypeAlias = Command | HandBack


@dataclass(frozen=True)
class Hands:
    """A sandbox in a person's hands: what they did there, and what they want done next."""

    orders: queue.Queue[_Order] = field(default_factory=queue.Queue[_Order])
    commands: tuple[Command, ...] = ()
    changed: tuple[str, ...] = ()


def preview(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Show in a browser what a run's program serves, until it is ended."""
    run, port = _run(seat, fields), fields.text("port")
    if port and not (port.isdecimal() and len(port) < 6 and 0 < int(port) < 65536):
        raise UsageError("this is no port", where=port, do="Give a number from 1 to 65535.")
    if sum(each.going and each.name.startswith("preview.") for each in seat.errands.all()) >= PREVIEWS:
        raise UsageError(f"{PREVIEWS} previews are shown already", do="End one of them; the machine page lists them.")
    settings = seat.sources.settings()

    def work(going: Going) -> Done:
        from podium.conductor.preview_run import preview_run  # here: it takes a while to import

        def ready(url: str) -> None:
            if url.startswith("http://127.0.0.1:"):  # this page's own host: the browser would send it our cookie
                raise PodiumError(
                    "this machine has one loopback address only, and a preview must not share Podium's",
                    do=f"In a terminal: podium preview {_name(run)} --agent {run.agent}",
                )
            going.show("Nobody has reviewed what it shows: type nothing into it that it must not know.", url)

        going.say("Starting it; waiting until somebody listens on its port")
        preview_run(
            seat.desk,
            seat.open_shop,
            seat.project,
            run,
            settings=settings,
            environ=seat.environ,
            port=int(port or 0),
            ready=ready,
            goes_on=lambda: not going.gives_up(),
        )
        return Done("It was ended" if going.gives_up() else "Its sandbox is gone")

    title = f"Preview of {_name(run)} by {run.agent}"
    seat.errands.start(previewing(run.id), title, work, by=_who(seat), place=f"/run/{run.id}", ends="End it")
    return {"told": "Starting the preview; its address appears here"}


def take_hands(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Pause an agent, and have its sandbox in one's own hands until it is handed back."""
    run, actor = _run(seat, fields), seat.actor()
    require_person(actor, "take over")

    def work(going: Going) -> Done:
        return _by_hand(seat, run, actor, going)

    title = f"{_name(run)} by {run.agent} is in your hands"
    seat.errands.start(taking(run.id), title, work, by=actor, place=f"/run/{run.id}", ends="Give back, stay paused")
    return {"told": "Pausing the agent; you can work once all of it stands still"}


def run_by_hand(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Run a command in the sandbox that one has taken over."""
    _held(seat, fields).orders.put(Command(fields.text("command", required=True)))
    return {}


def hand_back(seat: Seat, fields: Fields) -> dict[str, Any]:
    """Give the sandbox back to its agent; what was changed is recorded as the person's own."""
    _held(seat, fields).orders.put(HandBack(fields.text("text"), resume=not fields.text("keep_paused")))
    return {"told": "Handing back"}


def previewing(run: str) -> str:
    """The name of the errand that shows what a run serves."""
    return f"preview.{run}"


def taking(run: str) -> str:
    """The name of the errand that holds a run's sandbox for a person."""
    return f"hands.{run}"


def _by_hand(seat: Seat, run: Run, actor: str, going: Going) -> Done:
    from podium.conductor.take_over import take_over
    from podium.workspaces.takeover import run_captured

    going.say("Waiting until all of the agent stands still")
    taken = take_over(seat.desk, seat.project, run, actor=actor, awake=seat.ensure_conductor)
    back, hands = HandBack("", resume=False), Hands()
    going.say("")
    going.keep(hands)
    while not going.gives_up() and Path(f"/proc/{taken.pid}").exists():
        try:
            order = hands.orders.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
        if isinstance(order, HandBack):
            back = order
            break
        before = hands.commands[-_KEPT + 1 :]
        going.keep(replace(hands, commands=(*before, order)))
        said = run_captured(
            taken.plan, taken.pid, order.text, seconds=COMMAND_SECONDS, goes_on=lambda: not going.gives_up()
        )
        ended = said.cut or ("done" if said.code == 0 else f"exit code {said.code}")
        text = said.output.decode("utf-8", "replace")
        text = f"... {said.dropped} bytes before this ...\n{text}" if said.dropped else text
        hands = replace(hands, commands=(*before, replace(order, output=text, ended=ended, well=said.code == 0)))
        hands = replace(hands, changed=taken.changed())
        going.keep(hands)
    paths = taken.hand_back(word=back.word, resume=back.resume, actor=actor)
    seat.ensure_conductor()
    what = ", ".join(paths[:10]) + (" ..." if len(paths) > 10 else "") or "nothing"
    return Done(f"Changed by you: {what}. {'The agent goes on.' if back.resume else 'The agent stays paused.'}")


def _held(seat: Seat, fields: Fields) -> Hands:
    """What is in a person's hands. Raises ConflictError when it is not, or not in theirs."""
    errand: Errand | None = seat.errands.of(taking(fields.text("run", required=True)))
    if errand is None or not errand.going or not isinstance(errand.result, Hands):
        raise ConflictError("its sandbox is not in your hands", do="Take over first.")
    if errand.by != seat.actor():
        raise ConflictError("its sandbox is in another person's hands", where=errand.by.removeprefix("person:"))
    return errand.result


def _run(seat: Seat, fields: Fields) -> Run:
    """The run that is named, as long as it is in the race. Raises NotFoundError, UsageError."""
    wanted = fields.text("run", required=True)
    with seat.desk.reading(seat.project) as state:
        run = state.runs.by_id.get(wanted)
    if run is None or not run.rounds:
        raise NotFoundError("there is no such run", where=wanted)
    if run.archived:
        raise UsageError(f"it is no longer in work: {run.archived}", where=_name(run))
    return run


def _name(run: Run) -> str:
    return f"{run.spec}/{run.task}"


def _who(seat: Seat) -> str:
    """Who looks; that needs no name."""
    try:
        return seat.actor()
    except PodiumError:
        return ""


ROUTES = [
    act_route("/act/preview", preview),
    act_route("/act/take-over", take_hands),
    act_route("/act/by-hand", run_by_hand),
    act_route("/act/hand-back", hand_back),
]
