"""`--agent auto`: the agent for a task, chosen from the track record by Thompson sampling. Pure but for its seed.

For each agent a Beta distribution says what share of its work of this kind is probably accepted at its first review and
stays; one number is drawn from each, and the highest wins. So an agent with a better record is chosen more often, one
about which little is known gets its chance, and none is written off for one bad day. What was seen on other kinds of
tasks counts less. The seed is recorded with the choice, so that anybody can draw the same numbers again.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from podium.conductor.track_record import Attempt, TaskKind
from podium.kernel.value import Value


class Odds(Value, frozen=True, kw_only=True):
    """What is known of one agent for one kind of task, and the number that was drawn for it."""

    agent: str
    good: int  # its runs that were accepted at the first review and stayed
    of: int  # its runs that count
    alpha: float
    beta: float
    drawn: float


class Choice(Value, frozen=True, kw_only=True):
    """The agent that was chosen, and why."""

    agent: str
    why: str  # one line
    seed: str
    odds: tuple[Odds, ...]


def choose_agent(agents: Sequence[str], kind: TaskKind, record: Iterable[Attempt], seed: str) -> Choice:
    """One of `agents`; the same for the same arguments. Raises ValueError when there is none to choose from."""
    if not agents:
        raise ValueError("there is no agent to choose from")
    counted = [each for each in record if each.fate != "lost race"]
    odds = tuple(_odds(agent, kind, counted, seed) for agent in agents)
    best = max(odds, key=lambda each: each.drawn)
    return Choice(agent=best.agent, why=_why(best, odds, kind), seed=seed, odds=odds)


def _odds(agent: str, kind: TaskKind, record: Sequence[Attempt], seed: str) -> Odds:
    own = [each for each in record if each.agent == agent]
    good = sum(kind.likeness(each.kind) for each in own if each.good)
    bad = sum(kind.likeness(each.kind) for each in own if not each.good)
    alpha, beta = 1.0 + good, 1.0 + bad
    # One generator for each agent: adding an agent must not change what is drawn for the others.
    drawn = random.Random(f"{seed}/{agent}").betavariate(alpha, beta)
    return Odds(agent=agent, good=sum(each.good for each in own), of=len(own), alpha=alpha, beta=beta, drawn=drawn)


def _why(best: Odds, odds: Sequence[Odds], kind: TaskKind) -> str:
    if len(odds) == 1:
        return f"{best.agent}: the only agent there is"
    if not any(each.of for each in odds):
        return f"{best.agent}: drawn by lot, nothing is known yet of any of {len(odds)} agents"
    about = ", ".join(part for part in (kind.language, kind.area, kind.size, f"{kind.risk} risk") if part)
    others = "; ".join(f"{each.agent} {_told(each)}" for each in odds if each is not best)
    return f"{best.agent} {_told(best)}, drawn for {about}; others: {others}"


def _told(odds: Odds) -> str:
    return f"({odds.good} of {odds.of} right at first review)" if odds.of else "(nothing known)"
