"""What an agent is doing right now: the last thing of note in its transcript, in a few words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from podium.agents.event import ErrorReported, Event, Message, PermissionAsked, PlanUpdated, Thought, ToolCall
from podium.supervisor.follow import read


@dataclass
class Activity:
    """One round's transcript, read on from where it was left."""

    directory: Path
    offset: int = 0
    last: str = ""

    def refresh(self) -> str:
        """The newest thing of note; empty before there is any."""
        entries, self.offset = read(self.directory, self.offset)
        for entry in entries:
            self.last = note(entry.event) or self.last
        return self.last


def note(event: Event) -> str:
    """An event in a few words; empty for one that says nothing about what is being done."""
    match event:
        case ToolCall(title=title, command=command, paths=paths):
            return command or title or ", ".join(paths)
        case Message(text=text) | Thought(text=text):
            return " ".join(text.split())[:200]
        case PlanUpdated(steps=steps):
            current = next((step.text for step in steps if step.status == "in_progress"), "")
            return f"plan: {current}" if current else ""
        case PermissionAsked(request=request):
            return f"asks: {request.title}"
        case ErrorReported(what=what):
            return f"error: {what}"
        case _:
            return ""
