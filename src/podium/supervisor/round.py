"""A supervisor's work on its round: what an earlier one left is repaired and gone on with, the end is recorded."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine, Mapping
from datetime import datetime
from pathlib import Path

from podium.evidence.redaction import Redactor, secret_values
from podium.kernel.clock import Clock, moment, stamp
from podium.kernel.value import canonical
from podium.supervisor.attach import start_lines
from podium.supervisor.attempt import Attempt, mark_of
from podium.supervisor.crash import CrashPoint
from podium.supervisor.ending import Ending, of_stop_reason
from podium.supervisor.files import append_line, write_whole
from podium.supervisor.order import EVENTS, EXIT, STARTS, ExitRecord, Order, Start, read_order, read_session
from podium.supervisor.sandboxed import sweep
from podium.supervisor.stage import Stage
from podium.supervisor.transcript import Transcript
from podium.workspaces.egress.way_out import received
from podium.workspaces.gateway.credentials import NoKeyError, read

RETRY_SECONDS = 1.0


class Round:
    """One supervisor's part in a round. The caller holds the lock, and there is no exit record."""

    def __init__(self, round_dir: Path, clock: Clock, secrets: Mapping[str, str]) -> None:
        self._round_dir = round_dir
        self._secrets = secrets
        self._clock = clock
        self._order = read_order(round_dir)
        self._redactor = Redactor([*received(secrets)[1], *secret_values(self._order.sandbox.env), *_read(self._order)])
        self._crash = CrashPoint(round_dir, self._order.crash_at)
        self._starts = start_lines(round_dir)

    async def run(self) -> None:
        """Play the round to its end. Whatever it raises leaves no exit record: the round may be gone on with."""
        self._crash.reach("locked")
        began = asyncio.get_running_loop().time()
        transcript = Transcript(
            self._round_dir / EVENTS, limit=self._order.limits.transcript, clock=self._clock, redactor=self._redactor
        )
        attempt = len(self._starts) + 1
        stage = Stage(
            self._round_dir,
            self._order,
            transcript,
            self._clock,
            self._crash,
            attempt=attempt,
            secrets=self._secrets,
        )
        watching = asyncio.create_task(stage.watch())
        try:
            if self._starts:
                await sweep(mark_of(self._round_dir))
            stage.lapse_earlier()
            stage.mailbox.open()
            ending, stderr = await self._ending(stage, attempt)
        except Exception as error:
            logging.getLogger(__name__).exception("the round ends by a mistake of Podium's")
            ending, stderr = Ending(outcome="failed", error=f"a mistake in Podium: {error!r}"), ""
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        self._crash.reach("ending")
        seconds = self._earlier() + asyncio.get_running_loop().time() - began
        await self._leave(transcript, ending, stderr, seconds)
        self._crash.reach("ended")
        stage.finished()
        stage.mailbox.close()

    async def _ending(self, stage: Stage, attempt: int) -> tuple[Ending, str]:
        """How the round ends, and what the agent wrote to stderr."""
        over = stage.transcript.tally.result
        if over is not None and over.stop_reason != "cancelled":
            return of_stop_reason(over.stop_reason), ""  # the talk was over before the earlier supervisor died
        if attempt > self._order.max_attempts:
            return Ending(outcome="crashed", error=f"its supervisor died {attempt - 1} times"), ""
        await _either(stage.unpaused(), stage.stop, stage.broken)
        if stage.broken.done():
            return stage.broken.result(), ""
        if stage.stop.done():
            return stage.stop.result(), ""
        playing = Attempt(self._round_dir, self._order, stage, self._crash, self._secrets, number=attempt)
        await stage.with_room(lambda: self._count(attempt, playing))
        ending = await playing.play()
        return ending, playing.stderr

    def _count(self, attempt: int, playing: Attempt) -> None:
        start = Start(attempt=attempt, pid=os.getpid(), at=stamp(self._clock.now()), planned=playing.planned)
        append_line(self._round_dir / STARTS, canonical(start) + b"\n")
        self._starts = (*self._starts, start)
        self._crash.reach("counted")

    def _earlier(self) -> float:
        """Seconds between the first start and this supervisor's; a clock that was set back counts as none."""
        if len(self._starts) < 2:
            return 0.0
        first, last = moment(self._starts[0].at), moment(self._starts[-1].at)
        return max(0.0, (last - first).total_seconds())

    async def _leave(self, transcript: Transcript, ending: Ending, stderr: str, seconds: float) -> None:
        """Write the exit record; on a full disk, wait until there is room. The agent is gone by now."""
        while True:
            try:
                record = self._record(transcript, transcript.digest(), ending, stderr, seconds)
                write_whole(self._round_dir / EXIT, canonical(record))
            except OSError:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                transcript.close()
                return

    def _record(self, transcript: Transcript, digest: str, ending: Ending, stderr: str, seconds: float) -> ExitRecord:
        tally = transcript.tally
        session = read_session(self._round_dir)
        now: datetime = self._clock.now()
        return ExitRecord(
            round=self._order.round,
            outcome=ending.outcome,
            attempt=len(self._starts),
            started_at=self._starts[0].at if self._starts else stamp(now),
            ended_at=stamp(now),
            seconds=round(seconds, 3),
            stop_reason=ending.stop_reason,
            session=session.session if session else "",
            resumption=session.resumption if session else "new",
            events=tally.events,
            transcript=digest,
            usage=tally.usage,
            claim=self._redactor.text(tally.claim),
            error=self._redactor.text(ending.error),
            breach=self._redactor.text(ending.breach),
            stopped_by=ending.stopped_by,
            trips=tuple(tally.trips),
            agent_name=tally.started.agent_name if tally.started else "",
            agent_version=tally.started.agent_version if tally.started else "",
            stderr=self._redactor.text(stderr),
        )


def _read(order: Order) -> tuple[str, ...]:
    """The key of a file or a sign-in, as it is now."""
    if order.gateway is None or order.gateway.key.variable:
        return ()
    try:
        return read(order.gateway.kind, order.gateway.key, {}).secrets
    except NoKeyError:
        return ()


async def _either(work: Coroutine[None, None, None], *futures: asyncio.Future[Ending]) -> None:
    """Return once one of them is done."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task, *futures}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
