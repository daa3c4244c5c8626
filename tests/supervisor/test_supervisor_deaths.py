"""kill -9 of a supervisor at every named point and at random moments: nothing is left, nothing is lost, it goes on."""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from podium.agents.event import ErrorReported, Paused, PermissionAnswered, PermissionAsked, Result, Started
from podium.supervisor.attach import Alive, Died, Ended, NotStarted, start_lines, starts, status
from podium.supervisor.attempt import GO_ON
from podium.supervisor.crash import POINTS
from podium.supervisor.inbox import Answer, Pause, Resume, Stop
from podium.supervisor.order import EVENTS, SESSION
from podium.testing.actions import Append, Ask, Mark, Run, Say, WaitForFile

if TYPE_CHECKING:
    from conftest import Bench

_STARTED = {"counted", "spawned", "opened", "session", "prompted", "working", "result", "ending", "ended"}
_NO_SESSION = {"locked", "counted", "spawned", "opened"}
_ALREADY_DONE = ((Say(text="It is done already."),),)
"""What the agent answers when it had finished, and its supervisor died before it heard of that."""


@pytest.mark.parametrize("point", POINTS)
def test_a_supervisor_that_dies_at_a_point_is_gone_on_with(bench: Bench, point: str) -> None:
    order = bench.order(
        Append(path="once", text="x"),
        Run(command="true"),
        Append(path="twice", text="y"),
        Say(text="Done."),
        later=_ALREADY_DONE,
        crash_at=point,
    )
    bench.start(order)
    bench.dead()
    if point == "ended":
        assert isinstance(status(bench.round_dir), Ended)
    else:
        expected = Died(attempt=1) if point in _STARTED else NotStarted()
        assert status(bench.round_dir) == expected
    bench.start(order)
    record = bench.end()
    assert record.outcome == "completed", (record, bench.log())
    agents = 1 if point in ("locked", "result", "ending", "ended") else 2
    assert record.attempt == starts(bench.round_dir) == agents
    assert (bench.upper / "once").read_text() == "x"
    assert (bench.upper / "twice").read_text() == "y"
    assert [entry.n for entry in bench.entries()] == list(range(1, record.events + 1))
    assert len([event for event in bench.events(Result) if event.last]) == 1
    sessions = {event.session for event in bench.events(Started)}
    assert len(sessions) == 1
    assert sessions == {record.session}
    if agents == 2 and point not in _NO_SESSION:
        assert start_lines(bench.round_dir)[1].planned == "session"
        assert bench.events(Started)[-1].resumption == "session"


def test_the_agent_is_told_that_it_was_interrupted_and_what_its_task_was(bench: Bench) -> None:
    order = bench.order(Mark(path="here"), WaitForFile(path="~/go-on"), Say(text="Done."), prompt="Build the thing.")
    bench.start(order)
    bench.wait_for_file("here")
    os.kill(bench.supervisor(), signal.SIGKILL)
    bench.dead()
    bench.allow_to_go_on("go-on")
    assert bench.play(order).outcome == "completed"
    saved = next(bench.home.glob(".podium-scripted/*.json")).read_text()
    assert GO_ON.split(";")[0] in saved
    assert saved.count("Build the thing.") == 2


def test_when_the_session_is_lost_a_new_one_takes_over_with_the_fallback_prompt(bench: Bench) -> None:
    order = bench.order(
        Mark(path="here"), WaitForFile(path="~/go-on"), Say(text="Done."), fallback_prompt="Points and summary."
    )
    bench.start(order)
    bench.wait_for_file("here")
    os.kill(bench.supervisor(), signal.SIGKILL)
    bench.dead()
    for saved in bench.home.glob(".podium-scripted/*.json"):
        saved.unlink()
    bench.allow_to_go_on("go-on")
    record = bench.play(order)
    assert (record.outcome, record.resumption) == ("completed", "fallback")
    assert bench.events(ErrorReported)
    assert "Points and summary." in next(bench.home.glob(".podium-scripted/*.json")).read_text()


def test_a_torn_last_event_is_cut_off_and_the_numbers_go_on(bench: Bench) -> None:
    order = bench.order(Mark(path="here"), WaitForFile(path="~/go-on"), Say(text="Done."))
    bench.start(order)
    bench.wait_for_file("here")
    bench.wait_for(Started)
    os.kill(bench.supervisor(), signal.SIGKILL)
    bench.dead()
    with (bench.round_dir / EVENTS).open("ab") as file:
        file.write(b'{"v":1,"n":99,"t":"2026-11-22T00:00:00.000Z","e":{"type":"mess')
    bench.allow_to_go_on("go-on")
    record = bench.play(order)
    assert [entry.n for entry in bench.entries()] == list(range(1, record.events + 1))


