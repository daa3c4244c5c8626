"""`podium up` as a person calls it: the real program, its link, its end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser import OpenPage
from podium.conductor.background import conductor_pid
from podium.conductor.home import Home
from podium.testing.processes import marked
from podium.testing.repositories import build_repository
from podium.testing.waiting import eventually

Podium = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def podium(tmp_path: Path, environment: dict[str, str], state_dir: Path) -> Iterator[Podium]:
    """Starts the program in a repository that is under Podium; whatever is left of it is ended afterwards."""
    root = tmp_path / "shop"
    build_repository(root, {"src/shop.py": "def total():\n    return 1\n"})
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "podium.cli.main", "--state", str(state_dir), *arguments]
        pipe = subprocess.PIPE
        nothing = subprocess.DEVNULL
        process = subprocess.Popen(
            command, cwd=root, env=environment, stdin=nothing, stdout=pipe, stderr=pipe, text=True
        )
        started.append(process)
        return started[-1]

    made = start("init")
    _, said = made.communicate(timeout=60)
    assert made.returncode == 0, said
    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
    _end_conductor(state_dir)
    for each in marked(str(tmp_path)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(each.pid, signal.SIGKILL)


def _end_conductor(state_dir: Path) -> None:
    pid = conductor_pid(Home(state_dir))
    if pid:
        os.kill(pid, signal.SIGTERM)
    eventually(lambda: conductor_pid(Home(state_dir)) is None, 30)


def _link(process: subprocess.Popen[str]) -> str:
    """What `podium up --json` prints once it serves."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            break
    return str(json.loads(text)["url"])


def test_it_serves_until_it_is_interrupted_and_comes_back_at_the_same_address(
    podium: Podium, open_page: OpenPage, state_dir: Path
) -> None:
    first = podium("up", "--json", "--no-browser")
    link = _link(first)
    page = open_page()
    page.goto(link)
    address = page.url
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    eventually(lambda: conductor_pid(Home(state_dir)), 30)
    other = podium("up", "--json", "--no-browser")
    again = _link(other)
    assert other.wait(30) == 0  # one serves already: this one only made another link
    assert again.partition("?")[0] == link.partition("?")[0]
    assert again != link
    second = open_page()
    second.goto(again)
    expect(second.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    first.send_signal(signal.SIGINT)
    assert first.wait(30) == 0
    assert first.stderr is not None
    assert "Traceback" not in first.stderr.read()
    expect(page.get_by_role("status").filter(has_text="Connection lost")).to_be_visible()
    third = podium("up", "--json", "--no-browser")
    assert _link(third).startswith(address)
    expect(page.locator("#connection")).to_be_hidden()
    page.goto(f"{address}board")  # the browser that was let in before need not be let in again
    expect(page.get_by_role("heading", name="No plan is approved yet")).to_be_visible()


def test_a_port_that_is_taken_is_told_so(podium: Podium) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = podium("up", "--no-browser", "--port", str(taken.getsockname()[1]))
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "the port cannot be used" in err
    assert "--port N" in err


def test_outside_of_a_project_it_says_what_to_do(environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "podium.cli.main", "up"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "this is no git repository" in done.stderr
