"""What every driver of agents must do, as a test class to derive from.

    class TestMyDriver(AgentConformance):
        def make(self):
            return MyDriver()

        def task(self, place):
            return AgentTask(agent="mine", command=("my-agent",), workdir=str(place))   # says WORD to any prompt

        def hanging(self, place):
            return task_of_an_agent_that_never_ends_its_turn, lambda: whether_it_is_at_work

The suite starts the driver's own command as a real process, without a sandbox, in the directory `place`. A driver that
passes keeps a round alive through whatever its agent prints, tells what it cannot understand, never takes silence for
success, and leaves its agent able to end. Podium's own drivers pass the same suite.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from abc import abstractmethod
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
import psutil
import pytest

from podium.agents.driver import (
    AgentFailedError,
    AgentFloodError,
    AgentGoneError,
    AgentTask,
    Driver,
    Opened,
    PermissionChoice,
    Pipes,
    Turn,
)
from podium.agents.event import Event, Message, PermissionAsked, Undecoded

WORD: Final = "conformance"
"""What the agent of `task` says."""

_LOST: Final = "7d7b3f6e-8c0f-4a8e-9b0a-6b7f0c1d2e3f"
_SECONDS: Final = 90.0
_BABBLE: Final = 'echo "this is no protocol"; echo "{\\"neither\\": is this"; exec "$@"'
_FLOOD: Final = 'line=$(printf "%01000d" 7); while :; do echo "$line"; done'

Hanging: TypeAlias = tuple[AgentTask, Callable[[], object]]


class Recorder:
    """A host that keeps all that it is told, and denies every question."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)

    async def ask(self, question: PermissionAsked) -> PermissionChoice:
        refusals = [option for option, kind in question.kinds.items() if kind.startswith("reject")]
        return PermissionChoice(option=refusals[0] if refusals else "")

    @property
    def said(self) -> str:
        """All messages, one after the other."""
        return "".join(event.text for event in self.events if isinstance(event, Message))


class Stage(msgspec.Struct, frozen=True):
    """A driver with its agent, at work."""

    driver: Driver
    process: Process
    host: Recorder
    task: AgentTask

    async def open(self) -> Opened:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        return await self.driver.open(Pipes(self.process.stdin, self.process.stdout), self.host, self.task)


Scene: TypeAlias = Callable[[Stage], Awaitable[None]]


