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
    UsageReported,
    Waiting,
    WaitOver,
    upsert,
)
from podium.agents.permissions import inside
from podium.kernel.value import canonical
from podium.project.globs import matcher
from podium.project.model import Tripwires
from podium.supervisor.danger import dangers
from podium.supervisor.edit_watch import EditWatch
from podium.supervisor.error_watch import ErrorWatch

_WRITING = ("edit", "delete", "move")
_ENDED = ("completed", "failed")
_MOST_PATHS = 200  # out of scope, remembered and told
_MOST_CALLS = 1000  # open at once, remembered
_EARLY, _LATE = 0.5, 0.8  # shares of the budget


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
        guarded: Sequence[str] = (),
        budget_usd: float = 0.0,
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
        self._waits: set[str] = set()
        self._calls: dict[str, ToolCall] = {}
        self._previous = ""
        self._same = 0
        self._looping = False
        self._drifted: set[str] = set()
        self._undecoded = False
        self._edits = EditWatch(flips=settings.thrash_repeats, guarded=guarded)
        self._errors = ErrorWatch(settings.error_repeats)
        self._dangers: set[str] = set()
        self._budget = budget_usd
        self._paced: set[str] = set()
        self._wrote = False

    @property
    def held(self) -> bool:
        """Whether silence is right: a question waits for a person, or the round is paused."""
        return self._paused or bool(self._questions) or bool(self._waits)

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
                found += self._danger(event.command, event.paths)
            case PermissionAnswered(request=request):
                self._questions.discard(request)
            case Paused():
                self._paused = True
            case Waiting(on=on):
                self._waits.add(on)
            case WaitOver(on=on):
                self._waits.discard(on)
            case Resumed():
                self._paused = False
            case Result() | StopAsked():
                self._questions.clear()
            case ToolCall():
                found += self._call(event)
            case UsageReported(usage=usage) if usage.cost_usd is not None:
                found += self._pace(usage.cost_usd)
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
        found: list[Tripped] = []
        new: list[str] = []
        for path in paths:
            found += self._edits.changed(path)
            self._wrote = self._wrote or not self._scratch(path)
            if self._in_scope is None or path in self._drifted or len(self._drifted) >= _MOST_PATHS or self._fine(path):
                continue
            self._drifted.add(path)
            new.append(path)
        if new:
            found.append(Tripped(name="scope-drift", detail="changed outside the task's scope: " + ", ".join(new)))
        return tuple(found)

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
        found: list[Tripped | Cleared] = []
        if call.status == "completed":  # what was denied or failed wrote nothing; the files are looked at too
            found += self.changed(self._written(call))
        if event.command or event.paths:
            found += self._danger(call.command, call.paths if call.kind in ("read", "search") else ())
        if call.status in _ENDED and event.status:
            found += self._repetition(call)
            found += self._errors.ended(call)
            if call.status == "completed":
                for diff in call.diffs:
                    found += self._edits.edited(inside(diff.path, self._workdir), diff)
        return found

    def _danger(self, command: str, paths: Sequence[str]) -> list[Tripped]:
        """What a command, or reading these paths, trips; each reason once."""
        found: list[Tripped] = []
        for reason in dangers(command, paths, workdir=self._workdir):
            if reason not in self._dangers:
                self._dangers.add(reason)
                what = command or ", ".join(paths)
                found.append(Tripped(name="danger", detail=f"{reason}: {what[:300]}"))
        return found

    def _pace(self, cost: float) -> list[Tripped]:
        """What the money spent so far trips: half of it without a changed file, and four fifths of it, once each."""
        found: list[Tripped] = []
        if self._budget <= 0:
            return found
        share = cost / self._budget
        told = f"${cost:.2f} of ${self._budget:.2f} are spent"
        if share >= _EARLY and not self._wrote and "early" not in self._paced:
            self._paced.add("early")
            found.append(Tripped(name="budget-pace", detail=f"{told}, and no file was changed yet"))
        if share >= _LATE and "late" not in self._paced:
            self._paced.add("late")
            found.append(Tripped(name="budget-pace", detail=f"{told}"))
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
