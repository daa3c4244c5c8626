"""What one supervisor is told, and what it leaves behind.

A round has one directory. The starter writes `order.json`; all else in it is the supervisor's:

    order.json        what to do (written once; the first writer wins)
    supervisor.lock   held while a supervisor lives: the one truth about that
    supervisor.log    the supervisor's own stdout and stderr
    starts.jsonl      one line per start of an agent, written before it starts
    session.json      the session that a restart goes on with
    events.jsonl      the transcript (podium.agents.event)
    inbox/            messages to the supervisor (podium.supervisor.inbox)
    exit.json         how it ended; from then on nothing here changes, and no process of the round lives
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from podium.kernel.errors import PodiumError
from podium.kernel.value import Value, canonical
from podium.project.model import PermissionRule, Tripwires
from podium.runs.model import AgentOutcome, Resumption, Trip, Usage
from podium.supervisor.files import create_once
from podium.supervisor.names import EVENTS, EXIT, LOCK, LOG, ORDER, SESSION, STARTS
from podium.workspaces.gateway.book import Cap
from podium.workspaces.gateway.order import GatewayOrder
from podium.workspaces.plan import SandboxPlan

__all__ = [
    "EVENTS",
    "EXIT",
    "LOCK",
    "LOG",
    "ORDER",
    "SCRATCH",
    "SESSION",
    "STARTS",
    "BudgetOrder",
    "ExitRecord",
    "Forward",
    "Order",
    "OutputLimits",
    "SessionRecord",
    "Start",
    "read_exit",
    "read_order",
    "read_session",
    "write_order",
]

SCRATCH: Final = (
    "**/__pycache__/**",
    "**/.pytest_cache/**",
    "**/.ruff_cache/**",
    "**/.mypy_cache/**",
    "**/.hypothesis/**",
    "**/*.egg-info/**",
    "**/node_modules/**",
    "**/.venv/**",
)


class OutputLimits(Value, frozen=True, kw_only=True):
    """What an agent may write to Podium before it counts as a flood and is ended (all in bytes)."""

    line: int = 8 * 2**20  # one message; a longer one is dropped
    total: int = 256 * 2**20  # all messages
    transcript: int = 64 * 2**20  # events.jsonl
    stderr: int = 64 * 2**10  # the tail that is kept; the rest is dropped


class Forward(Value, frozen=True, kw_only=True):
    """What connects to `port` of the sandbox's 127.0.0.1 is connected to `to`, an address of the host's side."""

    port: int
    to: str  # host:port


class BudgetOrder(Value, frozen=True, kw_only=True):
    """What a round's requests are entered to, and what that may cost. A cap of 0 is no limit, and is only counted."""

    book: str = ""  # path of the machine's book (podium.workspaces.gateway.book); empty = nothing is entered
    caps: tuple[Cap, ...] = ()  # `{day}` in an account stands for the day of the request


class Order(Value, frozen=True, kw_only=True):
    """One round: which agent, told what, in which sandbox, under which rules."""

    round: str  # its id
    agent: str  # its name in the settings
    command: tuple[str, ...]  # the agent's argv inside the sandbox
    prompt: str
    sandbox: SandboxPlan  # its `limits` are enforced by the supervisor's watchdog
    bwrap: str = ""  # path of the binary; empty where the tier needs none
    driver: str = "acp"
    program: str = ""  # what the settings call the agent's program; by it a driver knows what it needs
    model: str = ""  # asked for by the driver where the agent lets it choose
    session: str = ""  # to go on with; empty = a new one
    fallback_prompt: str = ""  # told to a new session when `session` cannot be loaded; empty = `prompt`
    forwards: tuple[Forward, ...] = ()  # ports of the sandbox's own 127.0.0.1, and what they stand for
    gateway: GatewayOrder | None = None  # the model provider that is served on a port inside; None = none is
    budget: BudgetOrder | None = None
    model_url: str = ""  # where the agent finds its model, as seen inside; empty = as the agent itself is set up
    permissions: tuple[PermissionRule, ...] = ()
    tripwires: Tripwires = Tripwires()
    scope: tuple[str, ...] = ()  # globs (podium.project.globs) of what the task may change; empty = everything
    guarded: tuple[str, ...] = ()  # test files that the task's checks run: it is to satisfy them, not to change them
    budget_usd: float = 0.0  # what the round may cost, for the tripwire on its pace; 0 = not known
    scratch: tuple[str, ...] = SCRATCH  # globs of what never counts as drift: caches that no candidate holds
    limits: OutputLimits = OutputLimits()
    start_seconds: float = 60.0  # for the agent to answer and have a session
    grace_seconds: float = 5.0  # between asking an agent to stop and killing it
    exit_seconds: float = 2.0  # for an agent whose work is done to end by itself (it may be saving its session)
    max_attempts: int = 20  # a round whose supervisor dies more often than that has crashed
    crash_at: str = ""  # crash tests only: the supervisor kills itself at this point (see crash.py)


class Start(Value, frozen=True, kw_only=True):
    """One line of starts.jsonl: an agent is about to be started."""

    attempt: int  # from 1
    pid: int  # of the supervisor
    at: str
    planned: Resumption  # what it means to try; ExitRecord.resumption says what became of it


class SessionRecord(Value, frozen=True, kw_only=True):
    """The session a round is in, written as soon as it is known."""

    session: str
    resumption: Resumption
    prompted: bool = False  # whether the agent may have been told its task


class ExitRecord(Value, frozen=True, kw_only=True):
    """How a round ended. Only the outcome, the figures and the digest are facts; `claim` is the agent's word."""

    round: str
    outcome: AgentOutcome
    attempt: int  # how often an agent was started
    started_at: str
    ended_at: str
    seconds: float  # from the first start to the end, by the wall clock, never negative
    stop_reason: str = ""
    session: str = ""
    resumption: Resumption = "new"
    events: int = 0
    transcript: str = ""  # digest of events.jsonl
    usage: Usage = Usage()
    claim: str = ""  # the agent's last words
    error: str = ""
    breach: str = ""  # which limit ended it
    stopped_by: str = ""
    trips: tuple[Trip, ...] = ()
    agent_name: str = ""  # what the agent calls itself
    agent_version: str = ""
    stderr: str = ""  # its tail


def write_order(round_dir: Path, order: Order) -> None:
    """Write order.json unless there is one; a kill at any point leaves a whole one or none."""
    create_once(round_dir / ORDER, canonical(order))


def read_order(round_dir: Path) -> Order:
    """The order of a round. Raises PodiumError when there is none or it cannot be understood."""
    path = round_dir / ORDER
    try:
        return msgspec.json.decode(path.read_bytes(), type=Order)
    except OSError as error:
        raise PodiumError(f"the order cannot be read: {error.strerror}", where=str(path)) from error
    except msgspec.MsgspecError as error:
        raise PodiumError(
            f"the order cannot be understood: {error}", where=str(path), do="start the round again"
        ) from error


def read_exit(round_dir: Path) -> ExitRecord | None:
    """How a round ended, or None while it has not. Raises PodiumError when the record cannot be understood."""
    path = round_dir / EXIT
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(data, type=ExitRecord)
    except msgspec.MsgspecError as error:
        raise PodiumError(f"the exit record cannot be understood: {error}", where=str(path)) from error


def read_session(round_dir: Path) -> SessionRecord | None:
    """The session that a restart goes on with, or None."""
    try:
        return msgspec.json.decode((round_dir / SESSION).read_bytes(), type=SessionRecord)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
