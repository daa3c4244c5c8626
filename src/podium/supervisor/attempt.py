"""One attempt: a sandbox is started, the agent in it gets a session and its task, and the talk goes on to its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import TypeVar

from podium.agents.driver import (
    AgentFailedError,
    AgentFloodError,
    AgentGoneError,
    AgentTask,
    Opened,
    driver,
)
from podium.agents.event import ErrorReported, Result, Started
from podium.kernel.errors import PodiumError
from podium.kernel.ids import digest
from podium.kernel.value import canonical
from podium.runs.model import Resumption
from podium.supervisor.crash import CrashPoint
from podium.supervisor.doors import Doors
from podium.supervisor.ending import Ending, of_stop_reason
from podium.supervisor.files import write_whole
from podium.supervisor.order import SESSION, Order, SessionRecord, read_session
from podium.supervisor.sandboxed import AgentProcess
from podium.supervisor.stage import Stage
from podium.workspaces.plan import seen_workdir

_T = TypeVar("_T")

GO_ON = (
    "You were interrupted while you worked on this task; it was not your fault. Your workspace is as you left it. "
    "Look at what is there already, and finish the task. It was:\n\n"
)
TAKE_OVER = (
    "Someone was interrupted while working on this task, and you take over. The workspace holds what was done so far. "
    "Look at it, and finish the task. It was:\n\n"
)


class Attempt:
    """Starts one agent and talks with it; used once."""

    def __init__(
        self, round_dir: Path, order: Order, stage: Stage, crash: CrashPoint, secrets: Mapping[str, str], *, number: int
    ) -> None:
        self._round_dir = round_dir
        self._order = order
        self._stage = stage
        self._crash = crash
        self._number = number
        self._before = read_session(round_dir)
        self._doors = Doors(order, secrets, stage.keeper, stage.refused)
        self.stderr = ""

    @property
    def planned(self) -> Resumption:
        """What it will try first."""
        return "session" if self._wish else "new"

    @property
    def _wish(self) -> str:
        return self._before.session if self._before is not None else self._order.session

    async def play(self) -> Ending:
        """Run it to its end; afterwards nothing of the agent is left. Never raises for what the agent does."""
        order = self._order
        task = AgentTask(
            agent=order.agent,
            command=order.command,
            program=order.program,
            session=self._wish,
            model=order.model,
            model_url=order.model_url,
            api=order.gateway.kind if order.gateway else "",
            workdir=seen_workdir(order.sandbox),
            line_limit=order.limits.line,
            total_limit=order.limits.total,
            load_seconds=order.start_seconds / 2,
        )
        try:
            spoken = driver(order.driver)
            process = await AgentProcess.spawn(
                order.sandbox,
                spoken.argv(task),
                bwrap=order.bwrap,
                stderr_limit=order.limits.stderr,
                mark=mark_of(self._round_dir),
            )
        except PodiumError as error:
            return Ending(outcome="failed", error=str(error))
        self._stage.process, self._stage.driver = process, spoken
        if self._stage.paused:
            process.pause()
        self._crash.reach("spawned")
        conversation = asyncio.create_task(self._converse(process, task))
        try:
            ending = await self._until_over(conversation)
        finally:
            self._stage.driver = None
            self._stage.questions.lapse()
            conversation.cancel()
            await asyncio.gather(conversation, return_exceptions=True)
            await spoken.close()
            if not self._stage.broken.done() and not process.paused:
                await process.gone(order.exit_seconds)
            how = await process.end()
            await self._doors.close()
            self._stage.process = None
            self.stderr = process.stderr
        return _told(ending, how)

    async def _until_over(self, conversation: asyncio.Task[Ending]) -> Ending:
        stage = self._stage
        first = asyncio.FIRST_COMPLETED
        await asyncio.wait({conversation, stage.stop, stage.broken}, return_when=first)
        if not stage.broken.done() and not conversation.done() and not stage.paused and stage.driver is not None:
            await stage.cancel(stage.driver)
            await asyncio.wait({conversation, stage.broken}, timeout=self._order.grace_seconds, return_when=first)
        if stage.broken.done():
            return stage.broken.result()
        if stage.stop.done():
            return stage.stop.result()
        await stage.all_written()  # the agent is thawed then, and may end as it likes
        stage.sample()  # what it broke since the last look counts as well
        return stage.broken.result() if stage.broken.done() else conversation.result()

    async def _converse(self, process: AgentProcess, task: AgentTask) -> Ending:
        try:
            return await self._talk(process, task)
        except AgentFloodError as error:
            self._stage.limit("flood", error.what)
            return Ending(outcome="limit", breach=error.what)
        except AgentGoneError as error:
            return Ending(outcome="crashed", error=f"the agent ended without finishing: {error.what}")
        except AgentFailedError as error:
            self._stage.emit(ErrorReported(what=str(error)))
            return Ending(outcome="failed", error=f"the agent failed: {error}")
        except PodiumError as error:
            return Ending(outcome="failed", error=str(error))
        except TimeoutError:
            why = f"the agent had no session after {self._order.start_seconds:g} s"
            return Ending(outcome="timeout", error=why)
        except OSError as error:
            return Ending(outcome="failed", error=f"Podium could not go on: {error}")

    async def _talk(self, process: AgentProcess, task: AgentTask) -> Ending:
        stage = self._stage
        spoken = stage.driver
        if spoken is None:
            raise RuntimeError("an attempt needs a driver")
        await self._in_time(process.begin(self._doors.open))
        opened = await self._in_time(spoken.open(process.pipes, stage, task))
        self._crash.reach("opened")
        prompt = await self._begin(opened)
        while True:
            turn = await spoken.turn(prompt)
            again = stage.has_word and not stage.stop.done()
            stage.emit(Result(stop_reason=turn.stop_reason, last=not again))
            if not again:
                self._crash.reach("result")
                return of_stop_reason(turn.stop_reason)
            word = stage.next_word()
            prompt = word.text if word is not None else ""

    async def _in_time(self, opening: Awaitable[_T]) -> _T:
        """The result, unless it takes longer than allowed; time in which the round stands still does not count."""
        task = asyncio.ensure_future(opening)
        left = self._order.start_seconds
        try:
            while not task.done():
                if left <= 0:
                    raise TimeoutError
                step = min(left, 0.5)
                await asyncio.wait({task}, timeout=step)
                left -= 0.0 if self._stage.still else step
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, PodiumError):
                    await task

    async def _begin(self, opened: Opened) -> str:
        """Record the session and give the prompt for it."""
        resumption: Resumption = "session" if opened.loaded else "fallback" if self._wish else "new"
        await self._save(SessionRecord(session=opened.session, resumption=self._origin(resumption)))
        self._crash.reach("session")
        if opened.why_not_loaded:
            why = f"the session {self._wish!r} was not loaded: {opened.why_not_loaded}"
            self._stage.emit(ErrorReported(what=why, source="driver"))
        started = Started(
            agent=self._order.agent,
            attempt=self._number,
            session=opened.session,
            resumption=resumption,
            agent_name=opened.agent_name,
            agent_version=opened.agent_version,
        )
        self._stage.emit(started)
        prompt = self._prompt(resumption)
        await self._save(SessionRecord(session=opened.session, resumption=self._origin(resumption), prompted=True))
        self._crash.reach("prompted")
        return prompt

    def _origin(self, resumption: Resumption) -> Resumption:
        """How the session came to be in this round: a restart that loads it does not change that."""
        return self._before.resumption if self._before is not None and resumption == "session" else resumption

    def _prompt(self, resumption: Resumption) -> str:
        order, before = self._order, self._before
        if resumption == "session" and before is not None:
            task = order.fallback_prompt or order.prompt if before.resumption == "fallback" else order.prompt
            return GO_ON + task if before.prompted else task
        if resumption != "fallback":
            return order.prompt
        if before is not None and before.prompted:
            return TAKE_OVER + (order.fallback_prompt or order.prompt)
        return order.fallback_prompt or order.prompt

    async def _save(self, record: SessionRecord) -> None:
        await self._stage.with_room(lambda: write_whole(self._round_dir / SESSION, canonical(record)))


def mark_of(round_dir: Path) -> str:
    """The word by which a process of this round can be told from all others, from outside its sandbox."""
    return "podium-round-" + digest(os.fsencode(round_dir.absolute())).removeprefix("sha256:")[:24]


def _told(ending: Ending, how: str) -> Ending:
    """The ending, with what the process's own end adds to it."""
    if ending.outcome != "crashed" or not how:
        return ending
    outcome = "failed" if how.startswith("the sandbox") else ending.outcome
    return Ending(outcome=outcome, stop_reason=ending.stop_reason, error=f"{ending.error} ({how})")
