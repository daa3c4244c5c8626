"""What the review page says of a candidate, as plain values for its template, the weightiest first."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from podium.evidence.claims import sentences
from podium.evidence.model import Blind, BrokenBefore, Fails, Finding, Holds, Item, NotRun
from podium.evidence.rules import earlier_words, order
from podium.render.terminal_facts import outcome_word
from podium.review.case import Case
from podium.review.first_pass import shown_claims, shown_items, shown_lane
from podium.review.model import Point
from podium.review.person import short_name
from podium.review.points import Answered, Closed, Met, Open, state
from podium.review.replies import Reply, replies
from podium.review.split import Slice
from podium.review.trace import Trace

_OBJECT = re.compile(r"\b[0-9a-f]{40}\b")
_MOST_FINDINGS = 100
_MOST_PATHS = 4  # of a slice
_READ_FIRST = "read it first"  # why it cannot be skipped is told once it is marked
_TONES = {"good": "good", "bad": "bad", "warn": "warn"}


@dataclass(frozen=True)
class ClauseFact:
    """A clause of the task, and what was observed of it."""

    id: str
    text: str
    word: str
    tone: str


@dataclass(frozen=True)
class FindingFact:
    """A located fact; `hunk` is the one that shows its line, if any does."""

    level: str
    rule: str
    message: str
    place: str
    hunk: str
    line: int


@dataclass(frozen=True)
class SliceFact:
    """Files of a large change that belong together. `hunk` is the next one to be read there, or the first."""

    lines: int
    paths: tuple[str, ...]
    more: int  # files that are not listed
    unread: int
    hunk: str


@dataclass(frozen=True)
class ItemFact:
    """One item of evidence."""

    name: str
    kind: str
    word: str
    tone: str
    why: str
    told: str
    command: str
    required: bool
    findings: tuple[FindingFact, ...]
    more: int


@dataclass(frozen=True)
class LaneFact:
    """Something that is always read: it is never folded and never skipped."""

    kind: str
    message: str
    place: str
    hunk: str
    line: int


@dataclass(frozen=True)
class PointFact:
    """A point, and how it stands."""

    id: str
    text: str
    place: str
    hunk: str
    line: int
    by: str
    round: int
    word: str
    tone: str
    why: str
    open: bool


def clause_facts(case: Case) -> list[ClauseFact]:
    """What was asked, each clause with what was observed of it."""
    known = {item.clause: item for item in case.own_items if item.clause}
    facts: list[ClauseFact] = []
    for clause in case.clauses:
        item = known.get(clause.id)
        word, tone = ("not run" if clause.check else "no check"), "quiet"
        if item is not None:
            _, word, tone = outcome_word(item.outcome)
        facts.append(ClauseFact(clause.id, clause.text, word, tone))
    return facts


def item_facts(case: Case, items: Iterable[Item]) -> list[ItemFact]:
    """Evidence, what should change a mind first."""
    return [_item(case, item) for item in order(items)]


def lane_facts(case: Case) -> list[LaneFact]:
    """What must be looked at one by one, whatever else is folded."""
    facts = [
        LaneFact("protected area", f"{touch.rule}: {touch.reason}".rstrip(": "), touch.place, "", 0)
        for touch in case.protected
    ]
    for each in shown_lane(case):
        messages = [f"{fact.message}" for _, fact in findings_at(case, each.path, each.hunk)]
        facts.append(LaneFact(", ".join(each.reasons) or _READ_FIRST, "; ".join(messages[:3]), each.path, each.hunk, 0))
    return facts


def point_facts(case: Case) -> list[PointFact]:
    """The points of the task: the open ones first."""
    said = replies(case.review.points, case.run.rounds)
    return sorted((_point(case, point, said) for point in case.review.points), key=lambda fact: not fact.open)


def findings_at(case: Case, path: str, hunk: str) -> list[tuple[Item, FindingFact]]:
    """The findings at the lines of one hunk of a file, with what they are from."""
    found: list[tuple[Item, FindingFact]] = []
    for change in case.changes:
        if change.path != path:
            continue
        found.extend(
            (item, fact)
            for item in order(shown_items(case))
            for finding in item.findings
            if finding.path in (change.path, change.old_path) and (fact := _finding(case, finding)).hunk == hunk
        )
    return found


def _point(case: Case, point: Point, said: Mapping[str, Reply]) -> PointFact:
    match state(point, case.own_items, said):
        case Open():
            word, tone, why, is_open = "open", "warn", "", True
        case Answered(claim=claim):
            word, tone, why, is_open = "answered", "warn", f"the agent says: {claim}", True
        case Met(checks=checks):
            word, tone, why, is_open = "met", "good", f"{', '.join(checks)} holds now", False
        case Closed(why=reason, by=by):
            word, tone, why, is_open = "closed", "quiet", f"{reason} ({short_name(by)})", False
    place = f"{point.path}:{point.line}" if point.path else ""
    return PointFact(
        id=point.id,
        text=point.text,
        place=place if place not in point.text else "",
        hunk=point.hunk or hunk_at(case, point.path, point.line),
        line=point.line,
        by=short_name(point.by),
        round=point.round,
        word=word,
        tone=tone,
        why=why,
        open=is_open,
    )


def _item(case: Case, item: Item) -> ItemFact:
    _, word, tone = outcome_word(item.outcome)
    why = "" if isinstance(item.outcome, Holds) else item.outcome.why
    command = _OBJECT.sub(lambda found: found[0][:10], item.command) if item.tool != "podium" else ""
    return ItemFact(
        name=item.name,
        kind=item.kind,
        word=word,
        tone=_TONES.get(tone, "quiet"),
        why=why,
        told=_told(item),
        command=command,
        required=item.required,
        findings=tuple(_finding(case, each) for each in item.findings[:_MOST_FINDINGS]),
        more=max(0, len(item.findings) - _MOST_FINDINGS),
    )


def _told(item: Item) -> str:
    ran = item.candidate
    counts = [(ran.passed, "passed"), (ran.failed, "failed"), (ran.skipped, "skipped")] if ran else []
    told = [f"{count} {word}" for count, word in counts if count]
    if item.seconds >= 0.05:
        told.append(f"{item.seconds:.1f} s")
    if item.earlier:
        told.append(earlier_words(item))
    return ", ".join(told)


def _finding(case: Case, finding: Finding) -> FindingFact:
    place = finding.path + (f":{finding.line}" if finding.line else "")
    if finding.side == "not changed":
        return FindingFact(finding.level, finding.rule, finding.message, place, "", 0)
    hunk = hunk_at(case, finding.path, finding.line, finding.side == "old")
    return FindingFact(finding.level, finding.rule, finding.message, place, hunk, finding.line)


def hunk_at(case: Case, path: str, line: int, old: bool = False) -> str:
    """The hunk that shows a line; the first one of its file where no line is named; empty for none."""
    for change in case.changes:
        if path and path in (change.path, change.old_path):
            if not line:
                return change.hunks[0].id if change.hunks else ""
            for hunk in change.hunks:
                if any((row.old if old else row.new) == line for row in hunk.lines):
                    return hunk.id
    return ""


def sentences_of(case: Case, summary: str) -> list[tuple[str, str, str]]:
    """The agent's summary, line by line: the text, how it stands (supported, contradicted, unproven), and why."""
    known = {claim.sentence: claim for claim in shown_claims(case, summary)}
    return [
        (text, known[text].standing, known[text].why) if text in known else (text, "", "")
        for text in sentences(summary)
    ]


