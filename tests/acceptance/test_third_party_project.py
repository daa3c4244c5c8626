"""The whole loop on a project that is not ours, with its own tests, through the real binary."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from third_party import AbsentError, ThirdParty, fetch

from podium.conductor.background import conductor_pid
from podium.conductor.home import Home
from podium.testing.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

STORY = Path(__file__).parent / "pluggy"
SPEC = "registration"


@dataclass(frozen=True)
class Desk:
    """A person's shell in the project."""

    root: Path
    state: Path
    environment: dict[str, str]

    def run(self, *arguments: str, code: int = 0) -> str:
        """What a command prints, which must end with `code`."""
        command = ["podium", "--state", str(self.state), *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == code, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        """The document that a command prints."""
        return json.loads(self.run(*arguments, "--json", code=code))

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=self.root, env=self.environment, capture_output=True, text=True, check=True
        ).stdout

    def states(self) -> dict[str, str]:
        """Each task's state."""
        return {each["task"].split("/")[1]: each["state"] for each in self.json("status", "--all")["tasks"]}

    def outcomes(self, task: str) -> dict[str, str]:
        """What was observed of a task's newest candidate, by name."""
        review = self.json("review", task)
        assert review["evidence_finished"]
        return {item["name"]: item["outcome"]["type"] for item in review["evidence"]}

    def read_and_accept(self, task: str) -> Any:
        """Mark every hunk as read, and accept."""
        hunks = [hunk["id"] for hunk in self.json("review", task)["hunks"]]
        self.run("review", task, "--mark", "seen", *hunks)
        return self.json("accept", task)


@pytest.fixture(scope="module")
def third_party(require: Callable[[object, str], None]) -> ThirdParty:
    try:
        return fetch()
    except AbsentError as error:
        require(False, str(error))
        raise


@pytest.fixture
def desk(tmp_path: Path, environment: dict[str, str], third_party: ThirdParty, marker: str) -> Iterator[Desk]:
    """The project as it was published, before Podium."""
    state = tmp_path / "state"
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    desk = Desk(third_party.unpack(tmp_path / "work"), state, environment)
    desk.git("config", "gpg.format", "ssh")
    desk.git("config", "user.signingKey", str(key))
    yield desk
    pid = conductor_pid(Home(state))
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def put_under_podium(desk: Desk, third_party: ThirdParty, scripts: Path) -> None:
    """What docs/how-to/test-environment.md says: mount the environment, and name it in PATH."""
    found = desk.json("init", "--yes")
    assert found["test"] == "python3 -m pytest -q"
    mounts = [str(third_party.environment)]
    if not third_party.base.is_relative_to("/usr"):
        mounts.append(str(third_party.base))
    settings = desk.root / "podium.toml"
    path = f"{third_party.environment}/bin:/usr/bin:/bin"
    added = f'mounts = {json.dumps(mounts)}\nenv = {{ PATH = "{path}", PYTHONPATH = "src" }}\n\n[run]'
    text = settings.read_text().replace("\n[run]", added, 1)
    scripts.mkdir()
    shutil.copy(STORY / "script.toml", scripts)
    program = Path(sys.executable).with_name("podium-scripted-agent")
    command = json.dumps([str(program), str(scripts / "script.toml")])
    settings.write_text(f'{text}\n[agents.scripted]\ncommand = {command}\nmounts = ["{scripts}"]\n')
    shutil.copytree(STORY / "specs", desk.root / "specs", ignore=shutil.ignore_patterns("__pycache__"))
    desk.git("add", "--all")
    desk.git("commit", "-q", "-m", "Put pluggy under Podium")


def test_three_tasks_on_a_published_project(desk: Desk, third_party: ThirdParty, tmp_path: Path) -> None:
    put_under_podium(desk, third_party, tmp_path / "scripts")
    assert desk.json("spec", "lint", SPEC)["findings"] == []
    approved = desk.json("plan", "approve", SPEC, "--yes")
    assert approved["approved"]
    assert [(each["before"], each["after"]) for each in approved["plan"]["serialised"]] == [("T1", "T2")]

    desk.run("run", SPEC)
    assert desk.states() == {"T1": "in review", "T2": "waiting", "T3": "in review"}
    _first_reviews(desk)
    desk.run("run", SPEC)
    assert desk.states() == {"T1": "in review", "T2": "waiting", "T3": "landed"}
    _second_reviews(desk)
    desk.run("run", SPEC)
    _third_reviews(desk)
    _looking_back(desk)


