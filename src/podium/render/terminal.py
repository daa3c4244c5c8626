"""The review of a candidate in a terminal, in the order in which a judgement should form:

what was asked, what Podium observed, the change itself (unread first, then by risk), the points, what stands against an
accept, and at the very end what the agent says of its work, which is a claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from podium.evidence.model import Item
from podium.render.paint import Paint
from podium.render.safe_text import columns, safe_line, safe_lines, wrap
from podium.render.terminal_diff import file_lines, hunk_head, hunk_lines
from podium.render.terminal_facts import checked_lines, evidence_lines, point_lines, refusal_lines, task_lines
from podium.render.terminal_reading import fold_lines, lane_lines, question_lines, since_lines, trace_lines
from podium.review import marks
from podium.review.anchors import Place
from podium.review.case import Case
from podium.review.first_pass import hidden_findings, shown_claims, shown_items
from podium.review.model import MarkName, Refusal
from podium.review.provenance import provenance
from podium.review.reading import Placed, holds_most, reading_order
from podium.review.since import Since
from podium.review.split import proposal
from podium.review.trace import trace
from podium.review.verdict import voided_for

MOST_LINES = 5000
"""Lines of one hunk that are printed; a marker counts the rest."""

_MOST_CLAIM = 80
_MANY = 5  # unread hunks from which on it helps to know where the risk lies


def review_screen(
    case: Case,
    *,
    width: int,
    paint: Paint,
    refusals: Sequence[Refusal] | None = None,
    every: bool = False,
    since: Since | None = None,
    places: Mapping[str, Place] | None = None,
) -> Iterator[str]:
    """The whole review, line by line.

    `refusals` None = nobody asked; `every` unfolds hunks that were read before; `since` is what changed since the
    person's last look, `places` where the points are now.
    """
    width = max(40, width)
    yield from head_lines(case, width=width, paint=paint)
    yield from _section("what was asked", "", width, paint)
    yield from task_lines(case, width=width, paint=paint)
    tree = case.candidate.tree[:10] if case.candidate else ""
    yield from _section("facts", f"observed by Podium on tree {tree}", width, paint)
    yield from _facts(case, shown_items(case), width, paint)
    yield from _reading(case, since, width, paint)
    yield from change_lines(case, width=width, paint=paint, every=every)
    if case.review.points:
        yield from _section("points", "", width, paint)
        yield from point_lines(
            case.review.points, case.own_items, width=width, paint=paint, run=case.run, places=places
        )
    if refusals is not None:
        yield from _section("against an accept", "", width, paint)
        yield from _against(case, refusals, width, paint)
    yield from claim_lines(case, width=width, paint=paint)


def head_lines(case: Case, *, width: int, paint: Paint) -> Iterator[str]:
    """Which candidate this is: task, run, round, tree and size."""
    title = safe_line(case.task.title)
    yield paint(case.name, "name") + "  " + paint(paint.cut(title, width - columns(case.name) - 2), "strong")
    rounds = len(case.run.rounds)
    part = f", a part of round {case.part.round}" if case.part else ""
    facts = [f"round {case.round} of {rounds}{part}" if rounds > 1 else "round 1", f"by {safe_line(case.run.agent)}"]
    if case.candidate:
        size = f"{_count(case.candidate.files, 'file')} +{case.candidate.added} -{case.candidate.removed}"
        facts += [f"commit {case.candidate.commit[:10]}", f"on {case.candidate.base[:10]}", size]
    for line in wrap(f" {paint.glyph('dot')} ".join(facts), width):
        yield paint(line, "quiet")


def in_order(case: Case) -> list[tuple[Placed, MarkName]]:
    """The hunks with the reader's own marks: flagged first, then unread, then read, each by risk."""
    own = case.own_marks
    rank: dict[MarkName, int] = {"flagged": 0, "unseen": 1, "seen": 2, "understood": 2}
    shown, folded = marks.marks_for(case.hunks, own), case.folded
    placed: list[tuple[Placed, MarkName]] = [
        (each, shown[each.hunk.id]) for each in reading_order(case.changes, shown_items(case))
    ]
    return sorted(placed, key=lambda pair: (pair[0].hunk.id in folded, rank[pair[1]]))


