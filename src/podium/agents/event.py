"""What an agent does, as typed and versioned events: one model for every family of agents.

A round's transcript is `events.jsonl`: one `Entry` a line, numbered from 1 without gaps across the attempts of a round.
A kind only ever gains fields, with a default; a reader that meets a kind, or a version, which it does not know gets
`Undecoded` and goes on. All text in an event was written by an agent and is hostile.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, cast

import msgspec

from podium.kernel.value import Value
from podium.runs.model import PermissionRequest, Resumption, TripName, Usage

VERSION = 1
TEXT_LIMIT = 256 * 1024
"""The most characters that one event keeps, all its texts together."""

CallStatus = Literal["", "pending", "in_progress", "completed", "failed"]


class Started(Value, frozen=True, kw_only=True, tag="started"):
    """An agent answered and has a session; once per attempt."""

    agent: str
    attempt: int
    session: str
    resumption: Resumption
    agent_name: str = ""  # what the agent calls itself
    agent_version: str = ""


class Message(Value, frozen=True, kw_only=True, tag="message"):
    """Text of the agent to the person; `more` when the next message event continues it."""

    text: str
    more: bool = False


class Thought(Value, frozen=True, kw_only=True, tag="thought"):
    """The agent's reasoning; `more` when the next thought event continues it."""

    text: str
    more: bool = False


class PlanStep(Value, frozen=True, kw_only=True):
    """One entry of the agent's own plan."""

    text: str
    status: str = ""
    priority: str = ""


class PlanUpdated(Value, frozen=True, kw_only=True, tag="plan"):
    """The agent's own plan, whole: it replaces the one before."""

    steps: tuple[PlanStep, ...]


class FileDiff(Value, frozen=True, kw_only=True):
    """What a call says that it does to a file; `old` is None for a new file. Either the texts or `unified`."""

    path: str
    old: str | None = None
    new: str | None = None
    unified: str = ""


class ToolCall(Value, frozen=True, kw_only=True, tag="tool"):
    """A call of a tool, or news of one: an empty field says nothing new. `upsert` joins the events of one id."""

    id: str
    title: str = ""
    kind: str = ""  # read, edit, delete, move, search, execute, think, fetch, other
    status: CallStatus = ""
    paths: tuple[str, ...] = ()
    diffs: tuple[FileDiff, ...] = ()
    command: str = ""
    output: str = ""  # its tail


class PermissionAsked(Value, frozen=True, kw_only=True, tag="permission-asked"):
    """The agent waits for an answer. `kinds`: option id -> allow_once, allow_always, reject_once, reject_always."""

    request: PermissionRequest
    kinds: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    paths: tuple[str, ...] = ()
    command: str = ""


class PermissionAnswered(Value, frozen=True, kw_only=True, tag="permission-answered"):
    """The agent got its answer. `by` is `rule:N`, a person, or `podium` when the question lapsed (`lapsed`)."""

    request: str
    allowed: bool
    by: str
    option: str = ""
    lapsed: bool = False


class UsageReported(Value, frozen=True, kw_only=True, tag="usage"):
    """What the agent says that its session used so far."""

    usage: Usage
    context_tokens: int | None = None
    context_size: int | None = None


class Metered(Value, frozen=True, kw_only=True, tag="metered"):
    """One request to the model went through the gateway: what its answer says that it used, and what that costs.

    A figure that the answer does not tell is None; `cost_usd` is None where the price is not known, never 0 for that.
    """

    provider: str
    path: str
    status: int  # 0 when there was no answer
    seconds: float
    model: str = ""
    input_tokens: int | None = None  # all, cached ones included
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    billed: bool = True  # False for a request that uses no model (a list of models, a count)
    whole: bool = True  # False when the answer broke off
    error: str = ""


class Waiting(Value, frozen=True, kw_only=True, tag="waiting"):
    """The round stands still for something that is neither its agent nor a permission: budget, provider, key, room."""

    on: str
    detail: str
    resumes_at: str = ""  # when it goes on by itself; empty = when a person has seen to it


class WaitOver(Value, frozen=True, kw_only=True, tag="wait-over"):
    """What the round waited for is there."""

    on: str


class Refused(Value, frozen=True, kw_only=True, tag="refused"):
    """The agent tried to reach what it may not: `where` is host:port as it named it."""

    where: str
    why: str


class ErrorReported(Value, frozen=True, kw_only=True, tag="error"):
    """Something went wrong; `source` is agent, driver or supervisor."""

    what: str
    source: str = "agent"


class Steered(Value, frozen=True, kw_only=True, tag="steered"):
    """A person told the agent something while it was at work."""

    text: str
    by: str = ""


class Paused(Value, frozen=True, kw_only=True, tag="paused"):
    """A person stopped the clock: the agent's processes are frozen."""

    by: str = ""


