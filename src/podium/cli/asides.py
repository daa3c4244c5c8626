"""What `podium review` does beside reading: answering the questions of a change, and telling why a hunk is here."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from podium.cli.context import Context
from podium.kernel.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from podium.conductor.why_here import WhyHere
    from podium.git.mirror import Mirror
    from podium.review.case import Case
    from podium.review.model import AnswerName

_ANSWERS: dict[str, AnswerName] = {"yes": "yes", "no": "no", "na": "does not apply"}


def read_answers(texts: tuple[str, ...]) -> list[tuple[str, AnswerName, str]]:
    """Question, answer and reason of each `ID=yes: why`. Raises UsageError for what is no answer."""
    found: list[tuple[str, AnswerName, str]] = []
    for text in texts:
        question, equals, rest = text.partition("=")
        word, _, why = rest.partition(":")
        answer = _ANSWERS.get(word.strip().lower())
        if not equals or answer is None:
            raise UsageError(
                f"{text!r} is no answer",
                where="--answer",
                do=f'Write it as --answer "{question}=yes: what you looked at"',
            )
        found.append((question.strip(), answer, why))
    return found


def tell_why(context: Context, mirror: Mirror, case: Case, name: str) -> None:
    """Print everything that is known of why a hunk is here; it is named by the beginning of its id."""
    from podium.conductor.why_here import why_here
    from podium.review.marks import named

    (hunk,) = named([each.id for each in case.hunks], [name], case.name)
    state = context.desk.look(case.project)
    found = why_here(context.desk, state, mirror, case, hunk)
    context.output.document(found)
    _print(context, case, found)


def _print(context: Context, case: Case, found: WhyHere) -> None:
    output = context.output
    hunk = next((each for each in case.hunks if each.id == found.hunk), None)
    if hunk is None:
        raise NotFoundError("the candidate has no such hunk", where=case.name)

    def fact(name: str, text: str) -> None:
        output.line(f"  {output.paint(name.ljust(9), 'quiet')} {output.safe(text)}")

    output.line(f"{output.paint(output.safe(f'{hunk.path}:{hunk.new_start}'), 'strong')}  {hunk.id[:12]}")
    for link in found.clauses:
        fact("clause", f"{link.clause}: {link.because}")
    if not found.clauses:
        fact("clause", "none explains it")
    if found.step:
        step = found.step
        title = step.title or step.command or "a change"
        fact("step", f"{title} (round {step.round}, entry {step.entry})")
        if step.thought:
            fact("said", f"{' '.join(step.thought.split())[-400:]}")
    for ran in found.tests[:5]:
        more = f" and {ran.count - len(ran.tests)} more" if ran.count > len(ran.tests) else ""
        fact("run by", f"line {ran.line}: {', '.join(ran.tests)}{more}")
    for located in found.findings:
        fact("finding", f"{located.finding.message} ({located.item.name})")
    for commit, lines in groupby(found.before, key=lambda before: before.commit):
        own = list(lines)
        before = own[0]
        via = f", through {before.task}, reviewed by {before.reviewer}" if before.task else ""
        numbers = ", ".join(str(each.line) for each in own)
        fact(
            "before",
            f"{'line' if len(own) == 1 else 'lines'} {numbers}: {commit[:10]} {before.subject} ({before.author}){via}",
        )
    if found.fold:
        fact("folded", f"{found.fold.said}; $ {found.fold.reproduce}")
    if found.lane:
        fact("lane", ", ".join(found.lane.reasons))
