"""One small task for one agent in the sandbox, outside of any project: does it work here, with its own model?

The task is to write one file. What counts is what Podium sees: the file, the end of the conversation, the tokens.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from podium.agents.event import Entry
from podium.agents.locate import locate
from podium.conductor.providers import NoKey, gateway_of
from podium.kernel.errors import PodiumError, UsageError
from podium.kernel.value import Value
from podium.project.model import AgentSettings, PermissionRule, Settings
from podium.runs.model import Usage
from podium.supervisor import inbox
from podium.supervisor.attach import Alive, Died, Ended, NotStarted, last_words, start_or_attach, status
from podium.supervisor.follow import read
from podium.supervisor.order import ExitRecord, Forward, Order
from podium.workspaces import space
from podium.workspaces.egress.way_out import handed_on
from podium.workspaces.gateway.kinds import PORT, seen_env, usual_kind
from podium.workspaces.gateway.order import GatewayOrder
from podium.workspaces.plan import Mount, SandboxPlan
from podium.workspaces.tiers import TierReport

FILE: Final = "podium-check.txt"
TEXT: Final = "six"
PROMPT: Final = f"Write a file {FILE} in the current directory that holds the one word {TEXT}, and do nothing else."

_TICK: Final = 0.1


class Checked(Value, frozen=True, kw_only=True):
    """What became of the task."""

    agent: str
    well: bool
    outcome: str
    seconds: float
    wrote: bool  # the file is there, with the word in it
    agent_name: str = ""
    agent_version: str = ""
    claim: str = ""
    error: str = ""
    stderr: str = ""
    usage: Usage = Usage()
    tier: str = ""


class Bench(Value, frozen=True, kw_only=True):
    """Where a check is made."""

    scratch: Path  # an existing directory below which everything is made and removed again
    path: str
    environ: Mapping[str, str]
    tiers: TierReport
    scripted: str = ""  # host:port of a scripted model; empty = the agent's own provider


def check(
    settings: Settings, agent: AgentSettings, bench: Bench, *, seconds: float, on_entry: Callable[[Entry], None]
) -> Checked:
    """Have the agent do it. Raises UsageError when it cannot be started, PodiumError when no sandbox works here."""
    if bench.tiers.tier is None:
        raise UsageError("no kind of sandbox works here", do=bench.tiers.do)
    top = Path(tempfile.mkdtemp(prefix="podium-agent-", dir=bench.scratch))
    try:
        return _played(settings, agent, bench, top, seconds, on_entry)
    finally:
        space.remove(top, within=bench.scratch)


def _played(
    settings: Settings, agent: AgentSettings, bench: Bench, top: Path, seconds: float, on_entry: Callable[[Entry], None]
) -> Checked:
    made, round_dir = space.create(top / "run"), top / "round"
    (top / "lower").mkdir()
    order, secrets = _order(settings, agent, bench, made, top / "lower")
    started = time.monotonic()
    start_or_attach(round_dir, order, secrets={**handed_on(bench.environ), **secrets})
    record = _followed(round_dir, started + seconds, on_entry)
    written = Path(made.upper) / FILE
    wrote = not written.is_symlink() and written.is_file() and TEXT in written.read_text(errors="replace")[:1000]
    return Checked(
        agent=agent.name,
        well=wrote and record.outcome == "completed",
        outcome="timeout" if record.stopped_by == _STOPPED else record.outcome,
        seconds=round(time.monotonic() - started, 1),
        wrote=wrote,
        agent_name=record.agent_name,
        agent_version=record.agent_version,
        claim=record.claim[:500],
        error=record.error,
        stderr="" if wrote else record.stderr[-2000:],
        usage=record.usage,
        tier=bench.tiers.tier or "",
    )


_STOPPED: Final = "podium agents test"


def _followed(round_dir: Path, deadline: float, on_entry: Callable[[Entry], None]) -> ExitRecord:
    offset, stopping = 0, False
    try:
        while True:
            now = status(round_dir)
            block, offset = read(round_dir, offset)
            for entry in block:
                on_entry(entry)
            match now:
                case Ended(record=record):
                    return record
                case Died() | NotStarted():  # nobody starts another one for a check
                    said = last_words(round_dir) or "it left no word"
                    raise PodiumError(f"the supervisor of the check died: {said}", where="podium agents test")
                case Alive():
                    pass
            if time.monotonic() > deadline and not stopping:
                stopping = True
                inbox.post(round_dir, inbox.Stop(by=_STOPPED), id="stop")
            time.sleep(_TICK)
    finally:
        if isinstance(status(round_dir), Alive):
            inbox.post(round_dir, inbox.Stop(by=_STOPPED), id="stop-now")


def _order(
    settings: Settings, agent: AgentSettings, bench: Bench, made: space.RunSpace, lower: Path
) -> tuple[Order, dict[str, str]]:
    located = locate(agent.command, bench.path, agent=agent.name)
    way = _way(settings, agent, bench)
    plan = SandboxPlan(
        tier=bench.tiers.tier or "overlay",
        lowers=(str(lower),),
        upper=made.upper,
        work=made.work,
        home=made.home,
        mounts=tuple(Mount(source=each, target=each) for each in dict.fromkeys((*located.mounts, *agent.mounts))),
        env={**way.env, **agent.env},
    )
    order = Order(
        round="check",
        agent=agent.name,
        driver=agent.driver,
        program=agent.command[0],
        command=located.argv,
        model=agent.model,
        prompt=PROMPT,
        sandbox=plan,
        bwrap=bench.tiers.bwrap,
        forwards=way.forwards,
        gateway=way.gateway,
        model_url=way.url,
        permissions=(PermissionRule(action="allow", kind="*", match="*"),),
    )
    return order, way.secrets


class _Way(Value, frozen=True, kw_only=True):
    """How the agent gets to its model."""

    url: str = ""
    env: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    forwards: tuple[Forward, ...] = ()
    gateway: GatewayOrder | None = None
    secrets: dict[str, str] = msgspec.field(default_factory=dict[str, str])


def _way(settings: Settings, agent: AgentSettings, bench: Bench) -> _Way:
    if bench.scripted:
        url = f"http://127.0.0.1:{PORT}"
        env = seen_env(usual_kind(agent.driver, agent.command) or "openai", url)
        return _Way(url=url, env=env, forwards=(Forward(port=PORT, to=bench.scripted),))
    found = gateway_of(settings, agent, bench.environ)
    if isinstance(found, NoKey):
        raise UsageError(found.what, where=f"podium.toml [agents.{agent.name}]", do=found.do)
    if found is None:
        return _Way()
    variable = found.key.variable
    secrets = {variable: bench.environ[variable]} if variable in bench.environ else {}
    return _Way(url=found.seen_url, env=seen_env(found.kind, found.seen_url), gateway=found, secrets=secrets)
