"""What a transcript comes to: a fold over its events, the same while it is written and when it is read again. Pure."""

from __future__ import annotations

from podium.agents.event import (
    Cleared,
    Entry,
    Message,
    Metered,
    Paused,
    PermissionAnswered,
    PermissionAsked,
    Result,
    Resumed,
    Started,
    StopAsked,
    Tripped,
    UsageReported,
)
from podium.runs.model import Trip, Usage

_CLAIM = 32 * 1024
_TRIPS = 200


class Tally:
    """Give it every entry in order."""

    def __init__(self) -> None:
        self.events = 0
        self.started: Started | None = None
        self.result: Result | None = None  # the last turn's end, once the conversation is over
        self.usage = Usage()
        self.metered = Usage()  # what went through the gateway; once there is any, an agent's own word does not count
        self.trips: list[Trip] = []
        self.questions: dict[str, PermissionAsked] = {}
        self.paused = False
        self._claim: list[str] = []
        self._length = 0
        self._speaking = False
        self._open = False  # whether the last message goes on in the next one

    @property
    def claim(self) -> str:
        """The last thing the agent said, as far as it is kept."""
        return "".join(self._claim)[:_CLAIM]

    def add(self, entry: Entry) -> None:
        """Count one more entry."""
        self.events = entry.n
        event = entry.event
        match event:
            case Message(text=text, more=more):
                self._speak(text)
                self._open = more
            case Started():
                self.started = event
            case Result(last=last):
                self.result = event if last else None
            case UsageReported(usage=usage) if not self.metered.requests:
                self.usage = _newer(self.usage, usage)
            case Metered() if event.billed and event.status == 200:
                self.usage = self.metered = added(self.metered, event)
            case Tripped(name=name, detail=detail) if len(self.trips) < _TRIPS:
                self.trips.append(Trip(name=name, detail=detail, at=entry.t))
            case PermissionAsked(request=request):
                self.questions[request.id] = event
            case PermissionAnswered(request=request):
                self.questions.pop(request, None)
            case Paused():
                self.paused = True
            case Resumed():
                self.paused = False
            case _:
                pass
        if not isinstance(event, Message | UsageReported | Tripped | Cleared | StopAsked):
            self._speaking = False

    def _speak(self, text: str) -> None:
        if not self._speaking:
            if not text.strip():
                return
            self._claim, self._length, self._speaking = [], 0, True
        elif not self._open and not self._claim[-1].endswith("\n"):
            text = f"\n{text}"
        if self._length < _CLAIM:
            self._claim.append(text)
            self._length += len(text)


def added(before: Usage, news: Metered) -> Usage:
    """The figures with one more request; a cost is known only when it is for every request."""
    unpriced = before.unpriced + (news.cost_usd is None)
    least = before.least_usd + (news.cost_usd or 0.0)
    return Usage(
        input_tokens=_sum(before.input_tokens, news.input_tokens),
        output_tokens=_sum(before.output_tokens, news.output_tokens),
        cost_usd=None if unpriced else least,
        cached_tokens=_sum(before.cached_tokens, news.cached_tokens),
        reasoning_tokens=_sum(before.reasoning_tokens, news.reasoning_tokens),
        requests=before.requests + 1,
        unpriced=unpriced,
        least_usd=least,
    )


def _sum(before: int | None, news: int | None) -> int | None:
    return before if news is None else (before or 0) + news


def _newer(before: Usage, news: Usage) -> Usage:
    return Usage(
        input_tokens=before.input_tokens if news.input_tokens is None else news.input_tokens,
        output_tokens=before.output_tokens if news.output_tokens is None else news.output_tokens,
        cost_usd=before.cost_usd if news.cost_usd is None else news.cost_usd,
    )
