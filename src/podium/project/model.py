"""A project: one git repository under Podium, and the settings in its `podium.toml`."""

from __future__ import annotations

from typing import Literal

import msgspec

from podium.kernel.value import Value

ProtectedRule = Literal["human-only", "two-reviewers", "extra-checks"]


class Project(Value, frozen=True, kw_only=True):
    """One repository that was registered with `podium init`."""

    id: str
    name: str
    root: str  # absolute path of the user's repository
    mirror: str  # absolute path or URL of the trusted bare mirror
    target: str  # branch that accepted work lands on, without refs/heads/


class Protected(Value, frozen=True, kw_only=True):
    """A part of the repository where delegation is restricted."""

    rule: ProtectedRule
    paths: tuple[str, ...] = ()  # globs, as git's pathspec `:(glob)`
    constructs: tuple[str, ...] = ()  # regular expressions looked for in added and removed lines
    checks: tuple[str, ...] = ()  # for extra-checks: commands that must hold
    reason: str = ""


class PermissionRule(Value, frozen=True, kw_only=True):
    """The answer to an agent's obvious permission requests; the first rule that matches answers."""

    action: Literal["allow", "deny"]
    kind: str = "*"  # read, edit, delete, move, search, execute, think, fetch, other, or *
    match: str = "*"  # shell-style pattern over the path or the command


class AgentSettings(Value, frozen=True, kw_only=True):
    """How one agent is started."""

    name: str
    driver: str = "acp"
    command: tuple[str, ...] = ()
    env: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    mounts: tuple[str, ...] = ()  # extra host paths, mounted read-only at the same path
    model: str = ""


class Limits(Value, frozen=True, kw_only=True):
    """What one sandbox may use. Zero means: no limit is asked for."""

    memory_mb: int = 4096
    processes: int = 256
    disk_mb: int = 4096
    wall_minutes: float = 60.0


class Environment(Value, frozen=True, kw_only=True):
    """How a workspace is made ready, and how the project is tested."""

    setup: str = ""  # command that installs dependencies; run once per lockfile digest in a sandbox
    lockfiles: tuple[str, ...] = ()  # globs; the digest of these files (and of `setup`) keys the layer
    test: str = ""  # command that runs the project's tests
    test_minutes: float = 10.0
    mounts: tuple[str, ...] = ()  # host paths (a toolchain, say), mounted read-only at the same path
    env: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class Tripwires(Value, frozen=True, kw_only=True):
    """When a live run needs a person."""

    stall_minutes: float = 10.0
    loop_repeats: int = 5


class EvidenceSettings(Value, frozen=True, kw_only=True):
    """Which of the dearer kinds of evidence are gathered, and for how long. What is required is always gathered."""

    budget_seconds: float = 120.0  # the dearer kinds begin only while less has passed, and end by then; 0 = none
    test_map: bool = True  # which test runs which changed line: one run of the tests more
    mutants: bool = False  # would a test fail if a changed line were wrong: many short runs of tests


class Settings(Value, frozen=True, kw_only=True):
    """All of `podium.toml`, with its defaults."""

    project: str
    target: str = "main"
    specs: str = "specs"
    default_agent: str = ""
    capacity: int = 5  # [review] capacity: candidates that may wait for a person
    parallel: int = 0  # [run] parallel: agents at once; 0 = as many as there are cores, at least 4
    network: tuple[str, ...] = ()  # [network] allow: host:port
    environment: Environment = Environment()
    limits: Limits = Limits()
    tripwires: Tripwires = Tripwires()
    evidence: EvidenceSettings = EvidenceSettings()
    agents: tuple[AgentSettings, ...] = ()
    permissions: tuple[PermissionRule, ...] = ()
    protected: tuple[Protected, ...] = ()
