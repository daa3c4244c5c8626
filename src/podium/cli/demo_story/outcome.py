"""How the demo ended, read from its ledger and from nowhere else."""

from __future__ import annotations

from typing import Any

from podium.cli.context import Context
from podium.conductor.board import Row, board
from podium.conductor.state import State
from podium.kernel.value import Value
from podium.landing.model import OnTarget
from podium.ledger.read import open_reader
from podium.ledger.verify import verify


class TaskOutcome(Value, frozen=True, kw_only=True):
    """One task as the ledger tells it."""

    id: str
    state: str
    rounds: int
    checks: tuple[dict[str, Any], ...]  # name, kind and outcome of each item of evidence about the newest candidate
    commit: str | None  # the one that landed


class Outcome(Value, frozen=True, kw_only=True):
    """What `podium demo --json` prints."""

    tasks: tuple[TaskOutcome, ...]
    ledger_verified: bool


def outcome(context: Context) -> Outcome:
    """The outcome of the project that `context` is in."""
    state = context.desk.look(context.project.id)
    return Outcome(tasks=tuple(_task(state, row) for row in board(state)), ledger_verified=_verified(context))


def _task(state: State, row: Row) -> TaskOutcome:
    runs = state.runs.of_task(row.spec, row.task.id)
    last = runs[-1] if runs else None
    items = state.evidence.items(last.id, len(last.rounds)) if last else ()
    return TaskOutcome(
        id=row.task.id,
        state=row.state.__struct_config__.tag,  # pyright: ignore[reportArgumentType]
        rounds=len(last.rounds) if last else 0,
        checks=tuple(
            {"name": item.name, "kind": item.kind, "outcome": item.outcome.__struct_config__.tag} for item in items
        ),
        commit=row.state.commit if isinstance(row.state, OnTarget) else None,
    )


def _verified(context: Context) -> bool:
    reader = open_reader(context.url)
    if reader is None:
        return False
    try:
        project = context.project.id
        return verify(project, reader.records(project), reader.head(project)).verified
    finally:
        reader.close()
