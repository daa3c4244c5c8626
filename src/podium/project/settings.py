"""`podium.toml` as `Settings`, with every fault located."""

from __future__ import annotations

import re
from typing import cast, get_args

from podium.kernel.errors import UsageError
from podium.project.constructs import fault_of_construct
from podium.project.globs import fault_of
from podium.project.imports import fail_on_of, imports_of, index_of
from podium.project.model import (
    AgentSettings,
    AskFirst,
    Environment,
    EvidenceSettings,
    Generated,
    Limits,
    PermissionRule,
    Protected,
    ProtectedRule,
    Settings,
    Tripwires,
)
from podium.project.providers import budget_of, known_providers, prices_of, providers_of
from podium.project.surroundings import ask_first_of, env_files_of, notify_of, services_of
from podium.project.toml_reader import Document, Table

FILE = "podium.toml"
PERMISSION_KINDS = ("*", "read", "edit", "delete", "move", "search", "execute", "think", "fetch", "other")

_AGENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?:(\d{1,5})")
_BAD_BRANCH = re.compile(r"[\x00-\x20~^:?*\[\\\x7f]|\.\.|@\{|//|^/|/$|\.$|\.lock$|^-|^@$|(?:^|/)\.")


def parse_settings(content: bytes | str, path: str = FILE) -> Settings:
    """The settings that a `podium.toml` holds.

    Raises UsageError that names the line of every unknown key, wrong type, bad glob and bad pattern, and what to write
    instead.
    """
    document = Document(content, path)
    root = document.root
    project = root.table("project")
    name = _name(project)
    target = _target(project)
    specs = _specs(project)
    project.finish()
    review, run, network = root.table("review"), root.table("run"), root.table("network")
    providers = providers_of(root.table("providers"))
    agents = _agents(root.table("agents"), known_providers(providers))
    settings = Settings(
        project=name,
        target=target,
        specs=specs,
        capacity=review.whole("capacity", 5, least=1),
        blind_first=_blind(review),
        share_pace=review.flag("share_pace", False),
        generated=tuple(_generated(table) for table in root.tables("generated")),
        parallel=run.whole("parallel", 0),
        default_agent=run.text("agent"),
        ask_first=ask_first_of(run),
        network=_network(network),
        environment=_environment(root.table("environment")),
        limits=_limits(root.table("limits")),
        tripwires=_tripwires(root.table("tripwires")),
        notify=notify_of(root.table("notify")),
        evidence=_evidence(root.table("evidence")),
        agents=agents,
        providers=providers,
        budget=budget_of(root.table("budget")),
        prices=prices_of(root.table("prices")),
        permissions=tuple(_permission(table) for table in root.tables("permissions")),
        protected=tuple(_protected(table) for table in root.tables("protected")),
    )
    for table in (review, run, network, root):
        table.finish()
    document.check()
    return settings


def _name(table: Table) -> str:
    name = table.text("name").strip()
    if not name or len(name) > 100 or not name.isprintable():
        table.fault("name", "The project has no usable name.", 'Write a line name = "..." below [project].')
    return name


def _target(table: Table) -> str:
    target = table.text("target", "main")
    if target.startswith("refs/") or not target or _BAD_BRANCH.search(target):
        do = f'Write the name of a branch, such as "{target.removeprefix("refs/heads/") or "main"}".'
        if not target.startswith("refs/heads/"):
            do = 'Write the name of a branch, such as "main".'
        table.fault("target", f"{target!r} is not the name of a branch.", do)
    return target


def _specs(table: Table) -> str:
    specs = table.text("specs", "specs").removesuffix("/")
    if any(char in specs for char in "*?[\\") or fault_of(specs) is not None:
        table.fault("specs", f"{specs!r} is not a folder of the repository.", 'Write a plain path, such as "specs".')
        return "specs"
    return specs


