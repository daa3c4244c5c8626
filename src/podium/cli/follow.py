"""Following work on a terminal or in a pipe until nothing is left that goes on without a person."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from podium.cli.activity import Activities
from podium.cli.background import ensure_conductor
from podium.cli.board_lines import board_lines
from podium.cli.boundary import boundary_lines
from podium.cli.chain import reading
from podium.cli.context import Context
from podium.cli.screen import Screen
from podium.kernel.errors import PodiumError
from podium.landing.model import AtWork
from podium.ledger.event import Record
from podium.ledger.read import Reader
from podium.render.telling import Teller, Told

if TYPE_CHECKING:
    from podium.conductor.board import Row
    from podium.conductor.state import State

POLL_SECONDS = 0.25
_WATCH_EVERY = 8  # polls between two looks at the conductor
_MOST_RESTARTS = 3
_PATIENCE_SECONDS = 15.0  # without a conductor, before another one is started
_LAST_LINES = 12  # of the conductor's log, shown when it keeps dying


@dataclass
class Follower:
    """Follows the tasks of some specs from the ledger's record `seq` on."""

    context: Context
    project: str
    specs: frozenset[str]
    seq: int
    _teller: Teller = field(default_factory=Teller)
    _activities: Activities = field(init=False)
    _boundaries: dict[str, str] = field(default_factory=dict[str, str])  # what was told -> about which task
    _restarts: int = 0
    _seen_conductor: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._activities = Activities(self.context, self.project)

    def follow(self) -> list[Row]:
        """Show what happens until nothing goes on by itself; the board as it is then."""
        from podium.conductor.board import board
        from podium.conductor.motion import in_motion

        screen = Screen() if self.context.output.live else None
        with reading(self.context) as reader:
            for record in reader.records(self.project):
                if record.seq <= self.seq:
                    self._teller.tell(record)
            polls = 0
            while True:
                lasting = self._news(reader)
                state = self.context.desk.look(self.project)
                rows = [row for row in board(state) if row.spec in self.specs]
                self._show(screen, lasting, state, rows)
                if not in_motion(state, self.specs):
                    return rows
                polls += 1
                if polls % _WATCH_EVERY == 0:
                    self._watch_conductor()
                time.sleep(POLL_SECONDS)

    def _show(self, screen: Screen | None, lasting: list[str], state: State, rows: list[Row]) -> None:
        output = self.context.output
        if screen is None:
            for line in lasting:
                output.progress(line)
            return
        news = self._doing(state, rows)
        screen.draw(lasting, board_lines(output, state, rows, self.context.desk.clock.now(), news))

    def _news(self, reader: Reader) -> list[str]:
        lines: list[str] = []
        for record in reader.records(self.project, after=self.seq):
            self.seq = record.seq
            told = self._teller.tell(record)
            if told.about.partition("/")[0] in self.specs:
                lines.extend(self._lines(record, told))
        return lines

    def _lines(self, record: Record, told: Told) -> list[str]:
        output = self.context.output
        about = output.paint(output.safe(told.about), "name")
        if record.kind == "runs.boundary-recorded":
            first, *rest = boundary_lines(output, record)
            same = self._boundaries.setdefault("\n".join(rest), about)
            return [f"{about}  {first}, as for {same}"] if same != about else [f"{about}  {first}", *rest]
        if told.tone == "quiet":
            return []
        return [f"{about}  {output.paint(output.safe(told.text), told.tone)}"]

    def _doing(self, state: State, rows: list[Row]) -> dict[str, str]:
        found: dict[str, str] = {}
        for row in rows:
            for run_id in row.state.runs if isinstance(row.state, AtWork) else ():
                found[run_id] = self._activities.live(run_id, len(state.runs.by_id[run_id].rounds)).doing
        return found

    def _watch_conductor(self) -> None:
        from podium.conductor.background import conductor_pid

        if conductor_pid(self.context.home) is not None:
            self._seen_conductor = time.monotonic()
            return
        if time.monotonic() - self._seen_conductor < _PATIENCE_SECONDS:
            return  # one that was just started takes a while to get to work
        if self._restarts >= _MOST_RESTARTS:
            log = self.context.home.conductor_log
            raise PodiumError("the conductor keeps ending", where=str(log), do=_tail(self.context))
        self._restarts += 1
        self._seen_conductor = time.monotonic()
        ensure_conductor(self.context)


def _tail(context: Context) -> str:
    try:
        lines = context.home.conductor_log.read_text(errors="replace").splitlines()
    except OSError:
        return "Its log cannot be read."
    return "\n".join(context.output.safe(line) for line in lines[-_LAST_LINES:])
