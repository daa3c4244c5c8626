"""How a round stands, in a few words."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from podium.kernel.clock import moment
from podium.render.ages import span
from podium.runs.model import (
    AwaitingPermission,
    Delivered,
    Failed,
    Gathering,
    Harvesting,
    Ordered,
    Round,
    Stopped,
    Working,
)


def round_words(round_: Round, now: datetime) -> list[str]:
    """What the round is at, then what else is of note, each in a few words."""
    state = round_.state
    match state:
        case Ordered():
            return ["waits for a worker" if not round_.worker else "workspace is being made"]
        case Working(paused=paused):
            age = span((now - moment(round_.ordered_at)).total_seconds())
            trips = [f"tripwire: {trip.name}" for trip in round_.trips if not trip.acknowledged]
            waits = [f"waits for {wait.on}" for wait in round_.waits]
            return ["paused" if paused else age, *waits, *trips]
        case AwaitingPermission(requests=requests):
            return [f"asks: {requests[0].title}" + (f" (+{len(requests) - 1})" if len(requests) > 1 else "")]
        case Harvesting():
            return ["taking over its work"]
        case Gathering():
            return ["gathering evidence"]
        case Delivered(candidate=candidate):
            files = "1 file" if candidate.files == 1 else f"{candidate.files} files"
            return [f"{files}, +{candidate.added} -{candidate.removed}"]
        case Failed(reason=reason):
            return [f"failed: {reason}"]
        case Stopped(by=by):
            return [f"stopped by {by}"]
        case _:
            assert_never(state)
