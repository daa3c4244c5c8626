"""The port between a supervisor and an agent: what a driver is, and how one is found.

The supervisor spawns the process (in a sandbox) and owns it; a driver only speaks over its pipes. So a driver can be
tested with any process, and no driver can start anything outside the sandbox. Drivers are found by name through the
entry point group `podium.agents`, the built-in ones too.
"""

from __future__ import annotations

import asyncio
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, cast

import msgspec

from podium.agents.event import Event, PermissionAsked
from podium.kernel.errors import PodiumError, UsageError
from podium.kernel.value import Value
from podium.runs.model import Usage

GROUP = "podium.agents"


class AgentTask(Value, frozen=True, kw_only=True):
    """What a driver needs to know of a round."""

    agent: str  # the agent's name in the settings
    command: tuple[str, ...]  # from the settings, its program found
    program: str = ""  # as the settings name it, before it was found
    session: str = ""  # to go on with; empty = a new one
    model: str = ""
    model_url: str = ""  # the model provider's base URL, without a path; empty = as the agent itself is set up
    api: str = ""  # the kind of that provider: anthropic, openai, gemini; empty = not known
    workdir: str = "/workspace"  # as the agent sees it
    line_limit: int = 8 * 2**20  # bytes of one message
    total_limit: int = 256 * 2**20  # bytes of all messages
    load_seconds: float = 30.0  # for the agent to find a session again


class PermissionChoice(Value, frozen=True, kw_only=True):
    """The answer to a permission request; `option` is empty when the question lapsed (the turn was cancelled)."""

    option: str = ""


class Opened(Value, frozen=True, kw_only=True):
    """An agent that has a session."""

    session: str
    loaded: bool  # whether it is the one that was asked for
    agent_name: str = ""  # what the agent calls itself
    agent_version: str = ""
    why_not_loaded: str = ""


class Turn(Value, frozen=True, kw_only=True):
    """How one turn ended: end_turn, max_tokens, max_turn_requests, refusal, cancelled, or the agent's own word."""

    stop_reason: str
    usage: Usage | None = None


class Host(Protocol):
    """What a driver may ask of the supervisor."""

    def emit(self, event: Event) -> None:
        """Record what happened. Cheap; never blocks."""
        ...

    async def ask(self, question: PermissionAsked) -> PermissionChoice:
        """Wait for an answer, however long it takes. The supervisor gives `question.request` its own id."""
        ...


class Pipes(msgspec.Struct, frozen=True):
    """An agent's stdin and stdout."""

    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader


class Driver(Protocol):
    """Speaks with one agent process, from its start to its end. Not used again afterwards."""

    def argv(self, task: AgentTask) -> tuple[str, ...]:
        """The command to spawn. Must be quick: nothing heavy is imported before the process has been spawned."""
        ...

    async def open(self, pipes: Pipes, host: Host, task: AgentTask) -> Opened:
        """Greet the agent and get a session: the one asked for, or else a new one (`loaded` False).

        What a loaded session says of its past is not emitted. Raises what `turn` raises.
        """
        ...

    async def turn(self, prompt: str) -> Turn:
        """Give the agent its task, or the next word, and wait until it is done; everything it does is emitted.

        Raises AgentGoneError when the process closes its stdout, AgentFailedError when it answers with an error,
        AgentFloodError when it writes more than the task allows.
        """
        ...

    async def cancel(self) -> None:
        """Ask the agent to end its turn; `turn` then returns, or never does."""
        ...

    async def close(self) -> None:
        """Close the agent's stdin, which tells it to end. Idempotent; never raises."""
        ...


class AgentGoneError(PodiumError):
    """The agent's process closed its stdout."""


class AgentFailedError(PodiumError):
    """The agent said that it cannot go on."""


class AgentFloodError(PodiumError):
    """The agent wrote more than it may."""


_SHIPPED = (
    EntryPoint(name="acp", value="podium.agents.acp:AcpDriver", group=GROUP),
    EntryPoint(name="claude", value="podium.agents.claude:ClaudeDriver", group=GROUP),
    EntryPoint(name="codex", value="podium.agents.codex:CodexDriver", group=GROUP),
    EntryPoint(name="mini", value="podium.agents.mini:MiniDriver", group=GROUP),
    EntryPoint(name="shell", value="podium.agents.shell:ShellDriver", group=GROUP),
)
"""What pyproject.toml declares too: a checkout whose install is older than that knows its own drivers."""


def drivers() -> tuple[str, ...]:
    """The names of the drivers that are installed."""
    return tuple(sorted({point.name for point in (*entry_points(group=GROUP), *_SHIPPED)}))


def driver(name: str) -> Driver:
    """A new driver of that name. Raises UsageError when none is installed, or it does not load."""
    points = [*entry_points(group=GROUP, name=name), *(point for point in _SHIPPED if point.name == name)]
    if not points:
        known = ", ".join(drivers()) or "none"
        raise UsageError(f"no driver is called {name!r}", where="podium.toml [agents]", do=f"drivers here: {known}")
    try:
        make = points[0].load()
    except (ImportError, AttributeError) as error:
        raise UsageError(f"the driver {name!r} does not load: {error}", where=points[0].value) from error
    return cast(Driver, make())
