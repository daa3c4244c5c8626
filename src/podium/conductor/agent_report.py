"""Which agents there are, and what each can and lacks: for `podium agents`. Starts nothing but `--version`."""

from __future__ import annotations

from collections.abc import Mapping

from podium.agents.known import Can, Known, by_program, installed, known
from podium.agents.locate import locate, version_text
from podium.conductor.providers import NoKey, gateway_of
from podium.kernel.errors import UsageError
from podium.kernel.value import Value
from podium.project.model import AgentSettings, Settings


class AgentReport(Value, frozen=True, kw_only=True):
    """One agent, as it is on this machine."""

    name: str
    title: str = ""
    driver: str
    command: tuple[str, ...]
    set_up: bool  # podium.toml has a table for it
    program: str = ""  # empty = not found
    version: str = ""
    sha256: str = ""
    tried_version: str = ""  # the version that Podium was tried with
    model: str = ""
    provider: str = ""  # the kind of its model's provider; empty = Podium knows none
    key: str = ""  # where its key comes from, in words; never the key
    can: Can = Can()
    missing: str = ""
    do: str = ""


def reports(settings: Settings, path: str, environ: Mapping[str, str]) -> tuple[AgentReport, ...]:
    """Those that are set up, in their order, then those that are installed and not set up."""
    found = [report(settings, agent, path, environ) for agent in settings.agents]
    programs = {agent.command[0].rpartition("/")[2] for agent in settings.agents if agent.command}
    for each in installed(path):
        if each.command[0] not in programs:
            agent = AgentSettings(name=each.name, driver=each.driver, command=each.command)
            found.append(report(settings, agent, path, environ, set_up=False))
    return tuple(found)


def report(
    settings: Settings, agent: AgentSettings, path: str, environ: Mapping[str, str], *, set_up: bool = True
) -> AgentReport:
    """What is known of one agent."""
    about = by_program(agent.command[0]) if agent.command else known(agent.name)
    kind, key, missing, do = _key(settings, agent, environ)
    program = version = sha256 = ""
    try:
        located = locate(agent.command, path, agent=agent.name)
    except UsageError as error:
        missing, do = error.what, (f"{about.install}" if about else error.do)
    else:
        program, sha256 = located.program, located.sha256
        version = version_text(located, seconds=8.0)
    return AgentReport(
        name=agent.name,
        title=about.title if about else "",
        driver=agent.driver,
        command=agent.command,
        set_up=set_up,
        program=program,
        version=version,
        sha256=sha256,
        tried_version=about.version if about else "",
        model=agent.model,
        provider=kind,
        key=key,
        can=_can(about, agent),
        missing=missing,
        do=do,
    )


def _key(settings: Settings, agent: AgentSettings, environ: Mapping[str, str]) -> tuple[str, str, str, str]:
    """The provider's kind, where its key is, and what is missing with what to do about it."""
    try:
        way = gateway_of(settings, agent, environ)
    except UsageError as error:
        return "", "", error.what, error.do
    if way is None:
        return "", "", "", ""
    if isinstance(way, NoKey):
        return way.provider.kind, "", way.what, way.do
    return way.kind, way.key.text, "", ""


def _can(about: Known | None, agent: AgentSettings) -> Can:
    if agent.driver == "shell":
        return Can(resume=False, permissions=False, cost=False, model=False)
    return about.can if about is not None and about.driver == agent.driver else Can()
