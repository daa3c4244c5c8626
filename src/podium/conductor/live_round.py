"""What a round at work is doing now: a fold over its transcript, read on from where it was left."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from datetime import datetime

from podium.agents.event import (
    Entry,
    ErrorReported,
    Event,
    Message,
    PermissionAsked,
    PlanStep,
    PlanUpdated,
    Thought,
    ToolCall,
    UsageReported,
    upsert,
)
from podium.conductor.read_transcript import Transcript
from podium.kernel.clock import moment
from podium.kernel.value import Value
from podium.runs.model import Usage

_WRITING = ("edit", "delete", "move")
_MOST_FILES = 1000
_MOST_CALLS = 1000


class Live(Value, frozen=True, kw_only=True):
    """One round as it stands. All texts are an agent's: hostile, and no facts."""

    doing: str = ""  # the last thing of note
    plan: tuple[PlanStep, ...] = ()  # the agent's own
    files: tuple[str, ...] = ()  # that it says it edited, the newest last
    usage: Usage = Usage()
    calls: int = 0
    last_at: str = ""  # of the newest event; empty before there is any

    @property
    def step(self) -> str:
        """The plan's step that it is at, with its number: `3/5 write the tests`; empty without a plan."""
        if not self.plan:
            return ""
        done = sum(each.status == "completed" for each in self.plan)
        current = next((each.text for each in self.plan if each.status == "in_progress"), "")
        return f"{min(done + 1, len(self.plan)) if current else done}/{len(self.plan)} {current}".strip()

    def silent_seconds(self, now: datetime) -> float | None:
        """Seconds since the newest event; None before there is any."""
        return max(0.0, (now - moment(self.last_at)).total_seconds()) if self.last_at else None


@dataclass
class LiveRound:
    """Follows one round's transcript. Not to be shared between threads."""

    transcript: Transcript
    _live: Live = field(default_factory=Live)
    _files: dict[str, None] = field(default_factory=dict[str, None])
    _open: dict[str, ToolCall] = field(default_factory=dict[str, ToolCall])
    _calls: int = 0

    def refresh(self) -> Live:
        """Read on to the end, and tell how it stands."""
        while entries := self.transcript.more():
            self.take(entries)
        return self._live

    def take(self, entries: tuple[Entry, ...]) -> Live:
        """Take in these entries, the next of the transcript."""
        doing, plan, usage, last = self._live.doing, self._live.plan, self._live.usage, self._live.last_at
        for entry in entries:
            last = entry.t or last
            doing = note(entry.event) or doing
            match entry.event:
                case PlanUpdated(steps=steps):
                    plan = steps
                case UsageReported(usage=reported):
                    usage = reported
                case ToolCall() as call:
                    self._call(call)
                case _:
                    pass
        self._live = Live(
            doing=doing, plan=plan, files=tuple(self._files), usage=usage, calls=self._calls, last_at=last
        )
        return self._live

    def _call(self, news: ToolCall) -> None:
        before = self._open.get(news.id)
        call = upsert(before, news)
        self._calls += before is None
        if call.status in ("completed", "failed"):
            self._open.pop(news.id, None)
        elif before is not None or len(self._open) < _MOST_CALLS:
            self._open[news.id] = call
        written = [diff.path for diff in call.diffs] + (list(call.paths) if call.kind in _WRITING else [])
        for path in written:
            if len(self._files) < _MOST_FILES:
                self._files.setdefault(posixpath.normpath(path).removeprefix("/workspace/"))


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
