"""Why a hunk is here: the clauses it serves, the step that wrote it, what runs it, what was found, whose lines went."""

from __future__ import annotations

from podium.conductor.desk import Desk
from podium.conductor.state import State
from podium.conductor.steps import Step, step_for, steps_of
from podium.conductor.why import why
from podium.evidence.model import RanBy
from podium.git.mirror import Mirror
from podium.kernel.errors import NotFoundError
from podium.kernel.value import Value
from podium.review.case import Case
from podium.review.folds import Fold
from podium.review.lane import InLane
from podium.review.located import Located, findings_at
from podium.review.trace import ClauseLink, Trace, trace
from podium.runs.model import FileChange, Hunk

_MOST_BLAMED = 5


class Before(Value, frozen=True, kw_only=True):
    """Where a line that is gone came from."""

    line: int
    text: str
    commit: str
    subject: str
    author: str
    task: str = ""  # full name, where it came through Podium
    reviewer: str = ""


class WhyHere(Value, frozen=True, kw_only=True):
    """Everything that is known of why one hunk is as it is."""

    hunk: str
    clauses: tuple[ClauseLink, ...]
    step: Step | None  # the agent's words: a claim
    tests: tuple[RanBy, ...]  # which tests run its lines, as far as the line map tells
    findings: tuple[Located, ...]  # all at its lines: mutants, differences of behaviour, and the rest
    before: tuple[Before, ...]  # of the first few lines that it takes away
    fold: Fold | None
    lane: InLane | None


def trace_of(case: Case) -> Trace:
    """The two-way trace of the case's candidate."""
    return trace(case.changes, case.clauses)


def why_here(desk: Desk, state: State, mirror: Mirror, case: Case, hunk: str) -> WhyHere:
    """All about one hunk of the case, by its id. Raises NotFoundError for no such hunk."""
    change, found = _find(case, hunk)
    lines = {line.new for line in found.lines if line.kind == "+"}
    ran = (each for item in case.own_items for each in item.ran)
    return WhyHere(
        hunk=hunk,
        clauses=trace_of(case).links.get(hunk, ()),
        step=_step(desk, case, found),
        tests=tuple(each for each in ran if each.path == change.path and each.line in lines),
        findings=findings_at(change, found, case.own_items),
        before=_before(state, mirror, case, change, found),
        fold=next((fold for fold in case.folds if hunk in fold.hunks), None),
        lane=next((each for each in case.lane if each.hunk == hunk), None),
    )


def _find(case: Case, name: str) -> tuple[FileChange, Hunk]:
    for change in case.changes:
        for hunk in change.hunks:
            if hunk.id == name:
                return change, hunk
    raise NotFoundError("the candidate has no such hunk", where=f"{case.name}: {name}", do="It may have changed.")


def _step(desk: Desk, case: Case, hunk: Hunk) -> Step | None:
    """The step of the newest round that wrote the hunk: one that is as it was goes back to where it was made."""
    for round_ in reversed(case.run.rounds[: case.round]):
        if round_.kind != "part":
            step = step_for(hunk, steps_of(desk, case.project, case.run, round_.number))
            if step is not None:
                return step
    return None


def _before(state: State, mirror: Mirror, case: Case, change: FileChange, hunk: Hunk) -> tuple[Before, ...]:
    if case.candidate is None or change.status == "added" or change.binary:
        return ()
    gone = [line.old for line in hunk.lines if line.kind == "-" and line.text.strip()][:_MOST_BLAMED]
    found: list[Before] = []
    for line in gone:
        try:
            origin = why(state, mirror, case.candidate.base, change.old_path, line)
        except NotFoundError:
            continue
        found.append(
            Before(
                line=line,
                text=origin.line.text,
                commit=origin.commit.id,
                subject=origin.commit.subject,
                author=str(origin.commit.author),
                task=f"{origin.entry.spec}/{origin.entry.task}" if origin.entry else "",
                reviewer=origin.accepted.receipt.reviewer if origin.accepted else "",
            )
        )
    return tuple(found)
