"""What a person at a terminal sees and does: questions, the live table, reading page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from cli_story import WRONG, Story
from cli_terminal import Terminal
from cli_world import World

from podium.testing import actions

Open = Callable[..., Terminal]


@pytest.fixture
def terminal(world: World) -> Iterator[Open]:
    opened: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        opened.append(Terminal(world, *arguments))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def test_init_asks_for_the_test_command_and_before_it_writes(world: World, terminal: Open) -> None:
    screen = terminal("init")
    screen.expect("Command that runs the tests")
    screen.send("make check\n")
    screen.expect("Write podium.toml?")
    screen.send("n\n")
    assert screen.wait() == 130
    assert not (world.repository / "podium.toml").exists()
    screen = terminal("init")
    screen.expect("Command that runs the tests")
    screen.send("make check\n")
    screen.expect("Write podium.toml?")
    screen.send("\n")
    assert screen.wait() == 0
    assert "make check" in (world.repository / "podium.toml").read_text()
    assert "\x1b[" in screen.raw, "a terminal gets colour"


def test_no_color_is_obeyed_on_a_terminal(world: World, terminal: Open) -> None:
    screen = terminal("--no-color", "doctor")
    screen.wait()
    assert "\x1b[3" not in screen.raw


@pytest.mark.slow
def test_a_person_runs_reads_page_by_page_and_sends_back(tell: Callable[..., Story], terminal: Open) -> None:
    story = tell([actions.Write(path="src/total.py", text=WRONG), actions.Say(text="done")], [])
    story.good("plan", "approve", "total")
    screen = terminal("run", "total")
    screen.expect("total/T1")
    screen.expect("at work")
    screen.expect("is ready for review: podium review total/T1")
    assert screen.wait() == 0

    screen = terminal("review", "T1")
    screen.expect("What was asked")
    screen.expect("task and facts")
    screen.resize(60, 60)
    screen.expect("task and facts")
    screen.send(" ")
    screen.expect("hunk 1 of 1")
    screen.expect("space seen & next · u understood · f flag · ? help · q quit")
    screen.send("p")
    screen.expect("Point: ")
    screen.send("E1 fails without a price\n")
    screen.expect("new points: 1")
    screen.send("f")
    shown = screen.expect("your verdict")
    assert "1 flagged" in shown
    assert "check-failed:E1" in shown
    screen.send("r")
    screen.expect("sent back")
    assert screen.wait() == 0
    log = story.good("log", "T1", "-n", "0", "--json").json["records"]
    kinds = [record["kind"] for record in log]
    assert {"review.looked", "review.hunks-marked", "review.refined"} <= set(kinds)
    assert "src/total.py:1 E1 fails without a price" in next(r["text"] for r in log if r["kind"] == "review.refined")


@pytest.mark.slow
def test_ctrl_c_leaves_the_agents_at_work_and_run_looks_on_again(tell: Callable[..., Story], terminal: Open) -> None:
    story = tell([actions.Say(text="I begin."), actions.Hang()])
    story.good("plan", "approve", "total")
    for _ in range(2):
        screen = terminal("run")
        screen.expect("I begin.")
        screen.send("\x03")
        screen.expect("The agents go on")
        assert screen.wait() == 130
    log = story.good("log", "--json").json["records"]
    assert [record["kind"] for record in log].count("runs.agent-started") == 1
    story.good("stop", "T1")
    story.until("failed")