def _network(table: Table) -> tuple[str, ...]:
    allowed = table.texts("allow")
    for entry in allowed:
        found = _HOST.fullmatch(entry)
        if found is None or not 0 < int(found.group(1)) < 65536:
            table.fault(
                "allow",
                f"{entry!r} is not a host and a port.",
                'Write exact names, such as "proxy.example.org:443"; there are no wildcards.',
            )
    return allowed


def _environment(table: Table) -> Environment:
    environment = Environment(
        setup=_command(table, "setup"),
        setup_network=table.flag("setup_network", False),
        lockfiles=_globs(table, "lockfiles"),
        test=_command(table, "test"),
        test_minutes=table.number("test_minutes", 10.0),
        mounts=_host_paths(table, "mounts"),
        env=_variables(table, "env"),
        env_files=env_files_of(table),
        env_keep=table.texts("env_keep"),
        services=services_of(table.table("services")),
        preview=_command(table, "preview"),
        preview_port=table.whole("preview_port", 8000, least=1),
    )
    table.finish()
    return environment


def _limits(table: Table) -> Limits:
    limits = Limits(
        memory_mb=table.whole("memory_mb", 4096),
        processes=table.whole("processes", 256),
        disk_mb=table.whole("disk_mb", 4096),
        wall_minutes=table.number("wall_minutes", 60.0),
    )
    table.finish()
    return limits


def _tripwires(table: Table) -> Tripwires:
    tripwires = Tripwires(
        stall_minutes=table.number("stall_minutes", 10.0),
        loop_repeats=table.whole("loop_repeats", 5, least=2),
        thrash_repeats=table.whole("thrash_repeats", 2),
        error_repeats=table.whole("error_repeats", 6),
    )
    table.finish()
    return tripwires


def _evidence(table: Table) -> EvidenceSettings:
    evidence = EvidenceSettings(
        budget_seconds=table.number("budget_seconds", 120.0),
        test_map=table.flag("test_map", True),
        mutants=table.flag("mutants", True),
        behaviour=table.flag("behaviour", True),
        crosshair=table.flag("crosshair", False),
        fail_on=fail_on_of(table),
        imports=imports_of(table.table("import")),
        index=index_of(table),
    )
    table.finish()
    return evidence


def _agents(tables: Table, providers: tuple[str, ...]) -> tuple[AgentSettings, ...]:
    found: list[AgentSettings] = []
    for name, table in tables.named():
        if not _AGENT.fullmatch(name):
            table.fault(None, f"{name!r} is not a name for an agent.", "Use letters, digits, '.', '_' and '-'.")
        agent = AgentSettings(
            name=name,
            driver=table.text("driver", "acp"),
            command=table.texts("command"),
            env=_variables(table, "env"),
            mounts=_host_paths(table, "mounts"),
            model=table.text("model"),
            provider=table.text("provider"),
        )
        if any(not word for word in agent.command[:1]):
            table.fault("command", "The command begins with an empty word.", 'Write it as ["program", "argument"].')
        if agent.driver == "acp" and not table.has("command"):
            table.fault(None, f"Agent {name!r} has no command.", 'Add a line command = ["program", "argument"].')
        if agent.provider and agent.provider not in providers:
            do = f"Write one of {', '.join(providers)}, or add a table [providers.{agent.provider}]."
            table.fault("provider", f"No provider is called {agent.provider!r}.", do)
        table.finish()
        found.append(agent)
    return tuple(found)


def _blind(table: Table) -> AskFirst:
    wanted = table.text("blind_first", "high-risk")
    if wanted not in get_args(AskFirst):
        known = ", ".join(f'"{name}"' for name in get_args(AskFirst))
        table.fault("blind_first", f"blind_first is {wanted!r}.", f"Write one of: {known}.")
        return "high-risk"
    return cast("AskFirst", wanted)


