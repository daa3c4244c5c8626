"""The ACP driver against a real process that speaks ACP; no sandbox, no supervisor."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from podium.agents.acp import AcpDriver
from podium.agents.driver import (
    AgentGoneError,
    AgentTask,
    Opened,
    PermissionChoice,
    Pipes,
    Turn,
    driver,
    drivers,
)
from podium.agents.event import (
    ErrorReported,
    Event,
    Message,
    PermissionAsked,
    PlanUpdated,
    Thought,
    ToolCall,
    UsageReported,
)
from podium.kernel.errors import UsageError
from podium.testing.actions import (
    Action,
    Ask,
    Edit,
    Exit,
    Hang,
    Plan,
    Read,
    Run,
    Say,
    Think,
    Usage,
    Write,
)
from podium.testing.script import Script, rounds, save


class Recorder:
    """A host that keeps what it is told and answers as it was told to."""

    def __init__(self, option: str = "") -> None:
        self.events: list[Event] = []
        self.asked: list[PermissionAsked] = []
        self._option = option

    def emit(self, event: Event) -> None:
        self.events.append(event)

    async def ask(self, question: PermissionAsked) -> PermissionChoice:
        self.asked.append(question)
        return PermissionChoice(option=self._option)

    def calls(self) -> list[ToolCall]:
        return [event for event in self.events if isinstance(event, ToolCall)]


Scene = Callable[[AcpDriver, Opened, Recorder], Awaitable[None]]


class Theatre:
    def __init__(self, root: Path) -> None:
        self.work = root / "work"
        self.home = root / "home"
        self.work.mkdir()
        self.home.mkdir()

    def play(
        self, scene: Scene, *acts: tuple[Action, ...], option: str = "", session: str = "", model: str = ""
    ) -> Recorder:
        script = save(Script(tasks=(rounds(*acts),)), self.home / "script.json")
        command = (sys.executable, "-m", "podium.testing.scripted_agent", str(script), "--home", str(self.home))
        task = AgentTask(agent="scripted", command=command, session=session, model=model, workdir=str(self.work))

        async def run() -> Recorder:
            recorder = Recorder(option)
            spoken = AcpDriver()
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(*spoken.argv(task), stdin=pipe, stdout=pipe)
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                opened = await spoken.open(Pipes(process.stdin, process.stdout), recorder, task)
                await scene(spoken, opened, recorder)
            finally:
                await spoken.close()
                await asyncio.wait_for(process.wait(), 10)
            return recorder

        return asyncio.run(asyncio.wait_for(run(), 60))


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    return Theatre(tmp_path)


async def one_turn(spoken: AcpDriver, _opened: Opened, _recorder: Recorder) -> None:
    turn = await spoken.turn("Do it.")
    assert turn.stop_reason == "end_turn"


def test_all_that_an_agent_does_becomes_typed_events(theatre: Theatre) -> None:
    recorder = theatre.play(
        one_turn,
        (
            Think(text="Hm."),
            Plan(entries=("one", "two"), done=1),
            Write(path="a.py", text="a = 1\n"),
            Read(path="a.py"),
            Edit(path="a.py", old="1", new="2"),
            Run(command="echo hello; exit 3"),
            Usage(input=7, output=3, cost_usd=0.5),
            Say(text="Done."),
        ),
    )
    kinds = {type(event) for event in recorder.events}
    assert kinds >= {Thought, PlanUpdated, ToolCall, UsageReported, Message}
    plan = next(event for event in recorder.events if isinstance(event, PlanUpdated))
    assert [(step.text, step.status) for step in plan.steps] == [("one", "completed"), ("two", "pending")]
    diffs = [diff for call in recorder.calls() for diff in call.diffs]
    assert [(Path(diff.path).name, diff.old, diff.new) for diff in diffs] == [
        ("a.py", None, "a = 1\n"),
        ("a.py", "1", "2"),
    ]
    run = [call for call in recorder.calls() if call.command]
    assert run[0].command == "echo hello; exit 3"
    assert "hello" in "".join(call.output for call in recorder.calls() if call.id == run[0].id)
    usages = [event.usage for event in recorder.events if isinstance(event, UsageReported)]
    assert [usage.cost_usd for usage in usages] == [0.5, None]
    assert (usages[1].input_tokens, usages[1].output_tokens) == (7, 3)


def test_a_question_is_asked_with_its_options_and_the_choice_reaches_the_agent(theatre: Theatre) -> None:
    ask = Ask(title="Go?", kind="execute", command="make", allowed=(Say(text="yes"),), denied=(Say(text="no"),))
    for option, answer in (("allow", "yes"), ("deny", "no"), ("", "no")):
        recorder = theatre.play(one_turn, (ask,), option=option)
        (asked,) = recorder.asked
        assert (asked.request.title, asked.request.kind, asked.command) == ("Go?", "execute", "make")
        assert asked.kinds == {"allow": "allow_once", "deny": "reject_once"}
        said = "".join(event.text for event in recorder.events if isinstance(event, Message))
        assert said == f"[scripted] {answer}"


def test_a_session_is_loaded_and_its_past_is_not_told_again(theatre: Theatre) -> None:
    sessions: list[str] = []

    async def first(spoken: AcpDriver, opened: Opened, _recorder: Recorder) -> None:
        assert not opened.loaded
        assert opened.agent_name.startswith("Scripted")
        sessions.append(opened.session)
        await spoken.turn("One.")

    async def second(spoken: AcpDriver, opened: Opened, _recorder: Recorder) -> None:
        assert opened.loaded
        assert opened.session == sessions[0]
        await spoken.turn("Two.")

    acts = ((Say(text="First."),), (Say(text="Second."),))
    theatre.play(first, *acts)
    recorder = theatre.play(second, *acts, session=sessions[0])
    assert [event.text for event in recorder.events if isinstance(event, Message)] == ["[scripted] Second."]


def test_a_session_that_is_gone_gives_a_new_one_and_the_reason(theatre: Theatre) -> None:
    async def scene(_spoken: AcpDriver, opened: Opened, _recorder: Recorder) -> None:
        assert not opened.loaded
        assert opened.session != "gone"
        assert "not found" in opened.why_not_loaded

    theatre.play(scene, (Say(text="x"),), session="gone")


def test_a_cancel_ends_the_turn(theatre: Theatre) -> None:
    turns: list[Turn] = []

    async def scene(spoken: AcpDriver, _opened: Opened, _recorder: Recorder) -> None:
        turn = asyncio.create_task(spoken.turn("Hang."))
        while not (theatre.work / "hanging").exists():
            await asyncio.sleep(0.01)
        await spoken.cancel()
        turns.append(await asyncio.wait_for(turn, 5))

    theatre.play(scene, (Hang(mark="hanging"),))
    assert turns[0].stop_reason == "cancelled"


def test_an_agent_that_goes_away_in_its_turn_is_gone(theatre: Theatre) -> None:
    async def scene(spoken: AcpDriver, _opened: Opened, _recorder: Recorder) -> None:
        with pytest.raises(AgentGoneError):
            await spoken.turn("Go away.")
        await spoken.cancel()  # nobody hears it, and that is no error

    theatre.play(scene, (Exit(code=0),))


def test_a_model_that_cannot_be_chosen_is_told(theatre: Theatre) -> None:
    recorder = theatre.play(one_turn, (Say(text="x"),), model="big-1")
    told = [event for event in recorder.events if isinstance(event, ErrorReported)]
    assert len(told) == 1
    assert "'big-1'" in told[0].what


def test_the_driver_is_found_by_its_name() -> None:
    assert isinstance(driver("acp"), AcpDriver)
    assert "acp" in drivers()
    with pytest.raises(UsageError, match="telepathy"):
        driver("telepathy")