def traced(case: Case, found: Trace) -> tuple[list[LaneFact], list[str]]:
    """The hunks that no clause explains, and the clauses that nothing touches, in words."""
    where = {hunk.id: (change, hunk) for change in case.changes for hunk in change.hunks}
    folded = case.folded
    hunks = [
        LaneFact("no clause", "", f"{where[name][0].path}:{where[name][1].new_start}".removesuffix(":0"), name, 0)
        for name in found.unexplained
        if name not in folded
    ]
    texts = {clause.id: clause.text for clause in case.clauses}
    return hunks, [f"{name}: {texts[name]}" for name in found.untouched]


def slice_facts(case: Case, slices: Iterable[Slice], unread: Collection[str]) -> list[SliceFact]:
    """Parts of a large change that can be read apart; `unread` = the ids of hunks that are still to be read."""
    at = {hunk.id: place for place, hunk in enumerate(case.hunks)}
    return [
        SliceFact(
            lines=each.lines,
            paths=each.paths[:_MOST_PATHS],
            more=len(each.paths[_MOST_PATHS:]),
            unread=sum(name in unread for name in each.hunks),
            hunk=min((name for name in each.hunks if name in unread), key=at.__getitem__, default=each.hunks[0]),
        )
        for each in slices
        if each.hunks
    ]


def counted(items: Iterable[Item]) -> dict[str, int]:
    """How many items have each outcome, for one line."""
    found = {"fails": 0, "not run": 0, "broken before": 0, "blind": 0, "holds": 0}
    for item in items:
        match item.outcome:
            case Holds():
                found["holds"] += 1
            case Fails():
                found["fails"] += 1
            case BrokenBefore():
                found["broken before"] += 1
            case NotRun():
                found["not run"] += 1
            case Blind():
                found["blind"] += 1
    return {word: count for word, count in found.items() if count}
