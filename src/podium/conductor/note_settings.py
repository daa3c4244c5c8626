"""Making the podium.toml that lies in the repository the one that counts, before an agent is asked by it."""

from __future__ import annotations

from podium.conductor.approve_plan import record_settings
from podium.conductor.desk import Desk
from podium.project.settings import parse_settings


def note_settings(desk: Desk, project: str, text: str, *, actor: str) -> None:
    """Record `text` unless it counts already. Raises UsageError when it cannot be read, ConflictError as any change."""
    state = desk.look(project)
    if state.projects.settings_text(state.id) != text:
        parse_settings(text)
        with desk.change(project) as change:
            record_settings(change, text, actor)
