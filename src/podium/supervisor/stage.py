"""What happens around one agent at work: its events are recorded, its questions answered, its limits watched, and a
person's messages obeyed. One stage per supervisor, used from its one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from podium.agents.driver import Driver, PermissionChoice
from podium.agents.event import (
    Cleared,
    ErrorReported,
    Event,
    Metered,
    Paused,
    PermissionAsked,
    Refused,
    Resumed,
    Steered,
    StopAsked,
    ToolCall,
    Tripped,
    UsageReported,
    Waiting,
    WaitOver,
)
from podium.kernel.clock import Clock
from podium.kernel.room import is_no_room
from podium.runs.model import TripName
from podium.supervisor.crash import CrashPoint
from podium.supervisor.ending import Ending
from podium.supervisor.inbox import Answer, Budget, Delivery, Pause, Resume, Say, Stop
from podium.supervisor.keeper import ModelKeeper
from podium.supervisor.mailbox import Mailbox
from podium.supervisor.order import Order
from podium.supervisor.questions import Questions, lapsed
from podium.supervisor.sandboxed import AgentProcess
from podium.supervisor.transcript import Transcript
from podium.supervisor.tripwires import Tripwire
from podium.supervisor.upper import ChangedFiles
from podium.workspaces.plan import seen_workspace
from podium.workspaces.watchdog import Breach, Watchdog

TICK_SECONDS = 0.5
ROOM = "room"
FULL = "the disk is full: nothing that the agent does could be recorded"
_LOOK_EVERY = 2  # ticks between two looks at the changed files, and at the inbox in case a wake-up was lost


class Stage:
    """The host of a driver (see `podium.agents.driver.Host`), and all that can end a round before its agent does."""

    def __init__(
        self,
        round_dir: Path,
        order: Order,
        transcript: Transcript,
        clock: Clock,
        crash: CrashPoint,
        *,
        attempt: int,
        secrets: Mapping[str, str],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.transcript = transcript
        self.mailbox = Mailbox(round_dir, self._on_message)
        self.stop: asyncio.Future[Ending] = loop.create_future()  # a person ends the round
        self.broken: asyncio.Future[Ending] = loop.create_future()  # a limit does, or Podium cannot go on
        self.questions = Questions(
            attempt=attempt,
            rules=order.permissions,
            workdir=seen_workspace(order.sandbox),
            clock=clock,
            record=self.emit,
        )
        self._plan = order.sandbox
        self._watchdog = Watchdog(order.sandbox)
        self._changed = ChangedFiles(Path(order.sandbox.upper)) if order.sandbox.tier == "overlay" else None
        self._tripwire = Tripwire(
            order.tripwires,
            scope=order.scope,
            scratch=order.scratch,
            now=loop.time(),
            workdir=seen_workspace(order.sandbox),
            guarded=order.guarded,
            budget_usd=order.budget_usd,
        )
        self._refused: set[str] = set()
        self._held: dict[str, str] = {}
        self._writers = 0  # acts of `with_room` that have none
        self._held_since: float | None = None
        self.keeper = ModelKeeper(order, order.gateway, secrets, self, clock) if order.gateway is not None else None
        self._running = asyncio.Event()
        if not transcript.tally.paused:
            self._running.set()
        self._words: deque[tuple[Delivery, Say]] = deque()
        self._stops: list[Delivery] = []
        self._cancelling: asyncio.Task[None] | None = None
        self._crash = crash
        self.process: AgentProcess | None = None
        self.driver: Driver | None = None

    # --- the driver's host --------------------------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        """Record an event and what it trips. Never raises: what is wrong ends the round."""
        if isinstance(event, UsageReported) and self.transcript.tally.metered.requests:
            event = replace(event, usage=self.transcript.tally.usage)  # what was counted, not what the agent says
        try:
            if not self.transcript.record(event):
                self.limit("flood", "the agent did more than its transcript can hold")
                return
            if isinstance(event, Metered):
                self.emit(UsageReported(usage=self.transcript.tally.usage))
                return
            for news in self._tripwire.seen(event, self._now()):
                self.transcript.record(news)
            if isinstance(event, ToolCall):
                self._crash.reach("working")
        except OSError as error:
            self._fail(f"the transcript cannot be written: {error.strerror}")
        self._hold_for_room()

    async def ask(self, question: PermissionAsked) -> PermissionChoice:
        """Wait for the answer to a permission request."""
        return await self.questions.ask(question)

    def refused(self, where: str, why: str) -> None:
        """The agent tried to reach what it may not: each place is told once."""
        if where not in self._refused and len(self._refused) < 100:
            self._refused.add(where)
            self.emit(Refused(where=where[:300], why=why[:300]))
            self.tell(Tripped(name="exfiltration", detail=f"tried to reach {where[:300]}: {why[:300]}"))

    # --- what ends a round early --------------------------------------------------------------------------------------

    def limit(self, name: TripName, breach: str, *, timeout: bool = False) -> None:
        """A limit was broken: say so, and end the round."""
        if not self.broken.done():
            self.broken.set_result(Ending(outcome="timeout" if timeout else "limit", breach=breach))
            self.tell(Tripped(name=name, detail=breach))

    def tell(self, event: Event) -> None:
        """Record an event of the supervisor's own, also when the agent filled the transcript."""
        try:
            self.transcript.record_last(event)
        except OSError as error:
            self._fail(f"the transcript cannot be written: {error.strerror}")
        self._hold_for_room()

    def _fail(self, error: str) -> None:
        if not self.broken.done():
            self.broken.set_result(Ending(outcome="failed", error=error))

    # --- time ---------------------------------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Sample limits and tripwires, until cancelled."""
        ticks = 0
        while True:
            await asyncio.sleep(TICK_SECONDS)
            ticks += 1
            self._look_for_room()
            self.sample()
            self._tripped(self._tripwire.tick(self._now()))
            if ticks % _LOOK_EVERY == 0:
                self.mailbox.look()
                if self._changed is not None:
                    self._tripped(self._tripwire.changed(self._changed.look()))

    async def unpaused(self) -> None:
        """Return once the round is not paused."""
        await self._running.wait()

    @property
    def paused(self) -> bool:
        """Whether a person stopped the clock."""
        return not self._running.is_set()

    def sample(self) -> None:
        """Look at what the sandbox uses now, unless it stands still; a limit that is broken ends the round."""
        if self.process is None or self._held or not self._running.is_set():
            return
        breach: Breach | None = self._watchdog.sample(self.process.first_pid)
        if breach is not None:
            self.limit("limit", breach.text, timeout=breach.name == "wall clock")

    def _tripped(self, news: tuple[Tripped | Cleared, ...]) -> None:
        for each in news:
            self.emit(each)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    # --- a person's messages ------------------------------------------------------------------------------------------

    def next_word(self) -> Say | None:
        """What a person wants said next; it counts as said. Call only when it is certainly told to the agent."""
        if not self._words:
            return None
        delivery, word = self._words.popleft()
        self.emit(Steered(text=word.text, by=word.by))
        self.mailbox.acknowledge(delivery)
        return word

    @property
    def has_word(self) -> bool:
        """Whether a person wants something said."""
        return bool(self._words)

    def finished(self) -> None:
        """The exit record is written: a stop has had its effect."""
        if self.keeper is not None:
            self.keeper.close()
        self._watchdog.close()
        for delivery in self._stops:
            self.mailbox.acknowledge(delivery)

    def lapse_earlier(self) -> None:
        """Questions of an attempt that died are nobody's any more."""
        for request in list(self.transcript.tally.questions):
            self.emit(lapsed(request))

    def _on_message(self, delivery: Delivery) -> None:
        match delivery.message:
            case Stop(by=by):
                self._stops.append(delivery)
                if not self.stop.done():
                    self.tell(StopAsked(by=by))
                    self.stop.set_result(Ending(outcome="stopped", stopped_by=by or "a person"))
                return
            case Say() as word:
                self._words.append((delivery, word))
                if word.interrupt and self.driver is not None:
                    self._cancelling = asyncio.create_task(self.cancel(self.driver))
                return
            case Answer() as answer:
                self.questions.answer(answer)
            case Pause(by=by):
                self._pause(by)
            case Resume(by=by):
                self._resume(by)
                if self.keeper is not None:
                    self.keeper.wake()
            case Budget(account=account, usd=usd):
                if self.keeper is not None:
                    self.keeper.raise_cap(account, usd)
            case None:
                why = f"the inbox message {delivery.id!r} cannot be understood"
                self.tell(ErrorReported(what=why, source="supervisor"))
        self.mailbox.acknowledge(delivery)

    async def cancel(self, driver: Driver) -> None:
        """Ask the agent to end its turn."""
        self.questions.lapse()
        await driver.cancel()

    # --- what the round waits for -------------------------------------------------------------------------------------

    def hold(self, on: str, detail: str, resumes_at: str = "") -> None:
        """Stand still until `release`, the agent's processes frozen, and say why."""
        if self._held.get(on) == detail:
            return
        self._held[on] = detail
        if self._held_since is None:
            self._held_since = self._now()
        if self.process is not None:
            self.process.pause()
        self.emit(Waiting(on=on, detail=detail, resumes_at=resumes_at))

    def release(self, on: str) -> None:
        """Go on, if nothing else is waited for."""
        if self._held.pop(on, None) is None:
            return
        if not self._held and self._held_since is not None:
            self._watchdog.forgive(self._now() - self._held_since)
            self._held_since = None
        self._thaw()
        self.emit(WaitOver(on=on))

    @property
    def still(self) -> bool:
        """Whether the agent is kept from working, by a person or by what the round waits for."""
        return self.paused or bool(self._held)

    async def with_room(self, act: Callable[[], None]) -> None:
        """Do an act that writes. While the disk has no room for it the round stands still, and it is tried again.

        Raises what else the act raises.
        """
        while True:
            try:
                return act()
            except OSError as error:
                if not is_no_room(error):
                    raise
            self._writers += 1
            try:
                self.hold(ROOM, FULL)
                await asyncio.sleep(TICK_SECONDS)
            finally:
                self._writers -= 1

    async def all_written(self) -> None:
        """Return once nothing waits for room on the disk, or the round is to end anyway."""
        while self.transcript.waiting and not self.stop.done() and not self.broken.done():
            await asyncio.sleep(TICK_SECONDS)

    def _hold_for_room(self) -> None:
        if self.transcript.waiting:
            self.hold(ROOM, FULL)

    def _look_for_room(self) -> None:
        if ROOM not in self._held:
            return
        try:
            found = self.transcript.retry() and not self._writers
        except OSError as error:
            self._fail(f"the transcript cannot be written: {error.strerror}")
        else:
            if found:
                self.release(ROOM)

    def _thaw(self) -> None:
        if self.process is not None and not self.paused and not self._held:
            self.process.resume()

    def _pause(self, by: str) -> None:
        if self.paused:
            return
        self._running.clear()
        if self.process is not None:
            self.process.pause()
        self.tell(Paused(by=by))
        self._tripwire.seen(Paused(by=by), self._now())

    def _resume(self, by: str) -> None:
        if not self.paused:
            return
        self._running.set()
        self._thaw()
        self.tell(Resumed(by=by))
        self._tripped(self._tripwire.seen(Resumed(by=by), self._now()))
