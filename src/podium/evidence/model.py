"""Evidence: facts that Podium observed about one exact tree, each reproducible by a command."""

from __future__ import annotations

from typing import Literal, TypeAlias

from podium.kernel.value import Value


class Holds(Value, frozen=True, kw_only=True, tag="holds"):
    """It was looked at, and it is so."""


class Fails(Value, frozen=True, kw_only=True, tag="fails"):
    """It was looked at, and it is not so."""

    why: str


class BrokenBefore(Value, frozen=True, kw_only=True, tag="broken before"):
    """It fails on the candidate and failed on the base too."""

    why: str


class NotRun(Value, frozen=True, kw_only=True, tag="not run"):
    """Nobody looked, for this reason."""

    why: str


class Blind(Value, frozen=True, kw_only=True, tag="blind"):
    """It was looked at, but in a way that cannot see an answer, for this reason."""

    why: str


Outcome: TypeAlias = Holds | Fails | BrokenBefore | NotRun | Blind


class Example(Value, frozen=True, kw_only=True):
    """One call that ends otherwise than it did."""

    function: str
    call: str
    old: str
    new: str
    count: int = 1  # inputs of this kind
    made_up: bool = False  # the input was made from a recorded one; otherwise a test passes it


class Finding(Value, frozen=True, kw_only=True):
    """One located fact. Equal fingerprints on two trees are the same finding."""

    fingerprint: str
    rule: str
    level: Literal["note", "warning", "error"]
    message: str
    path: str = ""
    line: int = 0  # from 1; 0 = the whole file or no place
    side: Literal["old", "new", "not changed"] = "new"
    example: Example | None = None


How: TypeAlias = Literal["exited", "timeout", "limit", "broken", "budget", "absent"]
"""How an execution ended: by itself; cut off at its own time limit; stopped at a limit of the sandbox; the sandbox
broke, so that nothing was learnt; cut off (or never begun) because the time budget of the evidence was spent; never
begun because what it runs does not exist on that tree."""


class Execution(Value, frozen=True, kw_only=True):
    """One run of a command on one tree."""

    tree: str
    exit_code: int | None  # None when it did not end by itself
    seconds: float
    output: str  # the end of what it printed, at most 8 kB
    output_digest: str
    passed: int | None = None  # from JUnit XML, where the command wrote it
    failed: int | None = None  # failures and errors
    skipped: int | None = None
    how: How = "exited"
    detail: str = ""  # which limit, what broke, what is absent
    failing: tuple[str, ...] = ()  # names of the tests that failed, at most 100
    laid_over: tuple[str, ...] = ()  # files that were laid over this tree as they are in the candidate
    cached: bool = False  # taken over from an earlier round on the same tree


class RanBy(Value, frozen=True, kw_only=True):
    """Which tests run one changed line, as far as the line map tells: a few of them by name, and how many there are."""

    path: str
    line: int
    tests: tuple[str, ...]  # at most three
    count: int


MutantStatus: TypeAlias = Literal["Killed", "Survived", "NoCoverage", "Timeout", "RuntimeError", "Pending"]
"""What became of a mutant, in the words of Stryker's report schema. `Pending`: it was not tried."""


class TriedMutant(Value, frozen=True, kw_only=True):
    """One small change of a changed line, and whether a test failed with it."""

    path: str
    line: int
    column: int  # from 0, in bytes of UTF-8, as Python's own syntax trees have it
    end_line: int
    end_column: int
    syntax: str  # what of the language was changed: "Compare", "Return" ...
    ask: str  # the change, in words that follow "if"
    status: MutantStatus
    tests: int = 0  # that were to run with it


class Earlier(Value, frozen=True, kw_only=True):
    """Where an item comes from that was not gathered again: the same question about the same trees."""

    run: str
    round: int
    at: str  # when it was gathered


class Item(Value, frozen=True, kw_only=True):
    """One item of evidence."""

    id: str
    kind: str  # clause-check, project-tests, extra-check, scope, size, protected, empty, deleted-tests ...
    name: str  # what a person calls it: "E1", "project tests", "scope"
    tree: str  # the tree of the candidate it is bound to
    base_tree: str
    outcome: Outcome
    required: bool
    command: str = ""  # what reproduces it
    tool: str = ""
    environment: str = ""  # tier and layer it ran in
    seconds: float = 0.0
    clause: str = ""
    findings: tuple[Finding, ...] = ()
    base: Execution | None = None
    candidate: Execution | None = None
    repeats: tuple[Execution, ...] = ()  # the candidate again, when its first verdict was worth doubting
    ran: tuple[RanBy, ...] = ()  # of the line map: what runs the changed lines
    mutants: tuple[TriedMutant, ...] = ()  # of the mutants: all of them, those that were caught too
    earlier: Earlier | None = None  # taken over from an earlier run of exactly this; None = gathered now