def _generated(table: Table) -> Generated:
    generated = Generated(paths=_globs(table, "paths"), command=_command(table, "command"))
    if not generated.paths or not generated.command:
        table.fault(None, "Generated files need paths and a command.", 'Write paths = ["..."] and command = "...".')
    table.finish()
    return generated


def _permission(table: Table) -> PermissionRule:
    action = table.text("action")
    kind = table.text("kind", "*")
    if action not in ("allow", "deny"):
        table.fault("action", f"action is {action!r}.", 'Write "allow" or "deny".')
        action = "deny"
    if kind not in PERMISSION_KINDS:
        known = ", ".join(PERMISSION_KINDS)
        table.fault("kind", f"{kind!r} is not a kind of request.", f"Write one of: {known}.")
    rule = PermissionRule(action=action, kind=kind, match=table.text("match", "*"))
    table.finish()
    return rule


def _protected(table: Table) -> Protected:
    rule = table.text("rule")
    if rule not in get_args(ProtectedRule):
        known = ", ".join(f'"{name}"' for name in get_args(ProtectedRule))
        table.fault("rule", f"rule is {rule!r}.", f"Write one of: {known}.")
        rule = "human-only"
    protected = Protected(
        rule=cast("ProtectedRule", rule),
        paths=_globs(table, "paths"),
        constructs=_constructs(table),
        checks=table.texts("checks"),
        reason=table.text("reason"),
    )
    if not table.has("paths") and not table.has("constructs"):
        table.fault(None, "The protected area names nothing.", "Add paths = [...] or constructs = [...].")
    if protected.rule == "extra-checks" and not protected.checks:
        table.fault(None, "extra-checks without a check.", 'Add a line checks = ["a command that must exit 0"].')
    if protected.rule != "extra-checks" and protected.checks:
        table.fault("checks", f"{protected.rule} takes no checks.", 'Use rule = "extra-checks" for them.')
    table.finish()
    return protected


def _command(table: Table, key: str) -> str:
    command = table.text(key).strip()
    if "\0" in command:
        table.fault(key, f"{key} holds a NUL character.", "Write a command line.")
    return command


def _globs(table: Table, key: str) -> tuple[str, ...]:
    globs = table.texts(key)
    for glob in globs:
        fault = fault_of(glob)
        if fault is not None:
            table.fault(key, f"{glob!r}: {fault[0]}.", f"{fault[1][0].upper()}{fault[1][1:]}.")
    return globs


def _constructs(table: Table) -> tuple[str, ...]:
    patterns = table.texts("constructs")
    for pattern in patterns:
        fault = fault_of_construct(pattern)
        if fault is not None:
            table.fault("constructs", f"{pattern!r}: {fault[0]}.", f"{fault[1]}.")
    return patterns


def _host_paths(table: Table, key: str) -> tuple[str, ...]:
    paths = table.texts(key)
    for path in paths:
        if not path.startswith("/") or "\0" in path or ".." in path.split("/"):
            table.fault(key, f"{path!r} is not an absolute path.", 'Write one such as "/opt/toolchain".')
    return paths


def _variables(table: Table, key: str) -> dict[str, str]:
    variables = table.mapping(key)
    for name, value in variables.items():
        if not name or "=" in name or "\0" in name + value:
            table.fault(key, f"{name!r} is not the name of a variable.", "Use letters, digits and '_'.")
    return variables


def require_agent(settings: Settings, known: tuple[str, ...]) -> str:
    """The agent that a task without one goes to: the configured default, or the only one there is.

    Raises UsageError when that is not clear.
    """
    if settings.default_agent:
        return settings.default_agent
    if len(known) == 1:
        return known[0]
    raise UsageError(
        "no agent is chosen" if known else "no agent is configured",
        where=FILE,
        do=f'Add agent = "NAME" below [run]; known: {", ".join(known)}.'
        if known
        else 'Add a table [agents.NAME] with command = ["..."]; `podium agents` lists those it finds.',
    )
