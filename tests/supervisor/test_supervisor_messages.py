"""A person's messages to a living round: obeyed at once, exactly once in effect, delivered at least once."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from podium.agents.event import (
    ErrorReported,
    Message,
    Paused,
    PermissionAnswered,
    PermissionAsked,
    Result,
    Resumed,
    Steered,
    Tripped,
)
from podium.project.model import Tripwires
from podium.supervisor import inbox
from podium.supervisor.inbox import Answer, Pause, Resume, Say, Stop
from podium.testing.actions import Ask, Hang, Mark, Run, WaitForFile
from podium.testing.actions import Say as AgentSays
from podium.testing.waiting import eventually

if TYPE_CHECKING:
    from conftest import Bench


def _states(bench: Bench) -> set[str]:
    return {Path(f"/proc/{each.pid}/stat").read_text().rpartition(")")[2].split()[0] for each in bench.agents()}


def test_an_answer_has_its_effect_within_a_tenth_of_a_second(bench: Bench) -> None:
    bench.start(bench.order(*(Ask(title=str(n), command="x") for n in range(5)), AgentSays(text="Done.")))
    delays: list[float] = []
    for number in range(1, 6):
        bench.wait_for(PermissionAsked, lambda asked, wanted=f"1.{number}": asked.request.id == wanted)
        before = time.monotonic()
        bench.post(Answer(request=f"1.{number}", allow=True))
        bench.wait_for(PermissionAnswered, lambda answered, wanted=f"1.{number}": answered.request == wanted)
        delays.append(time.monotonic() - before)
    assert bench.end().outcome == "completed"
    assert min(delays) < 0.1, delays


def test_a_message_is_moved_to_done_and_is_not_delivered_again(bench: Bench) -> None:
    bench.start(bench.order(Ask(title="?", command="x")))
    bench.wait_for(PermissionAsked)
    assert inbox.post(bench.round_dir, Answer(request="1.1", allow=True), id="decision-7")
    assert bench.end().outcome == "completed"
    assert [path.name for path in (bench.round_dir / "inbox" / "done").iterdir()] == ["decision-7.json"]
    assert not inbox.post(bench.round_dir, Answer(request="1.1", allow=False), id="decision-7")
    assert list(inbox.pending(bench.round_dir)) == []


def test_a_message_that_was_posted_before_the_start_is_delivered(bench: Bench) -> None:
    bench.post(Say(text="Mind the tests."))
    bench.start(bench.order(AgentSays(text="One."), later=((AgentSays(text="Two."),),)))
    assert "Two." in bench.end().claim
    assert [event.text for event in bench.events(Steered)] == ["Mind the tests."]


def test_a_lost_wake_up_only_delays_a_message(bench: Bench) -> None:
    bench.start(bench.order(Hang(mark="here")))
    bench.wait_for_file("here")
    (bench.round_dir / "inbox" / inbox.WAKE).unlink()
    (bench.round_dir / "inbox" / "m1.json").write_text('{"type":"stop","by":"Ada"}')
    assert bench.end().outcome == "stopped"


def test_a_message_that_cannot_be_understood_is_told_and_put_away(bench: Bench) -> None:
    bench.start(bench.order(Mark(path="here"), WaitForFile(path="~/go-on")))
    bench.wait_for_file("here")
    (bench.round_dir / "inbox" / "odd.json").write_text('{"type":"dance"}')
    inbox.wake(bench.round_dir)
    assert "'odd'" in bench.wait_for(ErrorReported).what
    bench.allow_to_go_on("go-on")
    assert bench.end().outcome == "completed"


def test_an_answer_to_a_question_that_nobody_asked_does_nothing(bench: Bench) -> None:
    bench.start(bench.order(Ask(title="?", command="x", allowed=(AgentSays(text="yes"),))))
    bench.wait_for(PermissionAsked)
    bench.post(Answer(request="9.9", allow=True))
    bench.post(Answer(request="1.1", allow=True))
    bench.end()
    assert [event.request for event in bench.events(PermissionAnswered)] == ["1.1"]


def test_a_pause_freezes_every_process_and_a_resume_lets_them_go_on(bench: Bench) -> None:
    count = "while :; do echo x >> ticks; sleep 0.01; done"
    bench.start(
        bench.order(Mark(path="here"), Run(command=f"timeout 1.5 sh -c '{count}'; true"), AgentSays(text="Done."))
    )
    bench.wait_for_file("ticks")
    bench.post(Pause(by="Ada"))
    bench.wait_for(Paused)
    eventually(lambda: _states(bench) == {"T"}, what="all of it is frozen")
    size = (bench.upper / "ticks").stat().st_size
    ended = time.monotonic() + 0.2
    assert eventually(lambda: time.monotonic() > ended, what="some time passes")
    assert (bench.upper / "ticks").stat().st_size == size
    bench.post(Pause(by="Ada"))  # again: nothing happens
    bench.post(Resume(by="Ada"))
    bench.wait_for(Resumed)
    assert bench.end().outcome == "completed"
    assert [(type(event), event.by) for event in bench.events(Paused, Resumed)] == [(Paused, "Ada"), (Resumed, "Ada")]


def test_a_paused_round_does_not_stall_and_can_be_stopped(bench: Bench) -> None:
    bench.start(bench.order(Hang(mark="here"), tripwires=Tripwires(stall_minutes=0.01)))
    bench.wait_for_file("here")
    bench.post(Pause())
    bench.wait_for(Paused)
    told = len(bench.events(Tripped))
    ended = time.monotonic() + 1.5
    assert eventually(lambda: time.monotonic() > ended, what="the time of a stall passes")
    assert len(bench.events(Tripped)) == told
    before = time.monotonic()
    bench.post(Stop(by="Ada"))
    assert bench.end().outcome == "stopped"
    assert time.monotonic() - before < 5


def test_a_paused_round_whose_supervisor_is_killed_leaves_nothing_frozen_behind(bench: Bench) -> None:
    bench.start(bench.order(Hang(mark="here")))
    bench.wait_for_file("here")
    bench.post(Pause())
    bench.wait_for(Paused)
    os.kill(bench.supervisor(), signal.SIGKILL)
    bench.dead()


def test_what_a_person_says_is_the_next_turn(bench: Bench) -> None:
    order = bench.order(
        Mark(path="here"),
        WaitForFile(path="~/go-on"),
        AgentSays(text="First."),
        later=((AgentSays(text="Second."),), (AgentSays(text="Third."),)),
    )
    bench.start(order)
    bench.wait_for_file("here")
    bench.post(Say(text="Then do this.", by="Ada"))
    bench.post(Say(text="And that."))
    bench.allow_to_go_on("go-on")
    record = bench.end()
    assert record.outcome == "completed"
    said = [event.text for event in bench.events(Message)]
    assert said == ["[scripted] First.", "[scripted] Second.", "[scripted] Third."]
    assert [event.last for event in bench.events(Result)] == [False, False, True]
    assert [(event.text, event.by) for event in bench.events(Steered)] == [("Then do this.", "Ada"), ("And that.", "")]


def test_a_person_can_interrupt_a_turn(bench: Bench) -> None:
    bench.start(bench.order(Hang(mark="here"), later=((AgentSays(text="Heard you."),),)))
    bench.wait_for_file("here")
    bench.post(Say(text="Stop that, do this.", interrupt=True))
    record = bench.end()
    assert record.outcome == "completed"
    assert "Heard you." in record.claim
    assert [event.stop_reason for event in bench.events(Result)] == ["cancelled", "end_turn"]
