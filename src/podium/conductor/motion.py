"""Whether anything goes on without a person."""

from __future__ import annotations

from podium.conductor.board import Room, Row, board, startable
from podium.conductor.state import State
from podium.landing.model import AtWork, Landing, Queued
from podium.runs.model import AwaitingPermission, Round, Working


def in_motion(state: State, specs: frozenset[str]) -> bool:
    """Whether something of these specs is being done, or will be without a person's doing."""
    if any(entry.spec in specs and isinstance(entry.state, Queued) for entry in state.landings.waiting()):
        return True
    rows = board(state)
    if any(_moves(state, row) for row in rows if row.spec in specs):
        return True
    ready = any(plan.spec in specs for plan, _ in startable(state, rows))
    elsewhere = any(_moves(state, row) for row in rows)
    return ready and (elsewhere or not Room.of(state, rows).why)


def _moves(state: State, row: Row) -> bool:
    match row.state:
        case AtWork(runs=runs):
            return any(_works(state.runs.by_id[run].rounds[-1]) for run in runs)
        case Landing(held=held):
            return not held
        case _:
            return False


def _works(round_: Round) -> bool:
    """Whether a round moves on by itself: one that asks or is paused does not."""
    match round_.state:
        case AwaitingPermission() | Working(paused=True):
            return False
        case _:
            return True
