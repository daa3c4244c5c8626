"""The pages of a review: what was asked and observed, then one page for each hunk, then what is left to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podium.cli.output import Output
from podium.render.terminal import claim_lines, head_lines
from podium.render.terminal_diff import file_lines, hunk_lines
from podium.render.terminal_facts import evidence_lines, point_lines, refusal_lines, task_lines
from podium.review.case import Case
from podium.review.marks import is_read
from podium.review.model import MarkName, Refusal
from podium.review.reading import Placed

_MARKS: tuple[MarkName, ...] = ("understood", "seen", "flagged", "unseen")


@dataclass(frozen=True)
class Card:
    """One page. `placed` is its hunk; None for the first and the last page."""

    title: str
    placed: Placed | None = None
    last: bool = False


def deal(ordered: Sequence[tuple[Placed, MarkName]]) -> list[Card]:
    """All pages in the order in which they are read."""
    count = len(ordered)
    hunks = [Card(f"hunk {number} of {count}", placed) for number, (placed, _) in enumerate(ordered, 1)]
    return [Card("task and facts"), *hunks, Card("your verdict", last=True)]


def first_lines(case: Case, output: Output) -> list[str]:
    """What was asked, and what Podium observed."""
    width, paint = output.width, output.ink
    lines = [*head_lines(case, width=width, paint=paint), "", paint("What was asked", "strong")]
    lines += [*task_lines(case, width=width, paint=paint), "", paint("What Podium observed", "strong")]
    if not case.evidence_finished:
        lines.append("  " + paint("Evidence is still being gathered: what is missing here may follow.", "warn"))
    lines += evidence_lines(case.own_items, width=width, paint=paint)
    if case.review.points:
        lines += ["", paint("Points of earlier rounds", "strong")]
        lines += point_lines(case.review.points, case.own_items, width=width, paint=paint, run=case.run)
    return lines


def hunk_page(placed: Placed, mark: MarkName, output: Output) -> list[str]:
    """A hunk below the head of its file."""
    head = file_lines(placed.change, width=output.width, paint=output.ink)
    return [*head, "", *hunk_lines(placed, mark, width=output.width, paint=output.ink)]


def last_lines(
    case: Case, marks: Mapping[str, MarkName], points: Sequence[str], refusals: Sequence[Refusal], output: Output
) -> list[str]:
    """How much was read, the new points, what stands against an accept, and last the agent's claim."""
    width, paint = output.width, output.ink
    given: list[MarkName] = [marks.get(hunk.id, "unseen") for hunk in case.hunks]
    counts = Counter(given)
    said = ", ".join(f"{counts[mark]} {mark}" for mark in _MARKS if counts[mark])
    noun = "hunk" if len(given) == 1 else "hunks"
    read = f"{sum(is_read(mark) for mark in given)} of {len(given)} {noun} read" + (f": {said}" if said else "")
    lines = [*head_lines(case, width=width, paint=paint), "", read]
    if points:
        lines += ["", paint("Your new points", "strong"), *(f"  {output.safe(text)}" for text in points)]
    lines += ["", paint("Against an accept", "strong")]
    if refusals:
        lines += refusal_lines(refusals, width=width, paint=paint)
    else:
        lines.append(f"  {paint(paint.glyph('yes'), 'good')} nothing")
    return [*lines, *claim_lines(case, width=width, paint=paint)]
