"""What became of each agent's work, by kind of task: a fold over the ledger, told with counts and intervals. Pure.

A run counts once a person has decided about it, or once it is certain that it gives nothing. What a share rests on is
always told with it: of five tasks, four accepted is anything between a third and nearly all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Literal

from podium.conductor.state import State
from podium.kernel.value import Value
from podium.landing.model import Entry, Landed
from podium.plan.model import Task
from podium.review.model import Accepted, Decided, Refined, Rejected
from podium.runs.model import Failed, Run

Z95 = 1.959964
_LANGUAGES = {
    "py": "Python", "pyi": "Python", "js": "JavaScript", "mjs": "JavaScript", "jsx": "JavaScript", "ts": "TypeScript",
    "tsx": "TypeScript", "go": "Go", "rs": "Rust", "java": "Java", "kt": "Kotlin", "rb": "Ruby", "php": "PHP",
    "c": "C", "h": "C", "cc": "C++", "cpp": "C++", "hpp": "C++", "cs": "C#", "swift": "Swift", "sh": "shell",
    "sql": "SQL", "html": "web pages", "css": "web pages", "md": "prose", "rst": "prose",
}  # fmt: skip
_SMALL, _LARGE = 100, 400  # changed lines that the plan allows

Fate = Literal["first", "later", "rejected", "failed", "lost race"]


class TaskKind(Value, frozen=True, kw_only=True):
    """What sort of work a task is, told from its plan and spec alone: known before anybody starts."""

    language: str  # empty where the scope does not tell
    area: str  # the first folder of its scope; empty = all over the repository
    size: Literal["small", "medium", "large"]
    risk: Literal["low", "medium", "high"]

    def likeness(self, other: TaskKind) -> float:
        """How much what was seen on `other` says about this kind: from a quarter (nothing in common) to 1."""
        same = (
            bool(self.language) and self.language == other.language,
            bool(self.area) and self.area == other.area,
            self.size == other.size,
            self.risk == other.risk,
        )
        return 0.25 + 0.75 * sum(same) / len(same)


class Attempt(Value, frozen=True, kw_only=True):
    """One run whose fate is known."""

    run: str
    agent: str
    model: str
    spec: str
    task: str
    kind: TaskKind
    fate: Fate  # "first": accepted at its first review; "lost race": another run's candidate was taken
    reverted: bool  # landed, and taken back later: a defect that escaped the review
    landed: bool
    rounds: int
    seconds: float
    cost_usd: float | None  # None = a round's cost is not known
    at: str

    @property
    def good(self) -> bool:
        """Accepted at its first review, and not taken back since."""
        return self.fate == "first" and not self.reverted


class Share(Value, frozen=True, kw_only=True):
    """So many of so many, with the interval (Wilson, 95 %) in which the true share probably lies."""

    hits: int
    of: int
    low: float
    high: float


class Line(Value, frozen=True, kw_only=True):
    """The record of one agent and model, over all its work or one kind of it."""

    agent: str
    model: str
    kind: str  # empty = all kinds
    first: Share  # accepted at the first review
    accepted: Share  # accepted in the end
    escaped: Share  # of what landed: taken back later
    lost_races: int
    rounds: float | None  # median, of what was accepted
    minutes: float | None  # median of the agent's own time, all rounds together
    cost_usd: float | None  # median, of the runs whose cost is known
    cost_known: int


def wilson(hits: int, of: int, z: float = Z95) -> Share:
    """Wilson's score interval for a share (E. B. Wilson, 1927); nothing seen says nothing: from 0 to 1."""
    if of == 0:
        return Share(hits=0, of=0, low=0.0, high=1.0)
    seen, square = hits / of, z * z
    middle = (seen + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * math.sqrt(seen * (1 - seen) / of + square / (4 * of * of))
    return Share(hits=hits, of=of, low=max(0.0, middle - half), high=min(1.0, middle + half))


def kind_of(task: Task, risk: Literal["low", "medium", "high"]) -> TaskKind:
    """The kind of a task."""
    languages = Counter(
        _LANGUAGES[suffix] for glob in task.scope if (suffix := PurePosixPath(glob).suffix[1:]) in _LANGUAGES
    )
    areas = Counter(first for glob in task.scope if (first := _first_folder(glob)) and not _is_for_tests(first))
    size = "small" if task.budget <= _SMALL else "medium" if task.budget <= _LARGE else "large"
    return TaskKind(
        language=languages.most_common(1)[0][0] if languages else "",
        area=areas.most_common(1)[0][0] if areas else "",
        size=size,
        risk=risk,
    )


def _first_folder(glob: str) -> str:
    """`src/shop/**` is about `src/shop`: the folders before the first pattern, two at the most."""
    folders: list[str] = []
    for part in glob.split("/")[:-1]:
        if any(char in part for char in "*?[{"):
            break
        folders.append(part)
    return "/".join(folders[:2])


def _is_for_tests(folder: str) -> bool:
    return folder.split("/")[0] in ("test", "tests", "spec", "specs", "docs")


def attempts(state: State) -> tuple[Attempt, ...]:
    """Every run of the project whose fate is known, oldest first."""
    entries: dict[str, list[Entry]] = {}
    for entry in state.landings.entries.values():
        entries.setdefault(entry.run, []).append(entry)
    found = (_attempt(state, run, entries.get(run.id, [])) for run in state.runs.by_id.values())
    return tuple(each for each in found if each is not None)


def risk_of(state: State, spec: str) -> Literal["low", "medium", "high"]:
    """The risk that a spec names; medium where it is not known."""
    recorded = state.specs.latest(spec)
    said = recorded.risk if recorded else "medium"
    return "low" if said == "low" else "high" if said == "high" else "medium"


def _attempt(state: State, run: Run, entries: Sequence[Entry]) -> Attempt | None:
    task = state.plans.task(run.spec, run.task)
    kind = kind_of(task, risk_of(state, run.spec)) if task else None
    fate = _fate(state, run)
    if kind is None or fate is None:
        return None
    costs = [round_.usage.cost_usd for round_ in run.rounds]
    return Attempt(
        run=run.id,
        agent=run.agent,
        model=run.model,
        spec=run.spec,
        task=run.task,
        kind=kind,
        fate=fate,
        landed=any(isinstance(entry.state, Landed) and not entry.revert_of for entry in entries),
        reverted=any(isinstance(entry.state, Landed) and bool(entry.revert_of) for entry in entries),
        rounds=len(run.rounds),
        seconds=sum(round_.seconds for round_ in run.rounds),
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        at=run.started_at,
    )


def _fate(state: State, run: Run) -> Fate | None:
    """How a run went; None while that is open, and for one that was archived without being judged."""
    decisions = state.reviews.of(run.spec, run.task).decisions
    first = _first_decision(decisions, run.id)
    accepted = [each for each in decisions if isinstance(each.decision, Accepted)]
    if any(each.run == run.id for each in accepted):
        return "first" if first is not None and isinstance(first.decision, Accepted) and first.round == 1 else "later"
    if accepted and run.archived:
        return "lost race"
    if any(isinstance(each.decision, Rejected) for each in decisions):
        return "rejected"
    if run.rounds and isinstance(run.rounds[-1].state, Failed):
        return "failed"
    return None


def _first_decision(decisions: Sequence[Decided], run: str) -> Decided | None:
    own = (each for each in decisions if each.run == run and isinstance(each.decision, Accepted | Refined))
    return next(own, None)


def lines(found: Iterable[Attempt], by: Sequence[str] = ()) -> tuple[Line, ...]:
    """The record, one line for each agent and model, and for each value of the fields of `TaskKind` in `by`."""
    groups: dict[tuple[str, str, str], list[Attempt]] = {}
    for each in found:
        kind = ", ".join(str(getattr(each.kind, field)) or f"any {field}" for field in by)
        groups.setdefault((each.agent, each.model, kind), []).append(each)
    return tuple(_line(*names, each) for names, each in sorted(groups.items()))


def _line(agent: str, model: str, kind: str, found: list[Attempt]) -> Line:
    judged = [each for each in found if each.fate != "lost race"]
    accepted = [each for each in judged if each.fate in ("first", "later")]
    landed = [each for each in judged if each.landed]
    costs = [each.cost_usd for each in judged if each.cost_usd is not None]
    return Line(
        agent=agent,
        model=model,
        kind=kind,
        first=wilson(sum(each.fate == "first" for each in judged), len(judged)),
        accepted=wilson(len(accepted), len(judged)),
        escaped=wilson(sum(each.reverted for each in landed), len(landed)),
        lost_races=len(found) - len(judged),
        rounds=_median(float(each.rounds) for each in accepted),
        minutes=_median(each.seconds / 60.0 for each in judged),
        cost_usd=_median(costs),
        cost_known=len(costs),
    )


def _median(values: Iterable[float] | Iterator[float]) -> float | None:
    known = list(values)
    from statistics import median  # here: who only asks for a risk, with every `podium run`, need not wait for it

    return median(known) if known else None
