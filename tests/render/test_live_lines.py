"""Agents at work, in rows."""

from __future__ import annotations

from podium.agents.event import Entry, FileDiff, Message, PlanStep, PlanUpdated, ToolCall, UsageReported
from podium.conductor.live_round import Live, LiveRound
from podium.conductor.read_transcript import Transcript
from podium.render.live_lines import LiveRow, cost, live_lines, tokens
from podium.render.paint import Paint
from podium.runs.model import Trip, Usage


def row(**more: object) -> LiveRow:
    known: dict[str, object] = {
        "task": "shop/T1", "agent": "claude", "round": 2, "state": "works", "seconds": 130.0, "step": "2/5 write it",
        "doing": "pytest -q", "files": ("a.py", "b.py"), "usage": Usage(input_tokens=12_000, output_tokens=400),
        "silent": 75.0, "trips": (),
    }  # fmt: skip
    return LiveRow(**{**known, **more})  # type: ignore[arg-type]


def test_a_row_tells_step_files_tokens_cost_and_silence() -> None:
    head, line = live_lines([row()], width=120, paint=Paint())
    assert head.split() == ["task", "agent", "for", "state", "step", "doing", "files", "tokens", "cost", "quiet", "for"]
    assert "shop/T1" in line
    assert "claude #2" in line
    assert "2 min" in line
    assert "2/5 write it" in line
    assert "12k" in line
    assert " ?" in line  # tokens are known, their price is not
    assert line.rstrip().endswith("1 min")


def test_a_tripwire_is_told_below_its_row_and_made_safe() -> None:
    tripped = row(trips=(Trip(name="danger", detail="publishes: git push\x1b[2J", at=""),))
    lines = live_lines([tripped], width=120, paint=Paint())
    assert lines[2].startswith("  shop/T1 tripwire  danger: publishes: git push")
    assert "\x1b" not in lines[2]


def test_every_row_fits_a_narrow_terminal() -> None:
    for width in (40, 60, 80):
        assert all(len(line) <= width for line in live_lines([row(), row(doing="x" * 300)], width=width, paint=Paint()))


def test_nobody_at_work_is_said() -> None:
    assert live_lines([], width=80, paint=Paint()) == ["No agent is at work."]


def test_figures_that_nobody_told_are_blank() -> None:
    assert tokens(Usage()) == cost(Usage()) == ""
    assert tokens(Usage(input_tokens=3)) == "3"
    assert tokens(Usage(input_tokens=2_500_000)) == "2.5M"
    assert cost(Usage(cost_usd=0.0)) == "$0.00"


def test_a_transcript_is_folded_to_what_is_live_now() -> None:
    live = LiveRound(transcript=Transcript.__new__(Transcript))
    diff = FileDiff(path="/workspace/src/a.py", old="x", new="y")
    steps = (
        PlanStep(text="read", status="completed"),
        PlanStep(text="write", status="in_progress"),
        PlanStep(text="z"),
    )
    events = (
        PlanUpdated(steps=steps),
        ToolCall(id="1", title="Edit", kind="edit", status="in_progress"),
        ToolCall(id="1", diffs=(diff,), status="completed"),
        ToolCall(id="2", kind="delete", paths=("/workspace/b.py",), status="completed", title="rm b"),
        UsageReported(usage=Usage(input_tokens=5, cost_usd=0.1)),
        Message(text="now  the\ntests"),
    )
    entries = tuple(Entry(n=n, t=f"2026-01-01T00:00:0{n}.000000Z", event=event) for n, event in enumerate(events, 1))
    found = live.take(entries)
    assert found == Live(
        doing="now the tests", plan=steps, files=("src/a.py", "b.py"), usage=Usage(input_tokens=5, cost_usd=0.1),
        calls=2, last_at="2026-01-01T00:00:06.000000Z",
    )  # fmt: skip
    assert found.step == "2/3 write"
