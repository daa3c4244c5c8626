"""The keys that Podium keeps for a project's agents: taken out of what is stored, and looked for in candidates.

No agent is ever given one of them, but a person may have written one into a spec, a setting or the repository itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from podium.checks.bench import Bench
from podium.checks.kind import Answer, GatherOrder, Job
from podium.conductor.providers import gateway_of
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Fails, Holds
from podium.evidence.redaction import Redactor, secret_values
from podium.evidence.rules import diff_command
from podium.kernel.errors import UsageError
from podium.project.model import AgentSettings, Settings
from podium.workspaces.egress.way_out import way_out
from podium.workspaces.env_files import kept_values
from podium.workspaces.gateway.credentials import NoKeyError, read
from podium.workspaces.gateway.order import GatewayOrder


def redactor_of(settings: Settings, environ: Mapping[str, str], root: str) -> Redactor:
    """Takes out the keys of all agents' providers as they are now, and the secrets that podium.toml gives to agents.

    `root` is the user's checkout, whose env files may be passed on in part.
    """
    found = [*way_out(environ).secrets, *secret_values(settings.environment.env), *passed_on(settings, root).values()]
    for agent in settings.agents:
        found += [*_keys(settings, agent, environ), *secret_values(agent.env)]
    return Redactor(found)


def passed_on(settings: Settings, root: str) -> dict[str, str]:
    """The secrets among what `env_keep` lets through of the env files: by their names, and passwords in addresses."""
    environment = settings.environment
    known = kept_values(Path(root), environment.env_files, environment.env_keep) if environment.env_files else {}
    return {name: value for name, value in known.items() if secret_values({name: value})}


def _keys(settings: Settings, agent: AgentSettings, environ: Mapping[str, str]) -> tuple[str, ...]:
    with contextlib.suppress(UsageError, NoKeyError):
        way = gateway_of(settings, agent, environ)
        if isinstance(way, GatewayOrder):
            return read(way.kind, way.key, environ).secrets
    return ()


class OwnKeys:
    """The kind of evidence that finds one of these keys in what a candidate writes, whatever shape it has."""

    name = "security"

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        """One job, where there is such a key and a file has new content."""
        if not self._redactor.knows_any or all(change.status == "deleted" for change in order.changes):
            return ()
        command = diff_command(order.base_tree, order.tree)
        return (Job(kind=self.name, name="your own keys", work=self._look, command=command),)

    async def _look(self, bench: Bench) -> Answer:
        found = Findings()
        for change in bench.order.changes:
            data = None if change.status == "deleted" else bench.source.read("candidate", change.path)
            if data is None or not self._redactor.holds_known(data):
                continue
            lines = [number for number, line in enumerate(data.splitlines(), 1) if self._redactor.holds_known(line)]
            message = "a key or secret that Podium keeps for your agents stands here in full"
            found.add("own-key", "error", message, path=change.path, line=lines[0] if lines else 0)
        if not found.count:
            return Answer(outcome=Holds(), tool="podium")
        why = "one file holds" if found.count == 1 else f"{found.count} files hold"
        return Answer(outcome=Fails(why=f"{why} one of your own keys"), findings=found.all(), tool="podium")
