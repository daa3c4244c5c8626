"""What helps a person read a change, as lines of a terminal: since the last look, folds, questions, the trace."""

from __future__ import annotations

from collections.abc import Iterator

from podium.render.paint import Paint, Tone
from podium.render.safe_text import safe_line, wrap
from podium.review.case import Case
from podium.review.first_pass import shown_lane, shown_questions
from podium.review.person import same_person
from podium.review.since import Changed, Since
from podium.review.trace import Trace

_MOST_ROWS = 12  # of one hunk's comparison
_MOST_HUNKS = 20


def since_lines(since: Since, *, width: int, paint: Paint) -> Iterator[str]:
    """What changed from the round that the person looked at to this one."""
    if since.is_empty:
        yield "  " + paint(f"nothing changed since you looked at round {since.before}", "good")
        return
    for each in since.changed[:_MOST_HUNKS]:
        what = "changed" if each.before else "new"
        place = f"{safe_line(each.hunk.path)}:{each.hunk.new_start}"
        yield f"  {paint(what.ljust(8), 'warn')} {place} {paint(each.hunk.id[:8], 'quiet')}"
        yield from _rows(each, width, paint)
    for hunk in since.gone[:_MOST_HUNKS]:
        yield f"  {paint('gone'.ljust(8), 'quiet')} {safe_line(hunk.path)}:{hunk.new_start}"
    more = len(since.changed) + len(since.gone) - 2 * _MOST_HUNKS
    if more > 0:
        yield "  " + paint(f"{paint.glyph('more')} and more", "quiet")
    if since.same:
        yield "  " + paint(f"{since.same} as they were", "quiet")


def _rows(changed: Changed, width: int, paint: Paint) -> Iterator[str]:
    tones: dict[str, Tone] = {"come": "good", "gone": "bad"}
    rows = [row for row in changed.rows if row.kind != "same"]
    for row in rows[:_MOST_ROWS]:
        sign = {"come": "now ", "gone": "was "}[row.kind]
        yield "    " + paint(paint.cut(f"{sign}{row.line.kind}{safe_line(row.line.text)}", width - 4), tones[row.kind])
    if len(rows) > _MOST_ROWS:
        yield "    " + paint(f"{paint.glyph('more')} {len(rows) - _MOST_ROWS} more lines", "quiet")


def fold_lines(case: Case, *, width: int, paint: Paint) -> Iterator[str]:
    """What need not be read, with the proof and how to see it."""
    for fold in case.folds:
        count = "1 hunk" if len(fold.hunks) == 1 else f"{len(fold.hunks)} hunks"
        yield f"  {paint(fold.kind.ljust(12), 'good')} {safe_line(fold.path)} {paint(count, 'quiet')}"
        told = fold.proof + (f" ($ {fold.reproduce})" if fold.reproduce else "")
        yield from ("    " + paint(line, "quiet") for line in wrap(safe_line(told), width - 4))


def lane_lines(case: Case, *, width: int, paint: Paint) -> Iterator[str]:
    """What nobody may skip."""
    for each in shown_lane(case):
        reasons = f": {', '.join(each.reasons)}" if each.reasons else ""
        text = f"{safe_line(each.path)} {each.hunk[:8]}{reasons}"
        yield "  " + paint(paint.cut(text, width - 2), "warn")


def question_lines(case: Case, *, width: int, paint: Paint) -> Iterator[str]:
    """The checklist of this change, each question with the person's answer."""
    given = {answer.question: answer for answer in case.review.answers if same_person(answer.by, case.who)}
    asked = shown_questions(case)
    if len(asked) < len(case.questions):
        count = len(case.questions) - len(asked)
        told = "1 question is" if count == 1 else f"{count} questions are"
        yield "  " + paint(f"{told} asked once you have marked the hunks", "quiet")
    for question in asked:
        answer = given.get(question.id)
        glyph, tone = ("yes", "good") if answer else ("unread", "warn")
        head = f"{paint(paint.glyph(glyph), _tone(tone))} {paint(question.id, 'strong')}"
        yield f"  {head}  {safe_line(question.because)}"
        yield from ("      " + line for line in wrap(question.text, width - 6))
        yield "      " + paint(paint.cut(safe_line(", ".join(question.places)), width - 6), "quiet")
        if answer:
            yield from ("      " + line for line in wrap(safe_line(f"{answer.answer}: {answer.text}"), width - 6))


def trace_lines(case: Case, trace: Trace, *, width: int, paint: Paint) -> Iterator[str]:
    """Hunks that no clause explains, and clauses that nothing touches."""
    paths = {hunk.id: hunk for hunk in case.hunks}
    unexplained = [each for each in trace.unexplained if each not in case.folded]
    if unexplained and case.clauses:
        names = ", ".join(f"{safe_line(paths[each].path)}:{paths[each].new_start}" for each in unexplained)
        yield from ("  " + paint(line, "warn") for line in wrap(f"no clause explains {names}", width - 2))
    if trace.untouched:
        text = f"no hunk serves {', '.join(trace.untouched)}, as far as names and words tell"
        yield from ("  " + paint(line, "warn") for line in wrap(text, width - 2))


def _tone(name: str) -> Tone:
    tones: dict[str, Tone] = {"good": "good", "warn": "warn"}
    return tones[name]