def test_a_damaged_session_file_counts_as_none(bench: Bench) -> None:
    order = bench.order(Mark(path="here"), WaitForFile(path="~/go-on"), Say(text="Done."))
    bench.start(order)
    bench.wait_for_file("here")
    os.kill(bench.supervisor(), signal.SIGKILL)
    bench.dead()
    (bench.round_dir / SESSION).write_bytes(b'{"sess')
    bench.allow_to_go_on("go-on")
    assert bench.play(order).outcome == "completed"


def test_a_question_of_a_dead_attempt_lapses_and_is_asked_again(bench: Bench) -> None:
    order = bench.order(Ask(title="May I?", command="x", allowed=(Say(text="I may."),)))
    bench.start(order)
    bench.wait_for(PermissionAsked)
    os.kill(bench.supervisor(), signal.SIGKILL)
    bench.dead()
    bench.start(order)
    bench.wait_for(PermissionAsked, lambda asked: asked.request.id == "2.1")
    assert [(each.request, each.lapsed) for each in bench.events(PermissionAnswered)] == [("1.1", True)]
    bench.post(Answer(request="1.1", allow=True))  # too late: that question is nobody's any more
    bench.post(Answer(request="2.1", allow=True, by="Ada"))
    assert "I may." in bench.end().claim


def test_a_stop_that_was_posted_while_no_supervisor_lived_stops_before_an_agent_starts(bench: Bench) -> None:
    order = bench.order(Mark(path="here"), WaitForFile(path="~/go-on"))
    bench.start(order)
    bench.wait_for_file("here")
    os.kill(bench.supervisor(), signal.SIGKILL)
    bench.dead()
    bench.post(Stop(by="Ada"))
    record = bench.play(order)
    assert (record.outcome, record.attempt) == ("stopped", 1)


def test_a_paused_round_stays_paused_when_its_supervisor_is_replaced(bench: Bench) -> None:
    order = bench.order(Mark(path="here"), WaitForFile(path="~/go-on"), Say(text="Done."))
    bench.start(order)
    bench.wait_for_file("here")
    bench.post(Pause(by="Ada"))
    bench.wait_for(Paused)
    os.kill(bench.supervisor(), signal.SIGKILL)
    bench.dead()
    bench.allow_to_go_on("go-on")
    bench.start(order)
    assert isinstance(status(bench.round_dir), Alive)
    assert starts(bench.round_dir) == 1  # no agent is started, nothing is spent
    bench.post(Resume(by="Ada"))
    record = bench.end()
    assert (record.outcome, record.attempt) == ("completed", 2)


def test_a_round_whose_supervisors_die_again_and_again_has_crashed(bench: Bench) -> None:
    order = bench.order(Mark(path="here"), WaitForFile(path="~/go-on"), max_attempts=2)
    for _ in range(2):
        bench.start(order)
        bench.wait_for_file("here")
        (bench.upper / "here").unlink()
        os.kill(bench.supervisor(), signal.SIGKILL)
        bench.dead()
        for saved in bench.home.glob(".podium-scripted/*.json"):
            saved.unlink()
    record = bench.play(order)
    assert (record.outcome, record.attempt) == ("crashed", 2)


def kills(bench: Bench, seed: int, times: int) -> None:
    """Kill the supervisor at random moments; what the agent does must come out as if nobody had."""
    chance = random.Random(seed)
    actions = [each for n in range(6) for each in (Append(path="log", text=f"{n}\n"), Run(command="sleep 0.05"))]
    order = bench.order(*actions, Say(text="Done."), later=_ALREADY_DONE * times)
    killed = 0
    for _ in range(times):
        bench.start(order)
        time.sleep(chance.uniform(0.0, 0.9))  # the moment of the kill is what this test is about
        now = status(bench.round_dir)
        if not isinstance(now, Alive):
            break
        os.kill(now.pid, signal.SIGKILL)
        killed += 1
        bench.dead()
    bench.start(order)
    record = bench.end()
    assert record.outcome == "completed", (record, bench.log())
    assert record.attempt <= killed + 1
    lines = (bench.upper / "log").read_text().splitlines()
    assert sorted(set(lines)) == ["0", "1", "2", "3", "4", "5"]
    assert [entry.n for entry in bench.entries()] == list(range(1, record.events + 1))


@pytest.mark.parametrize("seed", range(3))
def test_kills_at_random_moments_lose_nothing(bench: Bench, seed: int) -> None:
    kills(bench, seed, times=3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 115))
def test_many_kills_at_random_moments_lose_nothing(bench: Bench, seed: int) -> None:
    kills(bench, seed, times=4)
