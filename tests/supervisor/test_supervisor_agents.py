"""Agents that work and agents that misbehave, each under a real supervisor in a real sandbox."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING

import pytest

from podium.agents.event import (
    ErrorReported,
    Message,
    PermissionAnswered,
    PermissionAsked,
    Result,
    Started,
    StopAsked,
    Tripped,
    Undecoded,
)
from podium.project.model import Limits, PermissionRule, Tripwires
from podium.supervisor.inbox import Answer, Stop
from podium.supervisor.order import EVENTS, OutputLimits
from podium.testing.actions import (
    Allocate,
    Ask,
    Crash,
    Delete,
    End,
    Exit,
    FillDisk,
    Flood,
    Fork,
    Hang,
    IgnoreCancel,
    InvalidJson,
    ManyEvents,
    Refuse,
    Run,
    Say,
    StrayStdout,
    Usage,
    WaitForFile,
    Write,
)

if TYPE_CHECKING:
    from conftest import Bench


def test_a_good_round_leaves_its_work_a_transcript_and_an_exit_record(bench: Bench) -> None:
    record = bench.play(
        bench.order(
            Write(path="src/a.py", text="a = 1\n"),
            Run(command="cat src/a.py"),
            Usage(input=100, output=20, cost_usd=0.25),
            Say(text="It is done."),
        )
    )
    assert record.outcome == "completed", record
    assert (record.stop_reason, record.attempt, record.resumption) == ("end_turn", 1, "new")
    assert "It is done." in record.claim
    assert (record.usage.input_tokens, record.usage.output_tokens, record.usage.cost_usd) == (100, 20, 0.25)
    assert "Scripted" in record.agent_name
    assert (bench.upper / "src" / "a.py").read_text() == "a = 1\n"
    transcript = (bench.round_dir / EVENTS).read_bytes()
    assert record.transcript == "sha256:" + hashlib.sha256(transcript).hexdigest()
    assert [entry.n for entry in bench.entries()] == list(range(1, record.events + 1))
    assert isinstance(bench.events()[0], Started)
    assert isinstance(bench.events()[-1], Result)


def test_an_agent_that_exits_at_once_has_crashed_and_its_stderr_is_kept(bench: Bench) -> None:
    record = bench.play(bench.order_for(("/bin/sh", "-c", f": {bench.marker}; echo no licence >&2; exit 3")))
    assert record.outcome == "crashed"
    assert "exit code 3" in record.error
    assert record.stderr == "no licence"
    assert record.attempt == 1


def test_an_agent_that_exits_with_0_without_a_result_has_crashed_too(bench: Bench) -> None:
    record = bench.play(bench.order(Write(path="half", text="x"), Exit(code=0)))
    assert record.outcome == "crashed"
    assert record.session


def test_an_agent_that_is_killed_has_crashed(bench: Bench) -> None:
    record = bench.play(bench.order(Say(text="I begin."), Crash()))
    assert record.outcome == "crashed"
    assert "137" in record.error


def test_an_agent_that_never_answers_times_out(bench: Bench) -> None:
    order = bench.order_for(("/bin/sh", "-c", f": {bench.marker}; sleep 600"), start_seconds=1.0, exit_seconds=0.2)
    record = bench.play(order)
    assert record.outcome == "timeout"


def test_a_sandbox_that_cannot_be_made_is_a_failure_of_the_sandbox_and_not_of_the_agent(bench: Bench) -> None:
    order = bench.order_for(("/bin/true", bench.marker))
    (bench.root / "template" / "README").unlink()
    (bench.root / "template").rmdir()
    record = bench.play(order)
    assert record.outcome == "failed"
    assert "sandbox" in record.error


def test_an_agent_that_refuses_has_refused(bench: Bench) -> None:
    assert bench.play(bench.order(Refuse())).outcome == "refused"


def test_an_agent_that_ran_out_of_tokens_met_a_limit(bench: Bench) -> None:
    record = bench.play(bench.order(End(reason="max_tokens")))
    assert (record.outcome, record.stop_reason) == ("limit", "max_tokens")


def test_a_driver_that_is_not_installed_is_named(bench: Bench) -> None:
    record = bench.play(bench.order(Say(text="x"), driver="telepathy"))
    assert record.outcome == "failed"
    assert "telepathy" in record.error


def test_invalid_json_and_stray_output_become_undecoded_events_and_the_run_goes_on(bench: Bench) -> None:
    record = bench.play(bench.order(InvalidJson(), StrayStdout(text="npm warn"), Say(text="Still here.")))
    assert record.outcome == "completed"
    raws = [event.raw for event in bench.events(Undecoded)]
    assert len(raws) == 2
    assert raws[1] == "npm warn"
    assert [trip.name for trip in record.trips] == ["undecodable"]
    assert "Still here." in record.claim


def test_a_flood_in_one_line_is_dropped_and_ended_as_a_limit(bench: Bench) -> None:
    limits = OutputLimits(line=1 << 20, total=32 << 20)
    record = bench.play(bench.order(Flood(bytes=1 << 30, lines=False), limits=limits))
    assert record.outcome == "limit"
    assert "flood" in [trip.name for trip in record.trips]
    assert (bench.round_dir / EVENTS).stat().st_size < 1 << 20


def test_a_flood_of_lines_is_ended_as_a_limit(bench: Bench) -> None:
    record = bench.play(bench.order(Flood(bytes=1 << 30), limits=OutputLimits(total=8 << 20, transcript=4 << 20)))
    assert record.outcome == "limit"
    assert (bench.round_dir / EVENTS).stat().st_size <= 4 << 20


def test_a_flood_of_messages_does_not_fill_the_disk(bench: Bench) -> None:
    limits = OutputLimits(transcript=3 << 20)
    record = bench.play(bench.order(Flood(bytes=1 << 30, to="messages"), limits=limits))
    assert record.outcome == "limit"
    assert (bench.round_dir / EVENTS).stat().st_size <= 3 << 20


def test_a_flood_on_stderr_is_kept_to_its_tail(bench: Bench) -> None:
    limits = OutputLimits(stderr=1000)
    record = bench.play(bench.order(Flood(bytes=50 << 20, to="stderr"), Say(text="Done."), limits=limits))
    assert record.outcome == "completed"
    assert 0 < len(record.stderr) <= 1000


def test_many_events_are_all_recorded_in_order(bench: Bench) -> None:
    record = bench.play(bench.order(ManyEvents(count=3000)))
    assert record.outcome == "completed"
    said = "".join(event.text for event in bench.events(Message)).replace("[scripted] ", "")
    assert said.splitlines() == [f"event {number}" for number in range(1, 3001)]


def test_daemons_that_an_agent_leaves_behind_end_with_the_round(bench: Bench) -> None:
    record = bench.play(bench.order(Fork(count=5, daemon=True, holds_stdout=True), Say(text="Bye.")))
    assert record.outcome == "completed"


def test_a_hanging_agent_is_stopped_by_a_word(bench: Bench) -> None:
    bench.start(bench.order(Hang(mark="hanging")))
    bench.wait_for_file("hanging")
    bench.post(Stop(by="Ada"))
    record = bench.end()
    assert (record.outcome, record.stopped_by) == ("stopped", "Ada")
    assert bench.events(StopAsked)[0].by == "Ada"
    assert record.seconds < 20


def test_an_agent_that_ignores_cancel_is_killed_after_its_grace(bench: Bench) -> None:
    bench.start(bench.order(IgnoreCancel(), Hang(mark="hanging"), grace_seconds=0.3))
    bench.wait_for_file("hanging")
    bench.post(Stop(by="Ada"))
    assert bench.end().outcome == "stopped"


def test_an_agent_that_reads_nothing_any_more_is_killed_after_its_grace(bench: Bench) -> None:
    bench.start(bench.order(Hang(deaf=True, mark="hanging"), grace_seconds=0.3, exit_seconds=0.2))
    bench.wait_for_file("hanging")
    bench.post(Stop(by="Ada"))
    assert bench.end().outcome == "stopped"


def test_a_question_waits_and_is_answered_by_a_person(bench: Bench) -> None:
    ask = Ask(
        title="Delete the file?",
        command="rm README",
        allowed=(Delete(path="README"), Say(text="Deleted.")),
        denied=(Say(text="Kept."),),
    )
    bench.start(bench.order(ask))
    asked: PermissionAsked = bench.wait_for(PermissionAsked)
    assert asked.request.title == "Delete the file?"
    assert asked.request.detail == "rm README"
    assert set(asked.request.options) == {"allow", "deny"}
    bench.post(Answer(request=asked.request.id, allow=True, by="Ada"))
    record = bench.end()
    assert "Deleted." in record.claim
    answered = bench.events(PermissionAnswered)
    assert [(each.allowed, each.by, each.option) for each in answered] == [(True, "Ada", "allow")]


def test_a_question_that_is_denied_is_not_done(bench: Bench) -> None:
    bench.start(bench.order(Ask(title="May I?", command="rm -rf /", denied=(Say(text="Kept."),))))
    asked: PermissionAsked = bench.wait_for(PermissionAsked)
    bench.post(Answer(request=asked.request.id, allow=False, by="Ada"))
    assert "Kept." in bench.end().claim
    assert not bench.events(PermissionAnswered)[0].allowed


def test_rules_answer_the_obvious_questions_and_the_transcript_says_so(bench: Bench) -> None:
    rules = (
        PermissionRule(action="deny", kind="execute", match="*rm *"),
        PermissionRule(action="allow", kind="execute", match="pytest*"),
    )
    record = bench.play(
        bench.order(
            Ask(title="1", command="pytest -q", allowed=(Say(text="tested"),)),
            Ask(title="2", command="rm -rf x", denied=(Say(text="kept"),)),
            permissions=rules,
        )
    )
    assert record.outcome == "completed"
    answers = [(each.allowed, each.by) for each in bench.events(PermissionAnswered)]
    assert answers == [(True, "rule:1"), (False, "rule:0")]


def test_a_stop_while_a_question_waits_lets_it_lapse(bench: Bench) -> None:
    bench.start(bench.order(Ask(title="May I?", command="x", allowed=(Write(path="never", text=""),))))
    bench.wait_for(PermissionAsked)
    bench.post(Stop(by="Ada"))
    assert bench.end().outcome == "stopped"
    assert [(each.lapsed, each.allowed) for each in bench.events(PermissionAnswered)] == [(True, False)]
    assert not (bench.upper / "never").exists()


def test_work_outside_the_scope_trips_at_once_by_call_and_by_file(bench: Bench) -> None:
    order = bench.order(
        Write(path="src/ok.py", text=""),
        Write(path="docs/by-call.md", text=""),
        Run(command="mkdir -p other/__pycache__; touch other/by-file; touch other/__pycache__/x.pyc"),
        WaitForFile(path="~/go-on"),
        scope=("src/**",),
    )
    bench.start(order)
    bench.wait_for(Tripped, lambda trip: "docs/by-call.md" in trip.detail)
    bench.wait_for(Tripped, lambda trip: "other/by-file" in trip.detail)
    bench.allow_to_go_on("go-on")
    record = bench.end()
    assert record.outcome == "completed"
    assert {trip.name for trip in record.trips} == {"scope-drift"}
    assert not any("ok.py" in trip.detail or "pyc" in trip.detail for trip in record.trips)


def test_an_agent_that_repeats_itself_and_one_that_falls_silent_are_told_of(bench: Bench) -> None:
    order = bench.order(
        *(Run(command="false") for _ in range(4)),
        Hang(),
        tripwires=Tripwires(loop_repeats=3, stall_minutes=1.0 / 60),
    )
    bench.start(order)
    bench.wait_for(Tripped, lambda trip: trip.name == "loop")
    bench.wait_for(Tripped, lambda trip: trip.name == "stall")
    bench.post(Stop())
    assert bench.end().outcome == "stopped"


def test_a_session_goes_on_in_the_next_round(bench: Bench, tmp_path: object) -> None:
    order = bench.order(Say(text="Round one."), later=((Say(text="Round two."),),))
    first = bench.play(order)
    bench.round_dir = bench.root / "round2"
    second = bench.play(bench.order(Say(text="Round one."), later=((Say(text="Round two."),),), session=first.session))
    assert second.session == first.session
    assert second.resumption == "session"
    assert second.claim == "[scripted] Round two."
    assert [event.text for event in bench.events(Message)] == ["[scripted] Round two."]  # the past is not repeated


def test_a_session_that_cannot_be_loaded_falls_back_to_a_new_one_with_the_other_prompt(bench: Bench) -> None:
    order = bench.order(Say(text="Begun anew."), session="gone", fallback_prompt="With points and a summary.")
    record = bench.play(order)
    assert (record.outcome, record.resumption) == ("completed", "fallback")
    assert record.session not in ("", "gone")
    assert "'gone' was not loaded" in bench.events(ErrorReported)[0].what
    saved = next(bench.home.glob(".podium-scripted/*.json")).read_text()
    assert "With points and a summary." in saved


def test_an_agent_that_takes_too_much_memory_meets_its_limit(bench: Bench) -> None:
    order = bench.order(Allocate(megabytes=300, seconds=60), sandbox_limits=Limits(memory_mb=150))
    record = bench.play(order)
    assert record.outcome == "limit"
    assert "memory" in record.breach
    assert [trip.name for trip in record.trips] == ["limit"]


def test_an_agent_that_fills_the_disk_meets_its_limit(bench: Bench) -> None:
    order = bench.order(FillDisk(megabytes=40), Hang(), sandbox_limits=Limits(disk_mb=20))
    record = bench.play(order)
    assert record.outcome == "limit"


def test_an_agent_that_takes_too_long_times_out(bench: Bench) -> None:
    record = bench.play(bench.order(Hang(), sandbox_limits=Limits(wall_minutes=2.0 / 60)))
    assert record.outcome == "timeout"
    assert record.breach


@pytest.mark.parametrize("nonsense", ["[]", "7", '{"id":[1]}', '{"id":0,"error":"x"}', '{"method":5}', "[" * 100_000])
def test_messages_that_are_json_and_no_protocol_do_no_harm(bench: Bench, nonsense: str) -> None:
    record = bench.play(bench.order(InvalidJson(text=nonsense), Say(text="Fine.")))
    assert record.outcome == "completed", (record.error, bench.log())
    assert len(bench.events(Undecoded)) == 1


def test_an_agent_that_says_it_needs_authentication_has_failed_and_its_words_are_kept(bench: Bench) -> None:
    program = (
        "import sys, json\n"
        "for line in sys.stdin:\n"
        "    message = json.loads(line)\n"
        "    error = {'code': -32000, 'message': 'Authentication required', 'data': 'run: agent login'}\n"
        "    print(json.dumps({'jsonrpc': '2.0', 'id': message['id'], 'error': error}), flush=True)\n"
    )
    record = bench.play(bench.order_for((sys.executable, "-c", program, bench.marker)))
    assert record.outcome == "failed"
    assert "Authentication required" in record.error
    assert "agent login" in record.error
