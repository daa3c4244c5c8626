"""A kind of evidence: the plugin port, entry point group `podium.evidence`.

An entry point names an object with the two members of `Kind`. For each candidate it is asked once for its jobs; each
job gives exactly one item of evidence. Podium runs the jobs, cheapest first, within the time budget, and turns each
`Answer` into an item bound to the exact trees: a plugin cannot claim to have looked at another tree, and a job that
raises, or that the budget did not reach, becomes `not run` with the reason, never a clean bill.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from podium.evidence.model import Execution, Finding, Outcome, RanBy, TriedMutant
from podium.kernel.errors import PodiumError
from podium.kernel.value import Value
from podium.plan.model import Task
from podium.project.model import Settings
from podium.runs.model import FileChange
from podium.spec.model import Clause

if TYPE_CHECKING:
    from podium.checks.bench import Bench

GROUP = "podium.evidence"

RestsOn: TypeAlias = Literal["trees", "runs", "world"]
"""What an answer depends on: the two trees and the program that reads them, nothing else; on what commands do in
sandboxes over them as well; or on something else (a registry, the task, the day), so that it is always asked anew."""


ReadsDiff: TypeAlias = Literal["", "code", "all"]
"""Whether an answer rests on the text of changed lines: of files with code, or of all. Very large changes are not kept
whole; where lines are left out, such a job may find something, but it cannot hold: it is blind."""


class Cost(IntEnum):
    """What a job costs; cheaper ones run first."""

    READS = 0  # reads files only
    CHECK = 1  # runs one small command
    SUITE = 2  # runs the project's tests about once
    MANY = 3  # runs them many times


class GatherOrder(Value, frozen=True, kw_only=True):
    """Everything that is to be known before evidence about one candidate is gathered."""

    run: str
    round: int
    base_tree: str
    tree: str  # the candidate's
    task: Task
    clauses: tuple[Clause, ...]  # those that the task serves, from the approved spec
    changes: tuple[FileChange, ...]
    settings: Settings
    environment: str  # tier and dependency layer: two executions are comparable only when this is equal
    check_seconds: float = 120.0  # for one clause check or extra check; project tests have `environment.test_minutes`
    budget_seconds: float = 0.0  # for everything together; 0 = no limit
    parallel: int = 2  # executions at once


class Answer(Value, frozen=True, kw_only=True):
    """What one job found out."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    base: Execution | None = None
    candidate: Execution | None = None
    repeats: tuple[Execution, ...] = ()
    tool: str = ""
    required: bool | None = None  # None = as the job said
    ran: tuple[RanBy, ...] = ()
    mutants: tuple[TriedMutant, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Job:
    """One item of evidence to be."""

    kind: str
    name: str  # what a person calls it; unique within its kind
    work: Callable[[Bench], Awaitable[Answer]]
    cost: Cost = Cost.READS
    command: str = ""  # what reproduces it
    clause: str = ""
    required: bool = False  # an accept is refused unless it holds
    reads_diff: ReadsDiff = ""  # it holds for no text that the diff leaves out
    rests_on: RestsOn = "world"  # whether an earlier answer may be taken over: see podium.checks.earlier


class Kind(Protocol):
    """A kind of evidence."""

    name: str

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        """The jobs for one candidate; none where the kind does not apply. Must be quick and have no effects."""
        ...


def installed_kinds(found: tuple[EntryPoint, ...] | None = None) -> tuple[Kind, ...]:
    """Every installed kind, by name. Raises PodiumError when there is none, or when one cannot be loaded.

    To gather with fewer kinds than are installed would be a clean bill for what was not looked at.
    """
    points = tuple(entry_points(group=GROUP)) if found is None else found
    kinds: list[Kind] = []
    for point in sorted(points, key=lambda p: p.name):
        try:
            kinds.append(point.load())
        except (ImportError, AttributeError) as error:
            raise PodiumError(
                f"the kind of evidence {point.name!r} cannot be loaded: {error}",
                where=point.value,
                do="Mend or uninstall the package that it comes from.",
            ) from error
    if not kinds:
        raise PodiumError("no kind of evidence is installed", do="Install Podium again: its own kinds are missing.")
    return tuple(kinds)
