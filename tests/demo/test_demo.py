"""The demo as a newcomer runs it: the real program, in a directory whose name has spaces."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from demo_terminal import Terminal

from podium.testing.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def place(tmp_path: Path, marker: str) -> Path:
    """A directory that is not there yet; at the end no process that names it may be left."""
    return tmp_path / "a demo"


def git(place: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(place / "pace"), *arguments], capture_output=True, text=True, check=True
    ).stdout


def podium(place: Path, environment: dict[str, str], *arguments: str) -> Any:
    """The JSON that a command prints in the demo's project."""
    result = subprocess.run(
        ["podium", "-C", str(place / "pace"), "--state", str(place / "state"), *arguments, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_the_story_goes_as_told_and_its_json_agrees_with_git_and_ledger(
    place: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    result = subprocess.run(
        ["podium", "demo", "--yes", "--json", "--in", str(place)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    printed = json.loads(result.stdout)
    assert set(printed) == {"tasks", "ledger_verified"}
    assert printed["ledger_verified"] is True
    assert [(each["id"], each["state"], each["rounds"]) for each in printed["tasks"]] == [
        ("T1", "landed", 1),
        ("T2", "landed", 2),
        ("T3", "rejected", 1),
        ("T4", "landed", 1),
    ]
    _agrees_with_git(place, printed)
    _agrees_with_the_ledger(place, environment, printed)
    assert "[scripted]" in result.stderr
    assert "Demo (--yes)" in result.stderr


def _agrees_with_git(place: Path, printed: Any) -> None:
    commits = {each["id"]: each["commit"] for each in printed["tasks"]}
    assert commits["T3"] is None
    history = git(place, "log", "--format=%H", "main").split()
    assert {commits["T1"], commits["T2"], commits["T4"]} < set(history)
    assert history.index(commits["T4"]) < history.index(commits["T1"])  # what builds on T1 came after it
    assert ">= self.seconds" in git(place, "show", "main:pace/window.py")
    assert "skip" not in git(place, "show", "main:tests/test_bucket.py")
    assert 'version = "0.1.0"' in git(place, "show", "main:pyproject.toml")
    assert git(place, "status", "--porcelain") == ""
    for task in ("T1", "T2", "T4"):
        body = git(place, "show", "-s", "--format=%B", commits[task])
        assert f"Podium-Task: rate-limit/{task}" in body
        assert re.search(r"^Assisted-by: .*scripted", body, re.MULTILINE)


def _agrees_with_the_ledger(place: Path, environment: dict[str, str], printed: Any) -> None:
    assert podium(place, environment, "ledger", "verify")["verified"] is True
    stated = {each["task"]: each["state"] for each in podium(place, environment, "status", "--all")["tasks"]}
    assert stated == {f"rate-limit/{each['id']}": each["state"] for each in printed["tasks"]}
    outcomes = {task["id"]: {check["name"]: check["outcome"] for check in task["checks"]} for task in printed["tasks"]}
    assert outcomes["T2"]["E2"] == "holds"  # of the newest round
    assert outcomes["T3"]["scope"] == outcomes["T3"]["weakened tests"] == "fails"
    assert all(outcomes[task]["new tests prove the change"] == "holds" for task in ("T1", "T2", "T4"))
    records = podium(place, environment, "log", "-n", "0")["records"]
    told = [record["text"] for record in records if record["about"] == "rate-limit/T2"]
    assert any(text.startswith("round 1: E2: fails") for text in told)
    assert any(re.match(r"round 1 sent back: P1 E2 fails", text) for text in told)
    assert "round 2: agent started (session)" in told
    assert any("signed receipt" in text for text in told)
    first = {record["text"]: record["seq"] for record in records if record["about"] == "rate-limit/T1"}
    started = next(r["seq"] for r in records if r["about"] == "rate-limit/T4" and r["text"].startswith("given to"))
    assert started > next(seq for text, seq in first.items() if text.startswith("landed on main"))


def test_a_person_decides_on_a_terminal(place: Path, environment: dict[str, str], tmp_path: Path) -> None:
    with Terminal(["podium", "demo", "--in", str(place)], environment, tmp_path) as terminal:
        terminal.wait_for(r"Approve it\?.*: ")
        terminal.type("y\n")
        _accept_by_reading(terminal, "T1")
        terminal.wait_for(r"T2 \[o\]: ")
        terminal.type("?\n")
        terminal.wait_for("A good reviewer would refine it")
        terminal.wait_for(r"T2 \[o\]: ")
        terminal.type("a\n")
        terminal.wait_for("refused.*cannot be accepted")
        terminal.wait_for("check-failed:E2")
        terminal.wait_for(r"T2 \[o\]: ")
        terminal.type("r\n")
        terminal.wait_for(r"What is to change \[E2 fails.*\]: ")
        terminal.type("\n")
        terminal.wait_for(r"T3 \[o\]: ")
        terminal.type("x\n")
        terminal.wait_for(r"Why \[it weakens.*\]: ")
        terminal.type("not like this\n")
        for _ in range(2):  # which of T2 and T4 is ready first is open
            task = terminal.wait_for(r"T[24] \[o\]: ")[:2]
            terminal.type("o\n")
            _read_and_accept(terminal, task)
        terminal.wait_for("3 of 4 tasks landed; ledger verified; receipts signed")
        assert terminal.end() == 0
    rejected = podium(place, environment, "status", "--all", "T3")["tasks"][0]
    assert (rejected["state"], rejected["detail"]) == ("rejected", "not like this")
    reviewer = podium(place, environment, "why", "pace/window.py:16")["reviewer"]
    assert reviewer == "Ada Example <ada@example.org>"


def _accept_by_reading(terminal: Terminal, task: str) -> None:
    terminal.wait_for(rf"{task} \[o\]: ")
    terminal.type("\n")
    _read_and_accept(terminal, task)


def _read_and_accept(terminal: Terminal, task: str) -> None:
    terminal.wait_for("task and facts")
    for page in ("hunk 1 of 2", "hunk 2 of 2", "your verdict"):
        terminal.type(" ")
        terminal.wait_for(page)
    terminal.type("a")
    terminal.wait_for(rf"accepted.*rate-limit/{task}")


def test_without_a_terminal_it_asks_for_yes(environment: dict[str, str], tmp_path: Path) -> None:
    result = subprocess.run(
        ["podium", "demo"], env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert result.returncode == 2
    assert b"--yes" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_it_leaves_no_process(
    place: Path, environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    with (tmp_path / "output").open("wb") as output:
        demo = subprocess.Popen(
            ["podium", "demo", "--yes", "--in", str(place)],
            env=environment,
            cwd=tmp_path,
            stdout=output,
            stderr=output,
        )
        eventually(lambda: list(place.glob("state/projects/*/runs/*/round-1/starts.jsonl")), 100)
        demo.send_signal(number)
        assert demo.wait(60) == 130
    assert "Stopped." in (tmp_path / "output").read_text()
