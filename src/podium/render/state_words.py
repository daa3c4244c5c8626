"""A task's state in words: what it is called, how it is coloured, and what a person may do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from podium.landing.model import (
    AtWork,
    Blocked,
    Idle,
    InReview,
    Landing,
    Lost,
    OnTarget,
    TakenBack,
    TaskState,
    TurnedDown,
    Waits,
)
from podium.render.paint import Tone


@dataclass(frozen=True)
class Words:
    """How a state is shown. `do` is the command or the act that moves it on; empty when nothing is to be done."""

    word: str
    tone: Tone
    detail: str = ""
    do: str = ""


def words(state: TaskState, name: str) -> Words:
    """The state of the task `name` in words."""
    match state:
        case Idle():
            return Words("not started", "quiet", do=f"podium run {name}")
        case Waits(why=why):
            return Words("waiting", "quiet", why)
        case Blocked(why=why, do=do):
            return Words("blocked", "bad", why, do)
        case AtWork(runs=runs, refining=refining):
            agents = f"{len(runs)} agents" if len(runs) > 1 else ""
            return Words(
                "at work", "name", ", ".join(part for part in ("refining" if refining else "", agents) if part)
            )
        case InReview(runs=runs):
            if len(runs) > 1:
                return Words("in review", "warn", f"{len(runs)} candidates", f"podium compare {name}")
            return Words("in review", "warn", do=f"podium review {name}")
        case Landing(held=held):
            if held:
                return Words("held", "bad", held, "podium land")
            return Words("landing", "name")
        case OnTarget(commit=commit):
            return Words("landed", "good", commit[:10])
        case TakenBack(commit=commit):
            return Words("reverted", "warn", commit[:10])
        case TurnedDown(reason=reason):
            return Words("rejected", "quiet", reason)
        case Lost(reason=reason):
            return Words("failed", "bad", reason, f"podium run {name}")
        case _:
            assert_never(state)
