"""An agent's transcript in words: one entry as a few lines of a terminal."""

from __future__ import annotations

from podium.agents.event import (
    Cleared,
    Entry,
    ErrorReported,
    Event,
    Message,
    Paused,
    PermissionAnswered,
    PermissionAsked,
    PlanUpdated,
    Refused,
    Result,
    Resumed,
    Started,
    Steered,
    StopAsked,
    Thought,
    ToolCall,
    Tripped,
    Undecoded,
    UsageReported,
    Waiting,
    WaitOver,
    upsert,
)
from podium.cli.output import Output
from podium.kernel.clock import moment
from podium.render.paint import Tone
from podium.render.safe_text import safe_lines

_MOST_LINES = 12
"""Lines of one output that are shown."""


class Telling:
    """Tells one round's entries in order: news of a tool call are joined with what was known of it."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._calls: dict[str, ToolCall] = {}

    def lines(self, entry: Entry) -> list[str]:
        """The lines for one entry; none for what says nothing new."""
        sign, text, tone = self._told(entry.event)
        if not text.strip():
            return []
        output = self._output
        shown = safe_lines(text.strip("\n"))
        rest = len(shown) - _MOST_LINES
        shown = shown[:_MOST_LINES] + ([f"... {rest} more lines"] if rest > 0 else [])
        when = moment(entry.t).astimezone().strftime("%H:%M:%S") if entry.t else " " * 8
        head = f"{output.paint(when, 'quiet')}  {output.paint(sign.ljust(8), 'quiet')}"
        return [f"{head if number == 0 else ' ' * 18}  {output.paint(line, tone)}" for number, line in enumerate(shown)]

    def _told(self, event: Event) -> tuple[str, str, Tone]:
        match event:
            case ToolCall():
                return self._call(event)
            case Message(text=text):
                return "says", text, "plain"
            case Thought(text=text):
                return "thinks", text, "quiet"
            case PlanUpdated(steps=steps):
                return "plan", "\n".join(f"{step.status or 'open'}: {step.text}" for step in steps), "quiet"
            case PermissionAsked(request=request):
                return "asks", f"{request.title} {request.detail}", "warn"
            case PermissionAnswered(allowed=allowed, by=by):
                return "answer", f"{'allowed' if allowed else 'denied'} by {by}", "warn"
            case ErrorReported(what=what, source=source):
                return "error", f"{source}: {what}", "bad"
            case Tripped(name=name, detail=detail):
                return "tripwire", f"{name}: {detail}", "bad"
            case _:
                return _small(event)

    def _call(self, event: ToolCall) -> tuple[str, str, Tone]:
        before = self._calls.get(event.id)
        call = self._calls[event.id] = upsert(before, event)
        what = call.command or call.title or ", ".join(call.paths) or call.id
        tone: Tone = "bad" if call.status == "failed" else "name"
        if before is None:
            return call.kind or "call", what + (f"\n{call.output}" if call.output else ""), tone
        if event.status in ("completed", "failed"):
            return (
                "done" if event.status == "completed" else "failed",
                what + (f"\n{call.output}" if call.output else ""),
                tone,
            )
        return "", "", tone


def _small(event: Event) -> tuple[str, str, Tone]:
    """The entries that are one short line, or none."""
    match event:
        case Started(agent=agent, session=session, resumption=resumption):
            how = {"new": "in a new session", "session": "goes on in its session", "fallback": "in a new session"}
            return "starts", f"{agent} {how[resumption]} ({session})", "strong"
        case Steered(text=text, by=by):
            return "told", f"{text} ({by})" if by else text, "warn"
        case Paused(by=by) | Resumed(by=by) | StopAsked(by=by):
            return "person", f"{type(event).__name__.lower()} {by}".strip(), "warn"
        case Undecoded(raw=raw, why=why):
            return "unclear", f"{why}: {raw[:200]}", "warn"
        case Cleared(name=name):
            return "tripwire", f"{name} is over", "quiet"
        case Result(stop_reason=reason):
            return "ends", reason, "strong"
        case Waiting(detail=detail, resumes_at=until):
            return "waits", f"{detail}{f', until {until}' if until else ''}", "warn"
        case WaitOver():
            return "waits", "it goes on", "quiet"
        case Refused(where=where, why=why):
            return "refused", f"{where}: {why}", "warn"
        case UsageReported():
            return "", "", "quiet"
        case _:
            return "", "", "plain"
