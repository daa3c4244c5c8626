"""A transcript as a list of things that happened, kept up to date while the agent works.

News of a tool call change the item of the call, and text that comes in pieces becomes one item, so a page only asks
what changed since the entry that it knows. Kept for the rounds that somebody looks at, and bounded: an agent may write
without end.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace

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
    upsert,
)
from podium.api.seat import Seat
from podium.conductor.read_transcript import Transcript
from podium.render.paint import Tone
from podium.runs.model import Usage

MOST_ITEMS = 2_000
MOST_TEXT = 20_000
_MOST_ROUNDS = 32


@dataclass(frozen=True)
class Item:
    """One thing that happened. `changed` is the number of the newest entry that had a part in it."""

    n: int
    at: str
    sign: str
    text: str
    tone: Tone = "plain"
    detail: str = ""  # an output, say: shown folded
    changed: int = 0


@dataclass
class Story:
    """One round's transcript so far."""

    items: dict[int, Item] = field(default_factory=dict[int, Item])
    newest: int = 0  # number of the newest entry that was taken in
    dropped: int = 0  # items at the beginning that are no longer kept
    usage: Usage = field(default_factory=Usage)
    _calls: dict[str, tuple[int, ToolCall]] = field(default_factory=dict[str, tuple[int, ToolCall]])
    _open: int = 0  # the item that the next piece of text belongs to
    _n: int = 0  # entries so far; a damaged line has no number of its own

    def add(self, entry: Entry) -> None:
        """Take in one more entry."""
        self._n += 1
        self.newest = self._n
        match entry.event:
            case ToolCall() as call:
                self._open = 0
                self._call(entry, call)
            case Message(text=text, more=more):
                self._speak(entry, "says", text, "plain", more)
            case Thought(text=text, more=more):
                self._speak(entry, "thinks", text, "quiet", more)
            case UsageReported(usage=usage):
                self.usage = usage
            case event:
                self._open = 0
                sign, text, tone = _told(event)
                self._put(Item(self._n, entry.t, sign, text[:MOST_TEXT], tone, "", self._n))

    def since(self, entry: int) -> list[Item]:
        """The items that changed after an entry, in order."""
        return [item for item in self.items.values() if item.changed > entry]

    def _call(self, entry: Entry, news: ToolCall) -> None:
        number, before = self._calls.get(news.id, (self._n, None))
        call = upsert(before, news)
        self._calls[news.id] = (number, call)
        what = call.command or call.title or ", ".join(call.paths) or call.id
        tone: Tone = "bad" if call.status == "failed" else "name"
        sign = {"failed": "failed", "completed": call.kind or "did"}.get(call.status, call.kind or "call")
        known = self.items.get(number)
        at = known.at if known else entry.t
        self._put(Item(number, at, sign, what[:MOST_TEXT], tone, _detail(call)[-MOST_TEXT:], self._n))

    def _speak(self, entry: Entry, sign: str, text: str, tone: Tone, more: bool) -> None:
        known = self.items.get(self._open)
        if known is not None and known.sign == sign:
            self._put(replace(known, text=(known.text + text)[:MOST_TEXT], changed=self._n))
        elif text.strip():
            self._put(Item(self._n, entry.t, sign, text[:MOST_TEXT], tone, "", self._n))
            self._open = self._n
        if not more:
            self._open = 0

    def _put(self, item: Item) -> None:
        self.items[item.n] = item
        if len(self.items) > MOST_ITEMS:
            del self.items[next(iter(self.items))]
            self.dropped += 1


class Stories:
    """The transcripts that somebody looks at, read on whenever they are asked for. Safe to use from several threads."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int], tuple[Transcript, Story, threading.Lock]] = OrderedDict()

    def read(self, run: str, number: int, after: int = 0) -> tuple[list[Item], Story]:
        """The items of a round that changed after an entry, and the whole story. The round must exist."""
        with self._lock:
            key = (run, number)
            if key not in self._known:
                transcript = Transcript(self._seat.desk, self._seat.project, run, number)
                self._known[key] = (transcript, Story(), threading.Lock())
            self._known.move_to_end(key)
            while len(self._known) > _MOST_ROUNDS:
                self._known.popitem(last=False)
            transcript, story, lock = self._known[key]
        with lock:
            while entries := transcript.more():
                for entry in entries:
                    story.add(entry)
            return story.since(after), story


def _detail(call: ToolCall) -> str:
    diffs = "\n".join(diff.unified or f"{diff.path}: {len((diff.new or '').splitlines())} lines" for diff in call.diffs)
    return "\n".join(part for part in (diffs, call.output) if part)


def _told(event: Event) -> tuple[str, str, Tone]:
    match event:
        case Started(agent=agent, session=session, resumption=resumption):
            how = {"new": "in a new session", "session": "goes on in its session", "fallback": "in a new session"}
            return "starts", f"{agent} {how[resumption]} ({session})", "strong"
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
        case Cleared(name=name):
            return "tripwire", f"{name} is over", "quiet"
        case Steered(text=text, by=by):
            return "told", f"{text} ({by})" if by else text, "warn"
        case Paused(by=by) | Resumed(by=by) | StopAsked(by=by):
            return "person", f"{type(event).__name__.lower()} {by}".strip(), "warn"
        case Undecoded(raw=raw, why=why):
            return "unclear", f"{why}: {raw[:200]}", "warn"
        case Result(stop_reason=reason):
            return "ends", reason, "strong"
        case _:  # a kind that a newer agent driver gives
            return type(event).__name__.lower(), "", "quiet"
