"""Short questions that a change gives reason for, each with the places that raise it. Pure.

A question is named by its topic and by the hunks that raise it, so that an answer stays while these stay as they are,
and a hunk that changed asks again. Where the spec's risk is high, an accept wants all of them answered.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from podium.evidence.model import Item
from podium.evidence.test_code import belongs_to_tests
from podium.kernel.errors import NotFoundError, UsageError
from podium.kernel.value import Value
from podium.review.events import QuestionAnswered
from podium.review.located import findings_at
from podium.review.model import Answer, AnswerName, TaskReview
from podium.review.person import require_person, same_person
from podium.runs.model import FileChange, Hunk

_MOST_PLACES = 5
_LONGEST_LINE = 1000


class Question(Value, frozen=True, kw_only=True):
    """One question, and why it is asked."""

    id: str  # "money:3f2a91c0"
    topic: str
    text: str
    because: str
    hunks: tuple[str, ...]  # ids of what raises it
    places: tuple[str, ...]  # "src/x.py:41", at most five


class _Topic(NamedTuple):
    name: str
    text: str
    because: str
    line: re.Pattern[str] | None  # looked for in added lines of code that is no test
    path: re.Pattern[str] | None = None


_TOPICS: tuple[_Topic, ...] = (
    _Topic(
        "concurrency",
        "Two of these at once: what do they share, and what orders them? What holds if one is cut off in the middle?",
        "threads, locks or asynchronous code",
        re.compile(
            r"\b(?:threading|Thread|Lock|RLock|Semaphore|asyncio|await|async|multiprocessing|concurrent|goroutine|"
            r"chan|sync\.|Mutex|RwLock|atomic|volatile|synchronized|Promise\.|setTimeout|Worker)\b|\bgo func\b"
        ),
    ),
    _Topic(
        "money",
        "In which unit and with which rounding is this computed, and does every sum still add up?",
        "amounts of money",
        re.compile(
            r"(?<![A-Za-z])(?i:price|amount|currency|invoice|payment|balance|cents|refund|discount|vat(?![a-z])|tax_)|"
            r"(?<=[a-z])(?:Price|Amount|Currency|Invoice|Payment|Balance|Cents|Refund|Discount|Vat(?![a-z])|Tax)"
        ),
    ),
    _Topic(
        "migration",
        "Does it run on the data that is there, can it be taken back, and does old code work while it runs?",
        "the shape of stored data changes",
        re.compile(r"(?i)\b(?:alter|create|drop|rename)\s+(?:table|column|index|type)\b|\bop\.(?:add|drop|alter)_"),
        re.compile(r"(?:^|/)(?:migrations?|alembic|db/migrate)/"),
    ),
    _Topic(
        "errors",
        "Who hears of it when this fails, and is what was half done put right?",
        "errors are caught",
        re.compile(r"^\s*(?:except\b|\}?\s*catch\b|rescue\b)|\bsuppress\(|\.catch\(|\brecover\(\)|\bunwrap_or"),
    ),
    _Topic(
        "access",
        "Who may do this, where is that checked, and what does a stranger get to see when it is refused?",
        "who may do what",
        re.compile(r"(?i)permission|authori[sz]|authenticat|password|credential|session|csrf|is_admin|login|jwt"),
    ),
    _Topic(
        "deletion",
        "What exactly is deleted if a name is empty, wrong or a link, and can it be had back?",
        "something is deleted or overwritten",
        re.compile(
            r"(?i)\b(?:rmtree|unlink|rmdir|removedirs|truncate|os\.remove|delete\s+from|rimraf|RemoveAll|remove_dir_all)\b"
            r"|\brm -rf\b"
        ),
    ),
    _Topic(
        "time",
        "Which clock and zone is this, and what happens at the change of a day, of summer time, or when it goes back?",
        "dates and clocks",
        re.compile(
            r"\b(?:datetime\.(?:now|utcnow|today)|time\.time|date\.today|new Date|Date\.now|strftime|strptime)\b"
        ),
    ),
)
_SECURITY = (
    "Read it once more for security alone: who controls each value that reaches these places, what is it checked "
    "against, and what can the worst of them do?"
)


def questions(changes: Iterable[FileChange], items: Iterable[Item]) -> tuple[Question, ...]:
    """The questions that a change raises, those about security first."""
    known, evidence = tuple(changes), tuple(items)
    return (*_about_sinks(known, evidence), *_about_dependencies(known, evidence), *_by_topic(known))


def unanswered(asked: Iterable[Question], answers: Iterable[Answer], who: str) -> tuple[Question, ...]:
    """The questions that this person has not answered."""
    given = {answer.question for answer in answers if same_person(answer.by, who)}
    return tuple(question for question in asked if question.id not in given)


def decide_answer(
    review: TaskReview, asked: Iterable[Question], *, actor: str, question: str, answer: AnswerName, text: str
) -> QuestionAnswered:
    """The event that answers a question, named by its id or topic.

    Raises PodiumError when the actor is no person, NotFoundError for a question that the change does not raise,
    UsageError for an answer without a word of why.
    """
    by = require_person(actor, "answer questions of")
    known = tuple(asked)
    found = [each.id for each in known if question in (each.id, each.topic)]
    if len(found) != 1:
        raise NotFoundError(
            f"no question is called {question}" if not found else f"{len(found)} questions are about {question}",
            where=f"{review.spec}/{review.task}",
            do=f"It asks: {', '.join(each.id for each in known) or 'nothing'}",
        )
    if not text.strip():
        raise UsageError("an answer needs a few words", where=found[0], do="Say what you looked at, or why not.")
    return QuestionAnswered(
        spec=review.spec, task=review.task, question=found[0], answer=answer, text=text.strip(), by=by
    )


def answer_lines(asked: Iterable[Question], answers: Iterable[Answer], who: str) -> tuple[str, ...]:
    """For the receipt: each question with this person's answer, or that it was not answered."""
    given = {answer.question: answer for answer in answers if same_person(answer.by, who)}
    return tuple(
        f"{each.id}: {given[each.id].answer} ({given[each.id].text})"
        if each.id in given
        else f"{each.id}: not answered"
        for each in asked
    )


