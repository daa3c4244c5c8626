"""A person takes a landed task back, or asks for held landings to be tried again."""

from __future__ import annotations

from podium.conductor.desk import Desk
from podium.kernel.errors import UsageError
from podium.landing.events import ResumedEvent, RevertOrdered
from podium.landing.model import Held, Landed, Queued
from podium.review.person import require_person


def revert(desk: Desk, project: str, spec: str, task: str, *, reason: str, actor: str) -> str:
    """Order the revert of a landed task through the same queue; return the entry's id. A standing order stands.

    Raises UsageError when the task has not landed, or was reverted.
    """
    by = require_person(actor, "revert")
    with desk.change(project) as change:
        landed = change.state.landings.landed(spec, task)
        if landed is None or not isinstance(landed.state, Landed):
            raise UsageError("it is not on the target branch", where=f"{spec}/{task}", do="podium status")
        for entry in change.state.landings.of_task(spec, task):
            if entry.revert_of == landed.state.commit and isinstance(entry.state, Queued | Held):
                return entry.id
        entry_id = desk.new_id()
        ordered = RevertOrdered(
            entry=entry_id,
            spec=spec,
            task=task,
            run=landed.run,
            round=landed.round,
            commit=landed.state.commit,
            by=by,
            reason=reason,
        )
        change.append(ordered, actor=actor)
    return entry_id


def resume_landings(desk: Desk, project: str, *, actor: str) -> list[str]:
    """Put every held entry back into the queue; return their ids."""
    by = require_person(actor, "land")
    resumed: list[str] = []
    with desk.change(project) as change:
        for entry in change.state.landings.waiting():
            if isinstance(entry.state, Held):
                change.append(ResumedEvent(entry=entry.id, by=by, attempt=entry.attempt + 1), actor=actor)
                resumed.append(entry.id)
    return resumed
