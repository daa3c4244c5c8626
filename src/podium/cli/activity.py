"""What the agents of a project are doing right now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from podium.cli.context import Context
from podium.kernel.clock import moment
from podium.render.live_lines import LiveRow
from podium.runs.model import (
    AwaitingPermission,
    Delivered,
    Failed,
    Gathering,
    Harvesting,
    Ordered,
    Round,
    RoundState,
    Run,
    Stopped,
    Working,
)
from podium.runs.store import open_trips

if TYPE_CHECKING:
    from podium.conductor.live_round import Live, LiveRound


@dataclass
class Activities:
    """The rounds of one project, each transcript read on from where it was left."""

    context: Context
    project: str
    _rounds: dict[tuple[str, int], LiveRound] = field(default_factory=dict[tuple[str, int], "LiveRound"])

    def live(self, run: str, number: int) -> Live:
        """How a round stands by its transcript."""
        from podium.conductor.live_round import LiveRound
        from podium.conductor.read_transcript import Transcript

        known = self._rounds.get((run, number))
        if known is None:
            known = LiveRound(Transcript(self.context.desk, self.project, run, number))
            self._rounds[(run, number)] = known
        return known.refresh()

    def row(self, run: Run, round_: Round) -> LiveRow:
        """A round as a row of the overview."""
        now = self.context.desk.clock.now()
        live = self.live(run.id, round_.number)
        return LiveRow(
            task=f"{run.spec}/{run.task}",
            agent=run.agent,
            round=round_.number,
            state=word(round_.state),
            seconds=max(0.0, (now - moment(round_.ordered_at)).total_seconds()) if round_.ordered_at else 0.0,
            step=live.step,
            doing=live.doing,
            files=live.files,
            usage=live.usage,
            silent=live.silent_seconds(now) if isinstance(round_.state, Working | AwaitingPermission) else None,
            trips=open_trips(round_),
        )


def word(state: RoundState) -> str:
    """The state of a round in a word or two."""
    match state:
        case Ordered():
            return "starts"
        case Working(paused=paused):
            return "paused" if paused else "works"
        case AwaitingPermission():
            return "asks you"
        case Harvesting():
            return "is done"
        case Gathering():
            return "evidence"
        case Delivered():
            return "delivered"
        case Failed():
            return "failed"
        case Stopped():
            return "stopped"
        case _:
            assert_never(state)
