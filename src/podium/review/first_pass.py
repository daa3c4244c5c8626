"""The blind first pass: what a machine found at a hunk is shown once the person has marked it, so that it informs them
and does not steer them. Whether a check holds is no secret; where it points is."""

from __future__ import annotations

from msgspec.structs import replace

from podium.evidence.claims import Claim, claims
from podium.evidence.model import Finding, Item
from podium.review.case import Case
from podium.review.checklist import Question
from podium.review.lane import InLane
from podium.review.located import touches
from podium.review.marks import is_read
from podium.runs.model import FileChange, Hunk

_LATER = "why is told once you have marked the hunks that it is about"


def shown_items(case: Case) -> tuple[Item, ...]:
    """The evidence of the case as this person may see it now: in a blind pass, without findings at unmarked hunks.

    Findings about places that were not changed, and about no place, are never hidden.
    """
    if not case.blind:
        return case.own_items
    own = case.own_marks
    hidden = [
        (change, hunk) for change in case.changes for hunk in change.hunks if not is_read(own.get(hunk.id, "unseen"))
    ]
    if not hidden:
        return case.own_items
    return tuple(_without(item, hidden) for item in case.own_items)


def shown_questions(case: Case) -> tuple[Question, ...]:
    """The questions that may be asked now: in a blind pass those whose hunks this person has marked."""
    own = case.own_marks
    return tuple(
        question
        for question in case.questions
        if not case.blind or all(is_read(own.get(hunk, "unseen")) for hunk in question.hunks)
    )


def shown_lane(case: Case) -> tuple[InLane, ...]:
    """The lane, in a blind pass without the reasons of hunks that this person has not marked."""
    own = case.own_marks
    return tuple(
        each if not case.blind or is_read(own.get(each.hunk, "unseen")) else replace(each, reasons=())
        for each in case.lane
    )


def shown_claims(case: Case, summary: str) -> tuple[Claim, ...]:
    """The checkable sentences of a summary, each with how it stands. Nothing is judged otherwise in a blind pass, but
    why it stands so waits for the marks where it rests on findings that do: it may quote one."""
    shown = shown_items(case)
    hidden = {item.id for item, seen in zip(case.own_items, shown, strict=True) if item is not seen}
    return tuple(
        replace(claim, why=_LATER) if hidden.intersection(claim.items) else claim
        for claim in claims(summary, case.own_items, case.changes)
    )


def hidden_findings(case: Case) -> int:
    """How many findings wait for a mark."""
    everything = sum(len(item.findings) for item in case.own_items)
    return everything - sum(len(item.findings) for item in shown_items(case))


def _without(item: Item, hidden: list[tuple[FileChange, Hunk]]) -> Item:
    kept = tuple(finding for finding in item.findings if not _is_at(finding, hidden))
    return item if len(kept) == len(item.findings) else replace(item, findings=kept)


def _is_at(finding: Finding, hidden: list[tuple[FileChange, Hunk]]) -> bool:
    return bool(finding.path) and any(touches(finding, hunk, change) for change, hunk in hidden)
