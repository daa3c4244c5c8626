"""A race: several runs of one task, side by side, and what becomes of the others when one is accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from podium.evidence.model import Holds, Item
from podium.kernel.value import Value
from podium.review import marks
from podium.review.case import candidate_of
from podium.review.model import MarkName, TaskReview
from podium.review.verdict import waits
from podium.runs.model import FileChange, Run, Usage


class Entrant(Value, frozen=True, kw_only=True):
    """One run of a race: its latest candidate, and what is known of it."""

    run: Run
    changes: tuple[FileChange, ...]
    items: tuple[Item, ...]


class Row(Value, frozen=True, kw_only=True):
    """One run, as a row of the comparison. Figures of a run without a candidate are None."""

    run: str
    agent: str
    round: int
    state: str
    waits: bool  # for a verdict
    files: int | None
    added: int | None
    removed: int | None
    holds: int | None  # required evidence
    fails: tuple[str, ...]  # names of required evidence that does not hold
    findings: int | None
    unread: int | None
    alone: tuple[str, ...]  # files that no other run changed
    missing: tuple[str, ...]  # files that most of the other runs changed, and this one did not
    same_as: tuple[str, ...]  # runs with exactly the same tree
    seconds: float
    usage: Usage


def compare(entrants: Iterable[Entrant], review: TaskReview, own_marks: Mapping[str, MarkName]) -> tuple[Row, ...]:
    """The runs side by side: first those with the fewest required failures, then the smallest change.

    Where no other run edited, a patch is wrong more often than not (reference: agreement between runs), so `alone` and
    `missing` are shown, and never used to choose.
    """
    field = tuple(entrants)
    return tuple(sorted((_row(each, field, review, own_marks) for each in field), key=_order))


def losers(runs: Iterable[Run], accepted: str) -> tuple[str, ...]:
    """The runs to archive when the run `accepted` is accepted: all others that are still in the race."""
    return tuple(run.id for run in runs if run.id != accepted and not run.archived)


def _row(entrant: Entrant, field: tuple[Entrant, ...], review: TaskReview, own_marks: Mapping[str, MarkName]) -> Row:
    run = entrant.run
    last = run.rounds[-1] if run.rounds else None
    candidate = candidate_of(last)
    items = tuple(item for item in entrant.items if candidate and item.tree == candidate.tree)
    required = tuple(item for item in items if item.required)
    hunks = tuple(hunk for change in entrant.changes for hunk in change.hunks)
    others = tuple(other for other in field if other.run.id != run.id and other.changes)
    alone, missing = _agreement(entrant, others) if candidate else ((), ())
    return Row(
        run=run.id,
        agent=run.agent,
        round=last.number if last else 0,
        state="archived" if run.archived else str(last.state.__struct_config__.tag) if last else "ordered",
        waits=waits(review, run),
        files=candidate.files if candidate else None,
        added=candidate.added if candidate else None,
        removed=candidate.removed if candidate else None,
        holds=sum(isinstance(item.outcome, Holds) for item in required) if candidate else None,
        fails=tuple(item.name for item in required if not isinstance(item.outcome, Holds)),
        findings=sum(len(item.findings) for item in items) if candidate else None,
        unread=len(marks.unread(hunks, own_marks)) if candidate else None,
        alone=alone,
        missing=missing,
        same_as=tuple(other.run.id for other in others if candidate and _tree(other) == candidate.tree),
        seconds=sum(each.seconds for each in run.rounds),
        usage=last.usage if last else Usage(),
    )


def _tree(entrant: Entrant) -> str:
    candidate = candidate_of(entrant.run.rounds[-1]) if entrant.run.rounds else None
    return candidate.tree if candidate else ""


def _agreement(entrant: Entrant, others: tuple[Entrant, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files that this run alone changed, and those that more than half of the others changed without it."""
    own = {change.path for change in entrant.changes}
    counts: dict[str, int] = {}
    for other in others:
        for path in {change.path for change in other.changes}:
            counts[path] = counts.get(path, 0) + 1
    alone = tuple(sorted(path for path in own if others and path not in counts))
    missing = tuple(sorted(path for path, count in counts.items() if path not in own and count * 2 > len(others)))
    return alone, missing


def _order(row: Row) -> tuple[bool, bool, int, int, str]:
    size = (row.added or 0) + (row.removed or 0)
    return row.state == "archived", row.files is None, len(row.fails), size, row.run
