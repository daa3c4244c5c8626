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


ProviderKind = Literal["anthropic", "openai", "gemini"]


class Provider(Value, frozen=True, kw_only=True):
    """Where a model is reached and its key is found; never the key itself. Empty fields: as usual for the kind."""

    name: str
    kind: ProviderKind
    url: str = ""  # base URL without the version ("/v1")
    key_env: str = ""  # variable of the conductor's environment that holds the key
    key_file: str = ""  # file that holds it, read at each request
    sign_in: bool = True  # whether the sign-in of the provider's own agent on this machine may be used
    ca_file: str = ""  # certificates to trust instead of the system's


class Budget(Value, frozen=True, kw_only=True):
    """What requests to models may cost, in US dollars; 0 = no limit."""

    round: float = 0.0
    task: float = 0.0  # all rounds of all runs of a task
    spec: float = 0.0
    day: float = 0.0  # all projects on this machine, by the machine's own midnight


class Price(Value, frozen=True, kw_only=True):
    """What a model costs, in US dollars for a million tokens."""

    input: float
    output: float
    cached: float | None = None  # input that the provider had cached; None = like `input`
    cache_write: float | None = None  # input that it is to cache; None = like `input`
    above: int = 0  # with more input tokens than that, the figures below count; 0 = always those above
    input_above: float = 0.0
    output_above: float = 0.0
    cached_above: float | None = None


class AgentSettings(Value, frozen=True, kw_only=True):
    """How one agent is started."""

    name: str
    driver: str = "acp"
    command: tuple[str, ...] = ()
    env: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    mounts: tuple[str, ...] = ()  # extra host paths, mounted read-only at the same path
    model: str = ""
    provider: str = ""  # of its model: a name below [providers], a kind, or "none"; empty = the usual one of its driver


class Limits(Value, frozen=True, kw_only=True):
    """What one sandbox may use. Zero means: no limit is asked for."""

    memory_mb: int = 4096
    processes: int = 256
    disk_mb: int = 4096
    wall_minutes: float = 60.0


class Companion(Value, frozen=True, kw_only=True):
    """A program that runs beside the agent, and beside each check, in the same sandbox: a database, say."""

    name: str
    command: str
    ready: str = ""  # command that succeeds once the service can be used; empty = at once
    seconds: float = 30.0  # for it to become ready


class Environment(Value, frozen=True, kw_only=True):
    """How a workspace is made ready, and how the project is tested."""

    setup: str = ""  # command that installs dependencies; run once per lockfile digest in a sandbox
    setup_network: bool = False  # whether `setup` may fetch from the user's package indexes, and from [network] allow
    lockfiles: tuple[str, ...] = ()  # globs; the digest of these files (and of `setup`) keys the layer
    test: str = ""  # command that runs the project's tests
    test_minutes: float = 10.0
    mounts: tuple[str, ...] = ()  # host paths (a toolchain, say), mounted read-only at the same path
    env: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    env_files: tuple[str, ...] = ()  # paths in the user's checkout, such as ".env"
    env_keep: tuple[str, ...] = ()  # shell-style patterns of variables whose values are passed on; others are replaced
    services: tuple[Companion, ...] = ()
    preview: str = ""  # command that serves the application
    preview_port: int = 8000  # port of the sandbox's loopback on which it does


class Tripwires(Value, frozen=True, kw_only=True):
    """When a live run needs a person."""

    stall_minutes: float = 10.0
    loop_repeats: int = 5
    thrash_repeats: int = 2  # how often an edit is undone or done again; 0 = not looked for
    error_repeats: int = 6  # failures in a row, or the same one as often; 0 = not looked for


FailOn = Literal["error", "warning", "never"]
ReportFormat = Literal["sarif", "junit", "lcov", "cobertura", "stryker"]


class ImportedReport(Value, frozen=True, kw_only=True):
    """A tool of the project whose report becomes evidence: `[evidence.import.NAME]`."""

    name: str
    command: str  # run in the workspace, on the base and on the candidate
    format: ReportFormat
    file: str = ""  # where it writes its report, in the workspace; empty = on standard output
    required: bool = False  # an accept is refused while it has new findings


class EvidenceSettings(Value, frozen=True, kw_only=True):
    """Which of the dearer kinds of evidence are gathered, and for how long. What is required is always gathered."""

    budget_seconds: float = 120.0  # the dearer kinds begin only while less has passed, and end by then; 0 = none
    test_map: bool = True  # which test runs which changed line: one run of the tests more
    mutants: bool = True  # would a test fail if a changed line were wrong: many short runs of tests
    behaviour: bool = True  # what changed functions return, before and after: a few runs of the tests that call them
    crosshair: bool = False  # inputs on which changed functions differ, by CrossHair; the project's set-up installs it
    fail_on: FailOn | None = None  # what ends `check` and `evidence` with 1; None = error for the one, never the other
    imports: tuple[ImportedReport, ...] = ()
    index: dict[str, str] = msgspec.field(default_factory=dict[str, str])  # python, npm, cargo: the URL that is asked


AskFirst = Literal["high-risk", "always", "never"]


class Generated(Value, frozen=True, kw_only=True):
    """Files that a command makes: where it makes exactly these, a reviewer need not read them."""

    paths: tuple[str, ...]  # globs
    command: str


class Notify(Value, frozen=True, kw_only=True):
    """How a person hears of what needs one. Empty: only in `podium attention`."""

    desktop: bool = False  # by notify-send
    command: str = ""  # run by a shell, with the need in PODIUM_* variables
    webhook: str = ""  # URL that gets the need as JSON


class Settings(Value, frozen=True, kw_only=True):
    """All of `podium.toml`, with its defaults."""

    project: str
    target: str = "main"
    specs: str = "specs"
    default_agent: str = ""
    capacity: int = 5  # [review] capacity: candidates that may wait for a person
    blind_first: AskFirst = "high-risk"  # [review]: machine findings are hidden until a hunk is marked
    share_pace: bool = False  # [review]: reading times go into the ledger and the receipt; else they stay local
    generated: tuple[Generated, ...] = ()
    parallel: int = 0  # [run] parallel: agents at once; 0 = as many as there are cores, at least 4
    ask_first: AskFirst = "high-risk"  # [run] ask_first: whether agents are asked for their questions before they begin
    network: tuple[str, ...] = ()  # [network] allow: host:port
    environment: Environment = Environment()
    limits: Limits = Limits()
    tripwires: Tripwires = Tripwires()
    notify: Notify = Notify()
    evidence: EvidenceSettings = EvidenceSettings()
    agents: tuple[AgentSettings, ...] = ()
    providers: tuple[Provider, ...] = ()
    budget: Budget = Budget()
    prices: dict[str, Price] = msgspec.field(default_factory=dict[str, Price])  # by model; before Podium's own list
    permissions: tuple[PermissionRule, ...] = ()
    protected: tuple[Protected, ...] = ()
