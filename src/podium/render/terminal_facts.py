"""The facts of a candidate as lines of a terminal: clauses, evidence, points, what stands against an accept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from podium.evidence.claims import Claim
from podium.evidence.model import Blind, BrokenBefore, Fails, Finding, Holds, Item, NotRun, Outcome
from podium.evidence.rules import earlier_words, order
from podium.render.paint import Paint, Tone
from podium.render.safe_text import chop, columns, safe_line, safe_lines, wrap
from podium.review.anchors import Place
from podium.review.case import Case
from podium.review.model import Point, Refusal
from podium.review.person import short_name
from podium.review.points import Answered, Closed, Met, Open, state
from podium.review.replies import replies
from podium.runs.model import Run

_MOST_FINDINGS = 8
_INDENT = 11
_POINT = 20
_OBJECT = re.compile(r"\b[0-9a-f]{40}\b")
_LEVELS: dict[str, Tone] = {"error": "bad", "warning": "warn", "note": "quiet"}


def outcome_word(outcome: Outcome) -> tuple[str, str, Tone]:
    """The glyph's name, the word and the tone of an outcome."""
    match outcome:
        case Holds():
            return "yes", "holds", "good"
        case Fails():
            return "no", "fails", "bad"
        case BrokenBefore():
            return "before", "broken before", "warn"
        case NotRun():
            return "unknown", "not run", "warn"
        case Blind():
            return "unknown", "blind", "warn"


def task_lines(case: Case, *, width: int, paint: Paint) -> Iterator[str]:
    """What was asked: the clauses of the task, each with what was observed of it."""
    asked = [clause for clause in case.clauses if clause.id in case.task.clauses]
    known = {item.clause: item for item in case.own_items if item.clause}
    room = max([2, *(len(clause.id) for clause in asked)])
    for clause in asked:
        item = known.get(clause.id)
        if item:
            glyph, word, tone = outcome_word(item.outcome)
            fact, fact_tone = f"{paint.glyph(glyph)} {word}", tone
        else:
            fact, fact_tone = ("not run" if clause.check else "no check"), "quiet"
        text = width - room - columns(fact) - 6
        first, *rest = wrap(safe_line(clause.text), max(20, text))
        head = paint.pad(first, max(20, text))
        yield f"  {paint(f'{clause.id:<{room}}', 'strong')}  {head}  {paint(fact, fact_tone)}"
        yield from (" " * (room + 4) + line for line in rest)
    scope = ", ".join(case.task.scope) or "everything"
    yield from _wrapped(f"scope {safe_line(scope)}; budget {case.task.budget} changed lines", width, paint, "quiet")


def evidence_lines(
    items: Iterable[Item], *, width: int, paint: Paint, all_by: str = "podium evidence TASK NAME"
) -> Iterator[str]:
    """What Podium observed, that which should change a mind first; how to see it again where it does not hold.

    What could not be looked at for one and the same reason is told once. `all_by` shows what is only counted here.
    All that holds is one paragraph at the end: it is said, and it takes no room from what does not.
    """
    ordered = order(items)
    small = [item for item in ordered if _is_small(item)] if len(ordered) > 1 else []
    alike: dict[str, list[Item]] = {}
    for item in ordered:
        if isinstance(item.outcome, Blind) and not item.findings:
            alike.setdefault(item.outcome.why, []).append(item)
    for item in ordered:
        if isinstance(item.outcome, Holds) or item in small:
            continue
        same = alike.get(item.outcome.why, [item]) if isinstance(item.outcome, Blind) else [item]
        if item is same[0] or item not in same:
            yield from _item(item, width, paint, tuple(each.name for each in same[1:] if item is same[0]))
    if small:
        head = f"  {paint(paint.glyph('more') + ' notes', 'quiet')}  "
        told = ", ".join(f"{safe_line(item.name)} ({len(item.findings)})" for item in small)
        first, *rest = wrap(f"{told}: {all_by} shows them", width - _INDENT)
        yield head + paint(first, "quiet")
        yield from (" " * _INDENT + paint(line, "quiet") for line in rest)
    holding = [item for item in ordered if isinstance(item.outcome, Holds)]
    if holding:
        head = "  " + paint(paint.glyph("yes") + " holds", "good") + "  "
        lines = wrap(", ".join(safe_line(item.name) + _told(item) for item in holding), width - _INDENT)
        yield head + lines[0]
        yield from (" " * _INDENT + line for line in lines[1:])
    earlier = [item for item in ordered if item.earlier]
    if earlier:
        told = f"{earlier_words(earlier[0])}: {', '.join(safe_line(item.name) for item in earlier)}"
        first, *rest = wrap(told, width - _INDENT)
        yield f"  {paint(paint.glyph('more') + ' earlier', 'quiet')}  " + paint(first, "quiet")
        yield from (" " * _INDENT + paint(line, "quiet") for line in rest)


