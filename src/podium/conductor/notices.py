"""What a person is told of outside of Podium: each real need once, in words that no agent can abuse. Pure."""

from __future__ import annotations

import hashlib

from podium.conductor.attention import Need, Rank, attention
from podium.conductor.state import State
from podium.kernel.value import Value

_LONGEST = 200
_WORTH = (Rank.PERMISSION, Rank.TRIPWIRE, Rank.QUESTION, Rank.LANDING, Rank.REVIEW, Rank.FAILED)
_TITLES = {
    Rank.PERMISSION: "asks",
    Rank.TRIPWIRE: "may be going wrong",
    Rank.QUESTION: "has a question before it begins",
    Rank.LANDING: "cannot land",
    Rank.REVIEW: "is ready for review",
    Rank.FAILED: "failed",
}


class Notice(Value, frozen=True, kw_only=True):
    """One need, ready to be told: every text is one line of printable characters."""

    key: str  # the same for the same need, on every machine
    kind: str
    project: str
    task: str
    agent: str
    title: str
    what: str
    do: str


def notices(state: State) -> list[Notice]:
    """Everything that needs a person now and is worth a call, most urgent first.

    A task that only waits for a change of the plan is not; nor is the same tripwire of one round a second time.
    """
    found = {_key(state, need): need for need in reversed(attention(state)) if need.rank in _WORTH}
    return [_notice(state, key, need) for key, need in reversed(found.items())]


def plain(text: str, most: int = _LONGEST) -> str:
    """A text on one line, printable and short; what steers a terminal or turns the reading direction is blanked."""
    shown = "".join(char if char.isprintable() else " " for char in text[: 4 * most])
    words = " ".join(shown.split())
    return words if len(words) <= most else words[: most - 1] + "…"


def _notice(state: State, key: str, need: Need) -> Notice:
    agent = plain(need.agent, 60)
    task = plain(need.task, 80)
    return Notice(
        key=key,
        kind=need.rank.name.lower(),
        project=plain(state.project.name, 60),
        task=task,
        agent=agent,
        title=f"{task} {_TITLES[need.rank]}" + (f" ({agent})" if agent else ""),
        what=plain(need.what),
        do=plain(need.do.partition("   or   ")[0]),
    )


def _key(state: State, need: Need) -> str:
    run = state.runs.by_id.get(need.run)
    number = len(run.rounds) if run else 0
    match need.rank:
        case Rank.PERMISSION:
            cause = f"{need.run}.{number} {need.do}"  # names the request
        case Rank.TRIPWIRE:
            cause = f"{need.run}.{number} {need.what.partition(':')[0]}"
        case Rank.LANDING | Rank.QUESTION:
            cause = need.what
        case _:
            cause = need.since
    text = f"{state.id}\0{need.rank.name}\0{need.task}\0{cause}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