class Resumed(Value, frozen=True, kw_only=True, tag="resumed"):
    """The agent's processes go on."""

    by: str = ""


class StopAsked(Value, frozen=True, kw_only=True, tag="stop-asked"):
    """A person ends the round."""

    by: str = ""


class Undecoded(Value, frozen=True, kw_only=True, tag="undecoded"):
    """Something that could not be understood, kept as it came."""

    raw: str
    why: str = ""


class Tripped(Value, frozen=True, kw_only=True, tag="tripped"):
    """A tripwire fired."""

    name: TripName
    detail: str


class Cleared(Value, frozen=True, kw_only=True, tag="cleared"):
    """What a tripwire told of is over."""

    name: TripName


class Result(Value, frozen=True, kw_only=True, tag="result"):
    """The agent's turn is over. `stop_reason` is the agent's word: end_turn, max_tokens, refusal, cancelled ..."""

    stop_reason: str
    last: bool = True  # False when a person's word gives the session another turn


Event: TypeAlias = (
    Started
    | Message
    | Thought
    | PlanUpdated
    | ToolCall
    | PermissionAsked
    | PermissionAnswered
    | UsageReported
    | Metered
    | Waiting
    | WaitOver
    | Refused
    | ErrorReported
    | Steered
    | Paused
    | Resumed
    | StopAsked
    | Undecoded
    | Tripped
    | Cleared
    | Result
)


class Entry(Value, frozen=True, kw_only=True):
    """One line of a transcript: `{"v":1,"n":7,"t":"2026-...Z","e":{"type":"message",...}}`."""

    n: int  # from 1, without gaps; 0 for a line that is damaged
    t: str  # see podium.kernel.clock.stamp
    event: Event = msgspec.field(name="e")


class _Line(msgspec.Struct):
    v: int
    n: int
    t: str
    e: msgspec.Raw


_ENCODER = msgspec.json.Encoder()
_LINE = msgspec.json.Decoder(_Line)
_EVENT: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(entry: Entry) -> bytes:
    """The entry as one line, its newline included; texts beyond `TEXT_LIMIT` are cut and say so."""
    event = _ENCODER.encode(capped(entry.event))
    head = b'{"v":%d,"n":%d,"t":%s,"e":' % (VERSION, entry.n, _ENCODER.encode(entry.t))
    return head + event + b"}\n"


def decode(line: bytes) -> Entry:
    """The entry of one line. Never raises: what cannot be understood comes as `Undecoded`."""
    try:
        outer = _LINE.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Entry(n=0, t="", event=Undecoded(raw=clean(line[:4096]), why=f"damaged line: {error}"))
    if outer.v != VERSION:
        why = f"version {outer.v}, this is version {VERSION}"
        return Entry(n=outer.n, t=outer.t, event=Undecoded(raw=clean(bytes(outer.e)), why=why))
    try:
        event = _EVENT.decode(outer.e)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        event = Undecoded(raw=clean(bytes(outer.e)), why=str(error))
    return Entry(n=outer.n, t=outer.t, event=event)


def upsert(before: ToolCall | None, news: ToolCall) -> ToolCall:
    """What is known of a call after `news` of it."""
    if before is None:
        return news
    return ToolCall(
        id=before.id,
        title=news.title or before.title,
        kind=news.kind or before.kind,
        status=news.status or before.status,
        paths=news.paths or before.paths,
        diffs=news.diffs or before.diffs,
        command=news.command or before.command,
        output=news.output or before.output,
    )


def clean(raw: bytes | str) -> str:
    """Text that UTF-8 can hold: bytes and lone surrogates that it cannot become U+FFFD."""
    if isinstance(raw, str):
        return raw if raw.isascii() else raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return raw.decode("utf-8", "replace")


def capped(event: Event, limit: int = TEXT_LIMIT) -> Event:
    """The event with at most about `limit` characters of text, each text clean; a cut text ends in a marker."""
    return cast(Event, _Cap(limit).of(event))


class _Cap:
    """Spends one budget of characters over all texts of a value, in the order of its fields."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def of(self, value: object) -> object:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, tuple):
            items = cast("tuple[object, ...]", value)
            kept = tuple(self.of(item) for item in items if self._left > 0)
            return kept if kept != items else items
        if isinstance(value, dict):
            pairs = cast("dict[str, object]", value)
            return {self._text(key): self.of(item) for key, item in pairs.items() if self._left > 0}
        if isinstance(value, msgspec.Struct):
            changed = {
                name: new
                for name in value.__struct_fields__
                if (new := self.of(old := getattr(value, name))) is not old
            }
            return msgspec.structs.replace(value, **changed) if changed else value
        return value

    def _text(self, text: str) -> str:
        if len(text) > self._left:
            lost = len(text) - self._left
            kept, self._left = clean(text[: self._left]), 0
            return f"{kept} …[{lost} characters cut]"
        self._left -= len(text)
        return clean(text)