def _is_small(item: Item) -> bool:
    """Whether an item has nothing but notes to tell: counted, and shown when it is asked for."""
    noted = bool(item.findings) and all(finding.level == "note" for finding in item.findings)
    return isinstance(item.outcome, Fails) and noted and not item.required


def _item(item: Item, width: int, paint: Paint, more_names: tuple[str, ...] = ()) -> Iterator[str]:
    glyph, word, tone = outcome_word(item.outcome)
    names = ", ".join(safe_line(each) for each in (item.name, *more_names))
    sign, name = (
        f"{paint.glyph(glyph)} {word}",
        paint.cut(names, width - 2 - len(word) - 6 if more_names else width // 2),
    )
    room = width - _INDENT
    first, *rest = wrap(_why(item), room, used=columns(sign) + columns(name) + 6 - _INDENT)
    yield f"  {paint(sign, tone)}  {paint(name, 'strong')}  {first}".rstrip()
    yield from (" " * _INDENT + line for line in rest)
    if item.command and item.tool != "podium":  # what Podium computes from the diff has no command to run
        command = _OBJECT.sub(lambda found: found[0][:10], safe_line(item.command))
        yield from (" " * _INDENT + paint(line, "quiet") for line in wrap(f"$ {command}", room))
    for finding in item.findings[:_MOST_FINDINGS]:
        yield from _finding(finding, room, paint)
    more = len(item.findings) - _MOST_FINDINGS
    if more > 0:
        yield " " * _INDENT + paint(f"{paint.glyph('more')} {more:,} more", "quiet")


def _told(item: Item) -> str:
    """What a check that holds has to say for itself: how many tests, how long."""
    ran = item.candidate
    counts = [(ran.passed, "passed"), (ran.skipped, "skipped")] if ran else []
    told = [f"{count} {word}" for count, word in counts if count]
    if item.seconds >= 0.05:
        told.append(f"{item.seconds:.1f} s")
    return f" ({', '.join(told)})" if told else ""


def _why(item: Item) -> str:
    match item.outcome:
        case Holds():
            return ""
        case Fails(why=why) | BrokenBefore(why=why) | NotRun(why=why) | Blind(why=why):
            return safe_line(why)


def _finding(finding: Finding, room: int, paint: Paint) -> Iterator[str]:
    path, message = safe_line(finding.path), safe_line(finding.message)
    place = (
        path + (f":{finding.line}" if finding.line else "") + ("" if finding.side == "new" else f" ({finding.side})")
    )
    text = message if not path or (message.startswith(path) and not finding.line) else f"{place}: {message}"
    level = f"{finding.level:<7} "
    for number, line in enumerate(wrap(text, room - len(level))):
        head = paint(level, _LEVELS[finding.level]) if number == 0 else " " * len(level)
        yield " " * _INDENT + head + line


def checked_lines(found: Iterable[Claim], *, width: int, paint: Paint) -> Iterator[str]:
    """What an agent says that can be held against facts: what is contradicted first."""
    words: dict[str, tuple[str, Tone]] = {
        "contradicted": ("no", "bad"),
        "unproven": ("unknown", "warn"),
        "supported": ("yes", "good"),
    }
    rank = list(words)
    for claim in sorted(found, key=lambda each: rank.index(each.standing)):
        glyph, tone = words[claim.standing]
        sign = f"{paint.glyph(glyph)} {claim.standing}"
        text = f"{claim.why}: {claim.sentence}"
        first, *rest = wrap(safe_line(text), width - _INDENT, used=columns(sign) + 4 - _INDENT)
        yield f"  {paint(sign, tone)}  {first}"
        yield from (" " * _INDENT + paint(line, "quiet") for line in rest)


def point_lines(
    points: Iterable[Point],
    items: tuple[Item, ...],
    *,
    width: int,
    paint: Paint,
    run: Run | None = None,
    places: Mapping[str, Place] | None = None,
) -> Iterator[str]:
    """The points of the task, each with how it stands.

    `run` is whose words about them are told, as a claim; `places` where they are now.
    """
    known = tuple(points)
    told = replies(known, run.rounds if run else ())
    for point in known:
        match state(point, items, told):
            case Answered(claim=claim, round=number):
                glyph, word, tone, why = "unread", "answered", "warn", f"claimed in round {number}: {claim}"
            case Open():
                glyph, word, tone, why = "unread", "open", "warn", ""
            case Met(checks=checks):
                glyph, word, tone, why = "yes", "met", "good", f"{', '.join(checks)} holds now"
            case Closed(why=reason, by=by):
                glyph, word, tone, why = "yes", "closed", "quiet", f"{reason} ({short_name(by)})"
        head = f"  {paint(paint.pad(f'{paint.glyph(glyph)} {word}', 10), _tone(tone))}  {paint.pad(point.id, 4)}"
        place = f"{point.path}:{point.line}" if point.path else ""
        about = f" [{place}]" if place and place not in point.text else ""
        now = (places or {}).get(point.id)
        if now is not None and now.how == "gone":
            about += " [its line is gone]"
        elif now is not None and (now.path, now.line) != (point.path, point.line):
            about += f" [now {now.path}:{now.line}]"
        text = f"{point.text}{about} {paint.glyph('dot')} {short_name(point.by)}, round {point.round}"
        lines = [line for part in safe_lines(text) for line in wrap(part, width - _POINT)]
        yield f"{head}  {lines[0]}"
        yield from (" " * _POINT + line for line in lines[1:])
        if why:
            yield from (" " * _POINT + paint(line, _tone(tone)) for line in wrap(safe_line(why), width - _POINT))


def _tone(name: str) -> Tone:
    tones: dict[str, Tone] = {"warn": "warn", "good": "good", "quiet": "quiet"}
    return tones[name]


def refusal_lines(refusals: Iterable[Refusal], *, width: int, paint: Paint) -> Iterator[str]:
    """What stands against an accept: the code that a waiver names, the reason, and what to do."""
    for refusal in refusals:
        never = "" if refusal.waivable else " (cannot be waived)"
        *before, last = chop(safe_line(refusal.code), width - 2 - columns(never))
        yield from (f"  {paint(part, 'bad')}" for part in before)
        yield f"  {paint(last, 'bad')}{paint(never, 'quiet')}"
        yield from _wrapped(safe_line(refusal.message), width, paint, "plain", indent=4)
        yield from _wrapped(f"{paint.glyph('to')} {safe_line(refusal.do)}", width, paint, "quiet", indent=4)


def _wrapped(text: str, width: int, paint: Paint, tone: Tone, indent: int = 2) -> Iterator[str]:
    yield from (" " * indent + paint(line, tone) for line in wrap(text, width - indent))
