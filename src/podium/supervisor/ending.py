"""How a round ends: one value, and how a stop reason becomes one."""

from __future__ import annotations

from podium.kernel.value import Value
from podium.runs.model import AgentOutcome

_OUTCOMES: dict[str, AgentOutcome] = {
    "end_turn": "completed",
    "refusal": "refused",
    "max_tokens": "limit",
    "max_turn_requests": "limit",
}


class Ending(Value, frozen=True, kw_only=True):
    """Why the round is over."""

    outcome: AgentOutcome
    stop_reason: str = ""
    error: str = ""
    breach: str = ""
    stopped_by: str = ""


def of_stop_reason(stop_reason: str) -> Ending:
    """The ending that an agent's own word means; a word that nobody knows counts as failed.

    So does `cancelled`, when nobody asked for that; who asked knows better how the round ended.
    """
    outcome = _OUTCOMES.get(stop_reason)
    if outcome is None:
        return Ending(outcome="failed", stop_reason=stop_reason, error=f"the agent ended its turn with {stop_reason!r}")
    breach = f"the agent's own {stop_reason}" if outcome == "limit" else ""
    return Ending(outcome=outcome, stop_reason=stop_reason, breach=breach)