def _first_reviews(desk: Desk) -> None:
    """T3 is good. T1 forgets the hooks: its own tests do not see it, the clause's check does."""
    third = desk.outcomes("T3")
    wanted = ("B3", "E3", "project tests", "scope", "weakened tests", "new tests prove the change")
    assert {name: third[name] for name in wanted} == dict.fromkeys(wanted, "holds")
    assert desk.read_and_accept("T3")["signed"]
    first = desk.outcomes("T1")
    assert (first["B1"], first["E1"], first["project tests"]) == ("holds", "fails", "holds")
    refused = desk.json("accept", "T1", code=1)
    assert {"check-failed:E1", "unread"} <= {each["code"] for each in refused["refusals"]}
    (point,) = desk.json("refine", "T1", "-m", "E1 fails: the hooks that were added before stay")["points"]
    assert (point["id"], point["clause"]) == ("P1", "E1")


def _second_reviews(desk: Desk) -> None:
    """T1 is right now; T2 starts when that has landed, because both change the same file."""
    assert desk.outcomes("T1")["E1"] == "holds"
    assert desk.outcomes("T1")["new tests prove the change"] == "holds"
    desk.read_and_accept("T1")
    desk.run("run", SPEC)
    assert desk.states() == {"T1": "landed", "T2": "in review", "T3": "landed"}
    second = desk.outcomes("T2")
    assert (second["B2"], second["E2"], second["project tests"]) == ("holds", "holds", "fails")
    desk.run("refine", "T2", "-m", "a name that is blocked is refused now: test_unregister_blocked")


def _third_reviews(desk: Desk) -> None:
    """T2 breaks a test that was there before; after the second round nothing fails."""
    assert desk.states() == {"T1": "landed", "T2": "in review", "T3": "landed"}
    assert desk.outcomes("T2")["project tests"] == "holds"
    desk.run("review", "T2", "--close", "P1=the test holds again")  # it names no clause that could show it met
    desk.read_and_accept("T2")
    desk.run("land")
    assert set(desk.states().values()) == {"landed"}


def _looking_back(desk: Desk) -> None:
    def subjects() -> list[str]:
        return desk.git("log", "--format=%s", "-4").splitlines()

    eventually(lambda: len(set(subjects()) & {"A result shows what it holds"}) == 1, 30)
    eventually(lambda: subjects()[0] == "A name and a plugin that disagree are refused", 30)
    assert desk.git("status", "--porcelain") == ""
    lines = (desk.root / "src/pluggy/_manager.py").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "self.unregister(name=plugin_name)" in text)
    origin = desk.json("why", f"src/pluggy/_manager.py:{line}")
    assert (origin["task"], origin["round"], origin["agent"]) == (f"{SPEC}/T1", 2, "scripted")
    assert [clause["id"] for clause in origin["clauses"]] == ["B1", "E1", "D1"]
    told = [record["text"] for record in desk.json("log", f"{SPEC}/T1", "-n", "0")["records"]]
    assert any(text.startswith("round 1 sent back: P1 E1 fails") for text in told)
    assert desk.json("ledger", "verify")["verified"]


def test_a_landed_task_is_taken_back(desk: Desk, third_party: ThirdParty, tmp_path: Path) -> None:
    put_under_podium(desk, third_party, tmp_path / "scripts")
    desk.run("plan", "approve", SPEC, "--yes")
    desk.run("run", f"{SPEC}/T3")
    desk.read_and_accept("T3")
    desk.run("land")
    result = desk.root / "src/pluggy/_result.py"
    eventually(lambda: "__repr__" in result.read_text(), 60)
    desk.run("revert", "T3", "--reason", "another form of it is wanted")
    eventually(lambda: desk.states()["T3"] == "reverted" or desk.json("attention")["needs"], 60, every=0.5)
    assert desk.states()["T3"] == "reverted"
    eventually(lambda: "__repr__" not in result.read_text(), 30)
    assert desk.json("ledger", "verify")["verified"]
