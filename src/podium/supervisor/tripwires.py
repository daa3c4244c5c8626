"""Tripwires: when a live round needs a person's eye. Pure; time is an argument, in seconds that never go back.

A tripwire only tells; it never ends a round. Ending one is for limits (`limit`, `flood`), which the supervisor enforces
and then tells by the same events.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from podium.agents.event import (
    Cleared,
    Event,
    Paused,
    PermissionAnswered,
    PermissionAsked,
    Result,
    Resumed,
    StopAsked,
    ToolCall,
    Tripped,
    Undecoded,
    upsert,
)
from podium.agents.permissions import inside
from podium.kernel.value import canonical
from podium.project.globs import matcher
from podium.project.model import Tripwires

_WRITING = ("edit", "delete", "move")
_ENDED = ("completed", "failed")
_MOST_PATHS = 200  # out of scope, remembered and told
_MOST_CALLS = 1000  # open at once, remembered


class Tripwire:
    """Watches one round: give it every event and the time; it answers with what tripped or cleared."""

    def __init__(
        self,
        settings: Tripwires,
        *,
        scope: Sequence[str],
        scratch: Sequence[str],
        now: float,
        workdir: str = "/workspace",
    ) -> None:
        self._stall_after = settings.stall_minutes * 60.0
        self._repeats = settings.loop_repeats
        self._in_scope = matcher(scope) if scope else None
        self._scratch = matcher(scratch)
        self._workdir = workdir
        self._last = now
        self._stalled = False
        self._questions: set[str] = set()
        self._paused = False
        self._calls: dict[str, ToolCall] = {}
        self._previous = ""
        self._same = 0
        self._looping = False
        self._drifted: set[str] = set()
        self._undecoded = False

    @property
    def held(self) -> bool:
        """Whether silence is right: a question waits for a person, or the round is paused."""
        return self._paused or bool(self._questions)

    def seen(self, event: Event, now: float) -> tuple[Tripped | Cleared, ...]:
        """What this event of the transcript trips or clears."""
        if isinstance(event, Tripped | Cleared):
            return ()
        found: list[Tripped | Cleared] = []
        self._last = now
        if self._stalled:
            self._stalled = False
            found.append(Cleared(name="stall"))
        match event:
            case PermissionAsked(request=request):
                self._questions.add(request.id)
            case PermissionAnswered(request=request):
                self._questions.discard(request)
            case Paused():
                self._paused = True
            case Resumed():
                self._paused = False
            case Result() | StopAsked():
                self._questions.clear()
            case ToolCall():
                found += self._call(event)
            case Undecoded(why=why) if not self._undecoded:
                self._undecoded = True
                found.append(Tripped(name="undecodable", detail=why))
            case _:
                pass
        return tuple(found)

    def tick(self, now: float) -> tuple[Tripped | Cleared, ...]:
        """What the passing of time trips."""
        if self.held:
            self._last = now
            return ()
        if self._stalled or self._stall_after <= 0 or now - self._last < self._stall_after:
            return ()
        self._stalled = True
        return (Tripped(name="stall", detail=f"nothing was heard for {(now - self._last) / 60.0:.1f} minutes"),)

    def changed(self, paths: Iterable[str]) -> tuple[Tripped, ...]:
        """What files that were changed (relative to the workspace) trip; each is told once."""
        if self._in_scope is None:
            return ()
        new: list[str] = []
        for path in paths:
            if path in self._drifted or len(self._drifted) >= _MOST_PATHS or self._fine(path):
                continue
            self._drifted.add(path)
            new.append(path)
        if not new:
            return ()
        return (Tripped(name="scope-drift", detail="changed outside the task's scope: " + ", ".join(new)),)

    def _fine(self, path: str) -> bool:
        if path.startswith("/"):
            return path.startswith(("/tmp/", "/home/agent/", "/dev/"))  # noqa: S108 - the sandbox's own, thrown away
        return (
            path.startswith(".git/")
            or path == "."
            or self._scratch(path)
            or bool(self._in_scope and self._in_scope(path))
        )

    def _call(self, event: ToolCall) -> list[Tripped | Cleared]:
        call = upsert(self._calls.get(event.id), event)
        if call.status not in _ENDED:
            if event.id in self._calls or len(self._calls) < _MOST_CALLS:
                self._calls[event.id] = call
        else:
            self._calls.pop(event.id, None)
        found: list[Tripped | Cleared] = list(self.changed(self._written(call)))
        if call.status in _ENDED and event.status:
            found += self._repetition(call)
        return found

    def _written(self, call: ToolCall) -> list[str]:
        paths = [diff.path for diff in call.diffs]
        if call.kind in _WRITING:
            paths += call.paths
        return [inside(path, self._workdir) for path in paths]

    def _repetition(self, call: ToolCall) -> list[Tripped | Cleared]:
        same = canonical([call.kind, call.title, call.command, call.paths, call.diffs])
        signature = hashlib.sha256(same).hexdigest()
        if signature != self._previous:
            self._previous, self._same = signature, 1
            if self._looping:
                self._looping = False
                return [Cleared(name="loop")]
            return []
        self._same += 1
        if self._looping or self._repeats <= 0 or self._same < self._repeats:
            return []
        self._looping = True
        what = call.command or call.title or call.kind
        return [Tripped(name="loop", detail=f"the same call {self._same} times in a row: {what[:300]}")]
