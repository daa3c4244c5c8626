"""The real binaries of real agents: sandboxed, supervised, against a scripted model, with no internet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest
from _pytest.mark.structures import ParameterSet
from real_bench import AGENTS, FIRST, TEXT, prompt

from podium.agents.event import Message, PermissionAnswered, Started, ToolCall, Undecoded
from podium.agents.start import PLACEHOLDER_KEY
from podium.kernel.ids import digest
from podium.project.model import PermissionRule
from podium.supervisor.inbox import Stop
from podium.testing.actions import Edit, Read, Refuse, Run, Say, Write
from podium.testing.model_server.steps import Cut, Fail, Malformed, Slow

if TYPE_CHECKING:
    from conftest import Make

pytestmark = [pytest.mark.slow, pytest.mark.agents, pytest.mark.timeout(180)]

EVERY = sorted(AGENTS)
ASKING = sorted(name for name, agent in AGENTS.items() if agent.can_ask)
RESUMING = sorted(name for name, agent in AGENTS.items() if agent.resumes)
CI = ("claude", "codex", "gemini", "opencode", "mini")
"""Who `make test` has. What it has of Claude Code and Codex besides is in test_agent_matrix and test_real_steering."""


def _first(names: Iterable[str], here: tuple[str, ...] = CI) -> list[ParameterSet]:
    """Each name; those that are not of `here` are left to `make test-agents`."""
    return [pytest.param(name, marks=() if name in here else pytest.mark.more_agents) for name in names]


NATIVE = ("claude", "codex", "mini")
WORK = (
    Read(path="limit.py"),
    Edit(path="limit.py", old="LIMIT = 5", new="LIMIT = 6"),
    Run(command="mkdir notes"),  # Copilot CLI makes no directories for a new file
    Write(path="notes/why.txt", text="Because.\n"),
    Run(command="cat limit.py | head -1; echo ran > ran.txt"),
    Say(text="The limit is six."),
)


@pytest.mark.parametrize("name", _first(EVERY))
def test_it_edits_files_and_runs_commands(real: Make, name: str) -> None:
    bench = real(name, prompt(*WORK))
    record = bench.play()
    assert (record.outcome, record.stop_reason) == ("completed", "end_turn"), (record, bench.troubles())
    assert (bench.upper / "limit.py").read_text() == TEXT.replace("5", "6")
    assert (bench.upper / "notes" / "why.txt").read_text() == "Because.\n"
    assert (bench.upper / "ran.txt").read_text() == "ran\n"
    assert "The limit is six." in record.claim
    started = bench.events(Started)[0]
    assert started.session
    assert started.agent_name
    calls = bench.events(ToolCall)
    assert {call.status for call in calls} >= {"completed"}
    if name in NATIVE:  # over ACP an agent may keep to itself what a command printed
        assert any("LIMIT = 6" in call.output for call in calls)
    assert bench.events(Undecoded) == []
    asked = [each for each in bench.server.journal.entries() if each.api]
    assert {each.key for each in asked} == {digest(PLACEHOLDER_KEY.encode())}


@pytest.mark.parametrize("name", _first(NATIVE, ("claude", "codex")))
def test_its_tokens_are_reported(real: Make, name: str) -> None:
    bench = real(name, prompt(Run(command="true"), Say(text="Done.")))
    usage = bench.play().usage
    assert usage.input_tokens, bench.troubles()
    assert usage.output_tokens == 24


@pytest.mark.parametrize("name", _first(EVERY, ("claude", "codex")))
def test_it_survives_an_overloaded_provider_and_a_cut_stream(real: Make, name: str) -> None:
    bench = real(name, prompt(Fail(status=529), Run(command="echo one > one"), Cut(), Say(text="Done.")))
    record = bench.play()
    assert record.outcome == "completed", (record, bench.troubles())
    assert (bench.upper / "one").exists()
    assert "fail" in [each.fault for each in bench.server.journal.entries()]


# mini-swe-agent forgets a call that it cannot read, so that the model, which has no memory, would make it again.
@pytest.mark.parametrize("name", _first([name for name in EVERY if name != "mini"], ("claude", "codex")))
def test_it_goes_on_after_a_malformed_tool_call(real: Make, name: str) -> None:
    bench = real(name, prompt(Malformed(how="tool"), Run(command="echo one > one"), Say(text="Done.")))
    record = bench.play()
    assert record.outcome == "completed", (record, bench.troubles())
    assert (bench.upper / "one").exists()


@pytest.mark.parametrize("name", _first(EVERY, ("gemini",)))
def test_it_is_stopped_while_it_works_and_nothing_goes_on(real: Make, name: str) -> None:
    bench = real(name, prompt(Run(command="touch began; sleep 600; touch over"), Say(text="Done.")))
    bench.start()
    bench.wait_for((bench.upper / "began").exists, "the command runs")
    bench.post(Stop(by="ada"))
    record = bench.end(30)
    assert (record.outcome, record.stopped_by) == ("stopped", "ada"), bench.troubles()
    assert not (bench.upper / "over").exists()


@pytest.mark.parametrize("name", _first(RESUMING, ("gemini", "opencode")))
def test_a_later_round_goes_on_in_the_same_conversation(real: Make, name: str) -> None:
    later = prompt(Run(command="echo two > two"), Say(text="Refined."), match="Please mend point P1")
    bench = real(name, prompt(Say(text="I leave it as it is.")), later)
    first = bench.play()
    assert first.outcome == "completed", (first, bench.troubles())
    second = bench.play("Please mend point P1", session=first.session)
    assert (second.outcome, second.resumption) == ("completed", "session"), (second, bench.troubles())
    assert second.session == first.session
    assert (bench.upper / "two").exists()
    told = [str(each.body) for each in bench.server.journal.entries() if each.prompt == 1]
    assert any(FIRST in each for each in told), "the model was not told what was said before"
    assert "I leave it as it is." not in [event.text for event in bench.events(Message)], "the past was told again"
    assert bench.events(Undecoded) == []


@pytest.mark.parametrize("name", _first(EVERY, ("claude", "codex", "mini")))
def test_a_session_that_is_lost_is_replaced_and_the_record_says_so(real: Make, name: str) -> None:
    bench = real(name, prompt(Say(text="From the start.")))
    lost = "7d7b3f6e-8c0f-4a8e-9b0a-6b7f0c1d2e3f"
    record = bench.play("Mend it", session=lost, fallback_prompt=f"{FIRST}, once more", start_seconds=60.0)
    assert (record.outcome, record.resumption) == ("completed", "fallback"), (record, bench.troubles())
    assert record.session != lost
    assert "From the start." in record.claim


@pytest.mark.parametrize("name", _first(ASKING, ("codex",)))
def test_a_denied_edit_does_not_happen_and_an_allowed_one_does(real: Make, name: str) -> None:
    bench = real(
        name,
        prompt(
            Write(path="allowed.txt", text="x\n"),  # first: Copilot, OpenCode and Qwen end a turn at a denial
            Read(path="limit.py"),
            Edit(path="limit.py", old="LIMIT = 5", new="LIMIT = 6"),
            Say(text="Done."),
        ),
    )
    rules = (
        PermissionRule(action="deny", kind="edit", match="limit.py"),
        PermissionRule(action="allow", kind="*", match="*"),
    )
    record = bench.play(asks=True, permissions=rules)
    assert record.outcome == "completed", (record, bench.troubles())
    assert not (bench.upper / "limit.py").exists()
    assert (bench.upper / "allowed.txt").exists()
    answers = [(each.allowed, each.by) for each in bench.events(PermissionAnswered)]
    assert (False, "rule:0") in answers
    assert (True, "rule:1") in answers


@pytest.mark.parametrize("name", ["claude", "codex"])
def test_a_refusal_of_the_model_ends_the_round(real: Make, name: str) -> None:
    bench = real(name, prompt(Refuse(text="I will not do this.")))
    record = bench.play()
    assert record.outcome in ("refused", "completed"), (record, bench.troubles())
    assert not list(bench.upper.iterdir())


@pytest.mark.parametrize("name", _first(NATIVE, ("claude", "codex")))
def test_an_unknown_key_ends_the_round_with_the_reason(real: Make, name: str) -> None:
    bench = real(name, prompt(Fail(status=401, times=0), Say(text="Never.")))
    record = bench.play()
    assert record.outcome == "failed", (record, bench.troubles())
    assert record.error


@pytest.mark.parametrize("name", ["claude", "codex"])
def test_a_slow_stream_is_waited_for(real: Make, name: str) -> None:
    bench = real(name, prompt(Slow(seconds=0.1), Run(command="echo one > one"), Slow(seconds=0.1), Say(text="Done.")))
    assert bench.play().outcome == "completed"
    assert (bench.upper / "one").exists()
