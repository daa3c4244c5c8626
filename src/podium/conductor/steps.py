"""Which step of an agent's transcript wrote a hunk, and what the agent thought just before: its words, not facts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from podium.agents.event import Entry, FileDiff, Message, Started, Thought, ToolCall, upsert
from podium.conductor.desk import Desk
from podium.conductor.read_transcript import Transcript
from podium.kernel.value import Value
from podium.runs.model import Hunk, Run
from podium.runs.store import is_active

_MOST_ENTRIES = 50_000  # of one round that are looked at
_LONGEST_THOUGHT = 2_000
_ENOUGH = 0.5  # the share of a hunk's lines that a call must have written
_MOST = 32
_known: OrderedDict[tuple[str, str, int], tuple[Step, ...]] = OrderedDict()
_lock = threading.Lock()


class Step(Value, frozen=True, kw_only=True):
    """One call of a tool that changed files, with the agent's last words before it."""

    round: int
    entry: int  # number in the round's transcript, where the call was first told
    at: str
    title: str
    command: str
    thought: str
    diffs: tuple[FileDiff, ...]


def steps_of(desk: Desk, project: str, run: Run, number: int) -> tuple[Step, ...]:
    """The steps of a round that changed files, in order; none where the transcript is not to be had."""
    place = (project, run.id, number)
    ended = not is_active(run.rounds[number - 1].state)
    with _lock:
        if place in _known:
            return _known[place]
    found = collect(number, _entries(Transcript(desk, project, run.id, number)))
    if ended:
        with _lock:
            _known[place] = found
            while len(_known) > _MOST:
                _known.popitem(last=False)
    return found


def step_for(hunk: Hunk, steps: Iterable[Step]) -> Step | None:
    """The last step that wrote most of a hunk's added lines into its file; for a removal, that took them away."""
    added = [line.text.strip() for line in hunk.lines if line.kind == "+" and line.text.strip()]
    gone = [line.text.strip() for line in hunk.lines if line.kind == "-" and line.text.strip()]
    best: tuple[float, Step] | None = None
    for step in steps:
        for diff in step.diffs:
            if not _same_file(diff.path, hunk.path):
                continue
            share = _share(added, _after(diff)) if added else _share(gone, _before(diff))
            if share >= _ENOUGH and (best is None or share >= best[0]):
                best = (share, step)
    return best[1] if best else None


def collect(number: int, entries: Iterable[Entry]) -> tuple[Step, ...]:
    """The steps among the entries of a round's transcript."""
    calls: dict[str, ToolCall] = {}
    first: dict[str, tuple[int, str, str]] = {}
    said = ""
    going_on = False
    for entry in entries:
        match entry.event:
            case Thought(text=text, more=more) | Message(text=text, more=more):
                said = (said + text if going_on else text)[-_LONGEST_THOUGHT:]
                going_on = more
            case ToolCall(id=name) as news:
                first.setdefault(name, (entry.n, entry.t, said))
                calls[name] = upsert(calls.get(name), news)
                going_on = False
            case Started():
                said, going_on = "", False
            case _:
                pass
    return tuple(
        Step(
            round=number,
            entry=first[name][0],
            at=first[name][1],
            title=call.title,
            command=call.command,
            thought=first[name][2].strip(),
            diffs=call.diffs,
        )
        for name, call in calls.items()
        if call.diffs and call.status != "failed"
    )


def _entries(transcript: Transcript) -> Iterable[Entry]:
    count = 0
    while count < _MOST_ENTRIES:
        batch = transcript.more()
        if not batch:
            return
        count += len(batch)
        yield from batch


def _same_file(told: str, path: str) -> bool:
    """Whether the path that an agent tells, often absolute, is this file of the repository."""
    return told == path or told.endswith(f"/{path}")


def _after(diff: FileDiff) -> set[str]:
    if diff.unified:
        return {line[1:].strip() for line in diff.unified.splitlines() if line.startswith("+")}
    return {line.strip() for line in (diff.new or "").splitlines()}


def _before(diff: FileDiff) -> set[str]:
    if diff.unified:
        return {line[1:].strip() for line in diff.unified.splitlines() if line.startswith("-")}
    return {line.strip() for line in (diff.old or "").splitlines()}


def _share(wanted: list[str], there: set[str]) -> float:
    return sum(text in there for text in wanted) / len(wanted) if wanted else 0.0