def change_lines(case: Case, *, width: int, paint: Paint, every: bool = False) -> Iterator[str]:
    """The change: unread hunks in full, read ones as their heads unless `every` is wanted."""
    ordered = in_order(case)
    folded = case.folded
    unread = [placed for placed, mark in ordered if not marks.is_read(mark) and placed.hunk.id not in folded]
    yield from _section("the change", f"{len(unread)} of {_count(len(ordered), 'hunk')} unread by you", width, paint)
    count, share = holds_most(unread)
    if 0 < count < len(unread) and len(unread) >= _MANY:
        few = f"{_count(count, 'hunk')} first: {share:.0%} of the risk in a fifth of the lines"
        yield "  " + paint(paint.cut(few, width - 2), "quiet")
    path = ""
    for placed, mark in ordered:
        if placed.change.path != path:
            yield ""
            yield from file_lines(placed.change, width=width, paint=paint)
            path = placed.change.path
        if (placed.hunk.id in folded or marks.is_read(mark)) and mark != "flagged" and not every:
            yield hunk_head(placed, mark, width=width, paint=paint)
        else:
            yield from hunk_lines(placed, mark, width=width, paint=paint, most=MOST_LINES)


def claim_lines(case: Case, *, width: int, paint: Paint) -> Iterator[str]:
    """What the agent says of its own work: last, and named a claim."""
    claim = case.judged.claim if case.judged else ""
    if not claim.strip():
        return
    yield from _section("the agent's claim", "nobody has checked it", width, paint)
    lines = [part for line in safe_lines(claim.strip()) for part in wrap(line, width - 4)]
    for line in lines[:_MOST_CLAIM]:
        yield f"  {paint(paint.glyph('bar'), 'quiet')} {paint(line, 'quiet')}".rstrip()
    if len(lines) > _MOST_CLAIM:
        yield "  " + paint(f"{paint.glyph('more')} {len(lines) - _MOST_CLAIM:,} more lines", "quiet")
    yield from checked_lines(shown_claims(case, claim), width=width, paint=paint)


def _facts(case: Case, items: tuple[Item, ...], width: int, paint: Paint) -> Iterator[str]:
    if not case.evidence_finished:
        yield "  " + paint("Evidence is still being gathered: what is missing here may follow.", "warn")
    elif not items:
        yield "  " + paint("No evidence was gathered about this tree.", "warn")
    if case.pending:
        told = f"Still being gathered, and no accept depends on it: {', '.join(map(safe_line, case.pending))}"
        yield from ("  " + paint(line, "quiet") for line in wrap(told, width - 2))
    for note in provenance(case):
        yield from ("  " + paint(line, "warn") for line in wrap(safe_line(note), width - 2))
    yield from evidence_lines(items, width=width, paint=paint)


def _reading(case: Case, since: Since | None, width: int, paint: Paint) -> Iterator[str]:
    """What helps to read the change: each section only where there is something to say."""
    hidden = hidden_findings(case)
    if hidden:
        yield "  " + paint(
            f"{_count(hidden, 'finding')} shown once you have marked the hunks: read them first", "quiet"
        )
    voided = voided_for(case.review)
    if voided:
        yield from _section("the accept is void", "", width, paint)
        yield from ("  " + paint(line, "warn") for line in wrap(safe_line(voided), width - 2))
    if since is not None:
        yield from _section("since you looked", f"round {since.before} to round {since.now}", width, paint)
        yield from since_lines(since, width=width, paint=paint)
    unexplained = list(trace_lines(case, trace(case.changes, case.clauses), width=width, paint=paint))
    slices = [
        f"  {each.lines} lines: {paint.cut(', '.join(map(safe_line, each.paths)), width - 16)}"
        for each in proposal(case.changes)
    ]
    sections = (
        ("it can be read in slices", "by what belongs together", slices),
        ("clauses and hunks", "by rule, not by judgement", unexplained),
        ("nobody may skip", "", list(lane_lines(case, width=width, paint=paint))),
        ("folded", "proven, not read", list(fold_lines(case, width=width, paint=paint))),
        (
            "questions",
            "of this change, for you",
            list(question_lines(case, width=width, paint=paint)),
        ),
    )
    for title, fact, lines in sections:
        if lines:
            yield from _section(title, fact, width, paint)
            yield from lines


def _against(case: Case, refusals: Sequence[Refusal], width: int, paint: Paint) -> Iterator[str]:
    if not refusals:
        yield f"  {paint(paint.glyph('yes'), 'good')} nothing: podium accept {case.name}"
        return
    yield from refusal_lines(refusals, width=width, paint=paint)


def _section(title: str, fact: str, width: int, paint: Paint) -> Iterator[str]:
    yield ""
    head = title.upper()
    room = width - columns(head) - (columns(fact) + 2 if fact else 0) - 2
    rule = paint(paint.glyph("rule") * max(2, room), "quiet")
    yield f"{paint(head, 'strong')} {rule}" + (
        f"  {paint(paint.cut(fact, width - columns(head) - 6), 'quiet')}" if fact else ""
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