class AgentConformance:
    """Give `make`, `task` and `hanging`; `env` where the agent needs variables."""

    @abstractmethod
    def make(self) -> Driver:
        """A new driver."""

    @abstractmethod
    def task(self, place: Path) -> AgentTask:
        """A task for an agent that says `WORD`, whatever it is told, and ends its turn."""

    @abstractmethod
    def hanging(self, place: Path) -> Hanging:
        """A task for an agent that never ends its turn, and how to see that it has begun it."""

    def env(self, place: Path) -> dict[str, str]:
        """The agent's variables; by default the usual PATH, and `place` as its HOME and for what is temporary."""
        return {"PATH": os.defpath, "HOME": str(place), "TMPDIR": str(place)}

    # --- the suite ----------------------------------------------------------------------------------------------------

    def test_its_command_is_made_quickly_without_heavy_imports_and_is_text(self, tmp_path: Path) -> None:
        task = self.task(tmp_path)
        before = time.process_time()
        argv = self.make().argv(task)
        assert time.process_time() - before < 0.5, "argv is made before the agent boots: nothing heavy belongs there"
        assert argv
        assert all(isinstance(word, str) and "\0" not in word for word in argv)

    def test_a_turn_tells_what_was_said_and_that_it_is_over(self, tmp_path: Path) -> None:
        async def scene(stage: Stage) -> None:
            opened = await stage.open()
            assert opened.session, "a round needs a session's name"
            assert not opened.loaded, "no session was asked for"
            turn = await stage.driver.turn("Speak.")
            assert turn.stop_reason == "end_turn"
            assert WORD in stage.host.said

        self._play(self.task(tmp_path), tmp_path, scene)

    def test_a_second_turn_works_like_the_first(self, tmp_path: Path) -> None:
        async def scene(stage: Stage) -> None:
            await stage.open()
            for prompt in ("Speak.", 'Once more: "quotes", \n lines, $(touch not-me) and ünïcödé.'):
                assert (await stage.driver.turn(prompt)).stop_reason == "end_turn"
            assert stage.host.said.count(WORD) >= 2

        self._play(self.task(tmp_path), tmp_path, scene)
        assert not (tmp_path / "not-me").exists(), "a prompt was taken for a command"

    def test_a_session_that_is_lost_gives_a_new_one_and_says_why(self, tmp_path: Path) -> None:
        async def scene(stage: Stage) -> None:
            opened = await stage.open()
            assert not opened.loaded
            assert opened.session != _LOST
            assert opened.why_not_loaded, "the record must say why the conversation does not go on"

        task = msgspec.structs.replace(self.task(tmp_path), session=_LOST, load_seconds=30.0)
        self._play(task, tmp_path, scene)

    def test_what_is_no_protocol_is_kept_and_the_round_goes_on(self, tmp_path: Path) -> None:
        async def scene(stage: Stage) -> None:
            await stage.open()
            assert (await stage.driver.turn("Speak.")).stop_reason == "end_turn"
            assert WORD in stage.host.said
            kept = [event.raw for event in stage.host.events if isinstance(event, Undecoded)]
            assert all(len(raw) < 100_000 for raw in kept)

        self._play(self.task(tmp_path), tmp_path, scene, around=_BABBLE)

    def test_a_flood_is_ended(self, tmp_path: Path) -> None:
        async def scene(stage: Stage) -> None:
            with pytest.raises(AgentFloodError):  # noqa: PT012 - whichever of the two meets it first
                await stage.open()
                await stage.driver.turn("Speak.")

        task = msgspec.structs.replace(self.task(tmp_path), total_limit=2**20)
        self._play(task, tmp_path, scene, around=_FLOOD)

    def test_a_cancel_ends_the_turn_as_cancelled(self, tmp_path: Path) -> None:
        async def scene(stage: Stage) -> None:
            turn = await self._hung(stage, begun)
            await stage.driver.cancel()
            assert (await asyncio.wait_for(turn, _SECONDS)).stop_reason == "cancelled"

        task, begun = self.hanging(tmp_path)
        self._play(task, tmp_path, scene)

    def test_an_agent_that_dies_in_its_turn_is_gone(self, tmp_path: Path) -> None:
        async def scene(stage: Stage) -> None:
            turn = await self._hung(stage, begun)
            _kill(stage.process)
            with pytest.raises((AgentGoneError, AgentFailedError)):
                await asyncio.wait_for(turn, _SECONDS)
            await stage.driver.cancel()  # nothing is left to cancel, and that is no error

        task, begun = self.hanging(tmp_path)
        self._play(task, tmp_path, scene)

    def test_an_agent_that_ends_at_once_never_counts_as_done(self, tmp_path: Path) -> None:
        async def scene(stage: Stage) -> None:
            with pytest.raises((AgentGoneError, AgentFailedError)):  # noqa: PT012 - whichever of the two meets it first
                await stage.open()
                await stage.driver.turn("Speak.")

        self._play(self.task(tmp_path), tmp_path, scene, around="exit 0")

    def test_it_may_be_closed_twice_and_then_its_agent_ends(self, tmp_path: Path) -> None:
        async def scene(stage: Stage) -> None:
            await stage.open()
            await stage.driver.close()
            await stage.driver.close()
            await asyncio.wait_for(stage.process.wait(), _SECONDS)

        self._play(self.task(tmp_path), tmp_path, scene)

    # --- how it is played ---------------------------------------------------------------------------------------------

    async def _hung(self, stage: Stage, begun: Callable[[], object]) -> asyncio.Task[Turn]:
        await stage.open()
        turn = asyncio.create_task(stage.driver.turn("Begin, and do not end."))
        deadline = time.monotonic() + _SECONDS
        while not begun():
            if turn.done():
                raise AssertionError(f"the turn ended before it hung: {turn.exception() or turn.result()}")
            assert time.monotonic() < deadline, "the agent did not begin"
            await asyncio.sleep(0.02)
        return turn

    def _play(self, task: AgentTask, place: Path, scene: Scene, *, around: str = "") -> None:
        async def run() -> None:
            spoken, pipe = self.make(), asyncio.subprocess.PIPE
            argv = spoken.argv(task)
            argv = ("/bin/sh", "-c", around, "around", *argv) if around else argv
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=pipe,
                stdout=pipe,
                stderr=sys.stderr,
                cwd=place,
                env=self.env(place),
                start_new_session=True,
            )
            stage = Stage(spoken, process, Recorder(), task)
            try:
                await scene(stage)
            finally:
                await spoken.close()
                _kill(process)
                # Its pipe is emptied first: asyncio waits for the end of a pipe that it has stopped to read for ever.
                if process.stdout is not None:
                    while await process.stdout.read(65536):
                        pass
                await process.wait()

        asyncio.run(asyncio.wait_for(run(), 2 * _SECONDS))


def _kill(process: Process) -> None:
    """End the agent with all that it started, as a sandbox does."""
    with contextlib.suppress(psutil.NoSuchProcess):
        whole = psutil.Process(process.pid)
        for each in (*whole.children(recursive=True), whole):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # and what was left behind by one that is gone
