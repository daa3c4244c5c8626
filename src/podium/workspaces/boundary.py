"""What one round's agent can reach, read off the plan that will be used: no wish enters it."""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath
from typing import Final

from podium.kernel.value import Value
from podium.project.providers import PLACEHOLDER_KEY
from podium.runs.model import Boundary
from podium.workspaces import bare_init, limits
from podium.workspaces.gateway.kinds import KINDS
from podium.workspaces.gateway.order import GatewayOrder
from podium.workspaces.plan import HOME, SandboxPlan, seen_home, seen_workspace
from podium.workspaces.tiers import WEAKER, WEAKER_SIGNALS

_SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE)
_SECRET_PLACES: Final = frozenset(
    (".ssh", ".aws", ".netrc", ".gnupg", ".kube", ".docker", ".azure", "gcloud", ".npmrc", ".pypirc", "gh", ".config",
     ".git-credentials", ".claude", ".codex", ".gemini")
)  # fmt: skip
_SYSTEM: Final = ("/usr and what / links into it", "public parts of /etc (certificates, time zone, libraries)")


class AgentFacts(Value, frozen=True, kw_only=True):
    """Which program will work inside."""

    name: str
    sha256: str
    version: str = ""


class SetupFacts(Value, frozen=True, kw_only=True):
    """What the set-up of dependencies could reach, and what it was refused."""

    network: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def describe(
    plan: SandboxPlan, agent: AgentFacts, gateway: GatewayOrder | None = None, setup: SetupFacts | None = None
) -> Boundary:
    """The boundary of a sandbox that is started from `plan` by this process's user."""
    return Boundary(
        tier=plan.tier,
        readable=_readable(plan),
        writable=_writable(plan),
        network=_network(plan),
        credentials=_credentials(plan),
        limits=limits.enforced(plan.limits, plan.tier, root=os.geteuid() == 0, tmp_mb=plan.tmp_mb),
        agent=agent.name,
        agent_version=agent.version,
        agent_sha256=agent.sha256,
        model=_model(gateway),
        weaker=_weaker(plan),
        setup_network=setup.network if setup else (),
        setup_refused=setup.refused if setup else (),
    )


def _readable(plan: SandboxPlan) -> tuple[str, ...]:
    if plan.tier == "none":
        return ("everything that you can read",)
    lowers = f"{seen_workspace(plan)} (from {', '.join(plan.lowers)})"
    return (lowers, *_SYSTEM, *(_shown(m.source, m.target) for m in plan.mounts if not m.writable))


def _writable(plan: SandboxPlan) -> tuple[str, ...]:
    if plan.tier == "none":
        return ("everything that you can write",)
    mounts = tuple(_shown(m.source, m.target) for m in plan.mounts if m.writable)
    if plan.tier == "landlock":
        return (plan.upper, *((plan.home,) if plan.home else ()), plan.work, *mounts)
    home = f"{HOME} (kept in {plan.home})" if plan.home else f"{HOME} (in memory)"
    return (f"/workspace (kept in {plan.upper})", home, "/tmp and /dev/shm (in memory)", *mounts)  # noqa: S108


def _network(plan: SandboxPlan) -> tuple[str, ...]:
    return ("everything that you can reach",) if plan.tier == "none" else plan.network


def _model(gateway: GatewayOrder | None) -> str:
    if gateway is None:
        return ""
    title = KINDS[gateway.kind].title
    return f"{title} at {gateway.url} through Podium, which adds the key outside ({gateway.key.text})"


def _credentials(plan: SandboxPlan) -> tuple[str, ...]:
    names = [
        f"variable {name}"
        for name, value in sorted(plan.env.items())
        if _SECRET.search(name) and value != PLACEHOLDER_KEY
    ]
    sources = [mount.source for mount in plan.mounts]
    names += [f"files in {path}" for path in sources if not _SECRET_PLACES.isdisjoint(PurePosixPath(path).parts)]
    if plan.tier == "none":
        names.append(f"all files of yours (HOME is {seen_home(plan)}, but nothing keeps a program there)")
    return tuple(names)


def _weaker(plan: SandboxPlan) -> str:
    text = WEAKER[plan.tier]
    if plan.tier == "landlock" and bare_init.landlock_abi() < bare_init.SIGNALS_ABI:
        text += WEAKER_SIGNALS
    return text


def _shown(source: str, target: str) -> str:
    return source if source == target else f"{target} (from {source})"