def _about_sinks(changes: tuple[FileChange, ...], items: tuple[Item, ...]) -> Iterable[Question]:
    """One question for each new sink, and one for a pass over all of them."""
    every: list[tuple[Hunk, str]] = []
    for change, hunk in _pairs(changes):
        for located in findings_at(change, hunk, items):
            finding = located.finding
            if located.item.kind != "security" or not finding.rule.startswith("sink/"):
                continue
            place = f"{finding.path}:{finding.line}"
            every.append((hunk, place))
            yield _question(
                "sink",
                "Who controls this string, and what is it checked against?",
                finding.message,
                [(hunk, place)],
                finding.fingerprint,
            )
    if every:
        places = "a place" if len(every) == 1 else f"{len(every)} places"
        yield _question("security-pass", _SECURITY, f"{places} where data becomes code or trust", every)


def _about_dependencies(changes: tuple[FileChange, ...], items: tuple[Item, ...]) -> Iterable[Question]:
    raised = [
        (hunk, f"{located.finding.path}:{located.finding.line}" if located.finding.line else located.finding.path)
        for change, hunk in _pairs(changes)
        for located in findings_at(change, hunk, items)
        if located.item.kind == "security" and located.item.name == "supply chain"
    ]
    if raised:
        text = "Who maintains what is new here, is its name spelt right, and what would it take to do without it?"
        yield _question("dependency", text, "what the project depends on, or its CI, changes", raised)


def _by_topic(changes: tuple[FileChange, ...]) -> Iterable[Question]:
    for topic in _TOPICS:
        raised: list[tuple[Hunk, str]] = []
        for change, hunk in _pairs(changes):
            if belongs_to_tests(change.path):
                continue
            by_path = bool(topic.path and topic.path.search(change.path))
            line = next((row.new for row in hunk.lines if row.kind == "+" and _says(topic, row.text)), 0)
            if line or by_path:
                raised.append((hunk, f"{change.path}:{line or hunk.new_start}"))
        if raised:
            yield _question(topic.name, topic.text, topic.because, raised)


def _says(topic: _Topic, text: str) -> bool:
    return topic.line is not None and topic.line.search(text[:_LONGEST_LINE]) is not None


def _pairs(changes: tuple[FileChange, ...]) -> Iterable[tuple[FileChange, Hunk]]:
    return ((change, hunk) for change in changes for hunk in change.hunks)


def _question(topic: str, text: str, because: str, raised: list[tuple[Hunk, str]], more: str = "") -> Question:
    ids = tuple(dict.fromkeys(hunk.id for hunk, _ in raised))
    name = hashlib.sha256("\n".join([*sorted(ids), more]).encode()).hexdigest()[:8]
    places = tuple(dict.fromkeys(place for _, place in raised))[:_MOST_PLACES]
    return Question(id=f"{topic}:{name}", topic=topic, text=text, because=because, hunks=ids, places=places)
