"""One round of a real agent: its real program, in a real sandbox, under a real supervisor, with a scripted model."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from pwd import getpwuid
from typing import Any

from podium.agents.event import Entry, ErrorReported, Event, Undecoded
from podium.agents.locate import locate
from podium.kernel.errors import UsageError
from podium.kernel.value import Value
from podium.project.model import Limits
from podium.supervisor import inbox
from podium.supervisor.attach import Alive, Died, Ended, start_or_attach, status
from podium.supervisor.follow import read
from podium.supervisor.inbox import InboxMessage
from podium.supervisor.order import ExitRecord, Forward, Order
from podium.testing.model_server.server import ModelServer
from podium.testing.model_server.steps import ModelScript, Prompt, Step
from podium.testing.waiting import eventually
from podium.workspaces.plan import Mount, SandboxPlan
from podium.workspaces.tiers import bundled_bwrap

INSTALLED = Path(os.environ.get("TEST_AGENTS") or Path(getpwuid(os.getuid()).pw_dir, ".cache/podium/test-agents"))
"""Where `scripts/agents` puts them: the tests have another HOME."""
SEARCH = ":".join(
    [str(INSTALLED / "node-22/bin")]
    + [str(place) for pattern in ("*/node_modules/.bin", "*/bin") for place in sorted(INSTALLED.glob(pattern))]
)
PORT = 4711
URL = f"http://127.0.0.1:{PORT}"
FIRST = "Please raise the limit to six"
TEXT = "LIMIT = 5\n\n\ndef allowed(count: int) -> bool:\n    return count < LIMIT\n"


class RealAgent(Value, frozen=True, kw_only=True):
    """How one agent is started in these tests."""

    name: str
    driver: str
    command: tuple[str, ...]
    asks: tuple[str, ...] = ()  # more words that make it ask for permission
    asks_by: tuple[str, ...] = ()  # or a file of the repository that does, and its text
    model: str = ""
    resumes: bool = True

    @property
    def can_ask(self) -> bool:
        """Whether these tests know how to make it ask."""
        return bool(self.asks or self.asks_by)


AGENTS = {
    each.name: each
    for each in (
        RealAgent(name="claude", driver="claude", command=("claude",), asks=("--permission-mode", "default"),
                  model="claude-sonnet-4-5"),
        RealAgent(name="codex", driver="codex", command=("codex",), asks=("-c", "approval_policy=untrusted"),
                  model="gpt-5-codex"),
        RealAgent(name="mini", driver="mini", command=("mini",), model="gpt-5", resumes=False),
        RealAgent(name="gemini", driver="acp", command=("gemini", "--acp"), asks=("--approval-mode", "default"),
                  model="gemini-2.5-pro"),
        RealAgent(name="qwen", driver="acp", command=("qwen", "--acp"), asks=("--approval-mode", "default"),
                  model="gpt-5"),
        RealAgent(name="copilot", driver="acp", command=("copilot", "--acp"), asks=("--allow-all-paths",),
                  model="gpt-5"),
        RealAgent(name="opencode", driver="acp", command=("opencode", "acp"), model="gpt-5",
                  asks_by=("opencode.json", '{"permission": {"edit": "ask"}}')),
        RealAgent(name="claude-acp", driver="acp", command=("claude-agent-acp",), model="claude-sonnet-4-5",
                  asks_by=(".claude/settings.json", '{"permissions": {"defaultMode": "default"}}')),
        RealAgent(name="codex-acp", driver="acp", command=("codex-acp",), model="gpt-5-codex"),
    )
}  # fmt: skip


def is_installed(name: str) -> bool:
    """Whether `scripts/agents` has put it where the tests look."""
    try:
        locate(AGENTS[name].command, f"{SEARCH}:/usr/bin:/bin", agent=name)
    except UsageError:
        return False
    return True


class RealBench:
    """One run of one agent: a workspace and a HOME, in which rounds are played one after the other."""

    def __init__(self, root: Path, agent: RealAgent, *prompts: Prompt) -> None:
        self.agent = agent
        self.root = root
        self.upper, self.home = root / "upper", root / "home"
        for name in ("template", "upper", "work", "home"):
            (root / name).mkdir()
        (root / "template" / "limit.py").write_text(TEXT)
        self.server = ModelServer(ModelScript(prompts=prompts))
        self.round_dir = root / "round0"
        self._rounds = 0

    def start(self, prompt: str = FIRST, *, asks: bool = False, **fields: Any) -> None:
        """Start the next round."""
        self._rounds += 1
        self.round_dir = self.root / f"round{self._rounds}"
        agent = self.agent
        if asks and agent.asks_by:
            name, text = agent.asks_by
            place = self.root / "template" / name
            place.parent.mkdir(exist_ok=True)
            place.write_text(text)
        located = locate((*agent.command, *(agent.asks if asks else ())), f"{SEARCH}:/usr/bin:/bin", agent=agent.name)
        plan = SandboxPlan(
            tier="overlay",
            lowers=(str(self.root / "template"),),
            upper=str(self.upper),
            work=str(self.root / "work"),
            home=str(self.home),
            mounts=tuple(Mount(source=path, target=path) for path in located.mounts),
            limits=Limits(memory_mb=0),
        )
        order = Order(
            round=f"r{self._rounds}",
            agent=agent.name,
            driver=agent.driver,
            program=agent.command[0],
            command=located.argv,
            prompt=prompt,
            model=agent.model,
            sandbox=plan,
            bwrap=bundled_bwrap() or "",
            forwards=(Forward(port=PORT, to=f"127.0.0.1:{self.server.port}"),),
            model_url=URL,
            **fields,
        )
        start_or_attach(self.round_dir, order)

    def end(self, seconds: float = 150.0) -> ExitRecord:
        """Wait for the end of the round."""

        def over() -> Ended | Died | None:
            now = status(self.round_dir)
            return now if isinstance(now, Ended | Died) else None

        try:
            found = eventually(over, seconds, what="the round ends", every=0.05)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.troubles()}") from None
        assert isinstance(found, Ended), self.troubles()
        return found.record

    def play(self, prompt: str = FIRST, **fields: Any) -> ExitRecord:
        self.start(prompt, **fields)
        return self.end()

    def post(self, message: InboxMessage) -> None:
        inbox.post(self.round_dir, message, id="m0001")

    def entries(self) -> list[Entry]:
        found: list[Entry] = []
        offset = 0
        while True:
            block, after = read(self.round_dir, offset)
            if after == offset:
                return found
            found += block
            offset = after

    def events(self, *kinds: type[Event]) -> list[Any]:
        return [entry.event for entry in self.entries() if isinstance(entry.event, kinds)]

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        eventually(condition, 60.0, what=f"{what}; so far: {self.troubles()}", every=0.05)

    def troubles(self) -> str:
        """What a failed assertion should show."""
        log = self.round_dir / "supervisor.log"
        told = [str(each)[:600] for each in self.events(ErrorReported, Undecoded)]
        asked = [(each.path, each.status, each.prompt, each.turn, each.call) for each in self.server.journal.entries()]
        return "\n".join([*told, *map(str, asked), log.read_text()[-2000:] if log.exists() else ""])

    def close(self) -> None:
        now = status(self.round_dir) if self._rounds else None
        if isinstance(now, Alive):
            inbox.post(self.round_dir, inbox.Stop(by="the end of the test"), id="z-end")
            self.end(30)
        self.server.stop()


def prompt(*steps: Step, match: str = FIRST) -> Prompt:
    return Prompt(match=match, steps=steps)
