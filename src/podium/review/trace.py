"""Which clause a hunk serves, and why that is thought: rules that can be said in a few words, no guess by likeness.

    names it        the hunk says the clause's id, as text or in a test's name
    its check       the clause's check runs this file, or a test that the hunk writes
    its words       the hunk has what the clause sets in backticks, or several of its rarer words
    used by it      another hunk that serves the clause uses what this one defines, or this one brings what it uses
    the only one    the task has one clause

A hunk that no rule explains, and a clause that no hunk serves, are told: there a reader looks first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from podium.kernel.value import Value
from podium.runs.model import FileChange, Hunk
from podium.spec.model import Clause

_LONGEST = 400  # characters of a line that are looked at
_WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]+(?![a-z])")
_TERM = re.compile(r"`([^`\n]{2,80})`")
_PATH = re.compile(r"[\w./-]+\.[A-Za-z0-9]+")
_OPTION = re.compile(r"-k[ =]?['\"]?([\w ]+)")
_DEFINES = re.compile(
    r"\b(?:def|class|function|func|fn|struct|enum|trait|interface|type|const|let|var)\s+(?:\([^)]{0,60}\)\s*)?([A-Za-z_]\w{2,})"
)
_ASSIGNS = re.compile(r"^\s{0,8}([A-Za-z_]\w{3,})\s*(?::[^=]{1,60})?=[^=]")
_IMPORT = re.compile(r"^\s*(?:import|from|use|require|#include|const \w+ = require)\b")
_NAME = re.compile(r"[A-Za-z_]\w{2,}")
_COMMON_WORDS = (
    "about after again also because been before being both called cannot case check code could does done each edge "
    "else empty every file first from given gives have into keep less like made make more most must name none nothing "
    "only other over prints same should shows some such test tests than that them then there these they this those "
    "when where which while with without would your return returns self value values true false import class"
)
_COMMON = frozenset(_COMMON_WORDS.split(" "))
_WORDS_WANTED = 2


class ClauseLink(Value, frozen=True, kw_only=True):
    """A clause that a hunk serves, and the rule that says so, in words."""

    clause: str
    because: str


class Trace(Value, frozen=True, kw_only=True):
    """The two-way trace of a candidate."""

    links: dict[str, tuple[ClauseLink, ...]]  # by hunk id; hunks without a link are not in it
    unexplained: tuple[str, ...]  # ids of hunks that no clause explains
    untouched: tuple[
        str, ...
    ]  # ids of clauses that no hunk serves; `done` clauses speak of the whole, and are left out


def trace(changes: Iterable[FileChange], clauses: Sequence[Clause]) -> Trace:
    """Trace the hunks of a candidate to the clauses of its task and back."""
    pairs = [_read(change, hunk) for change in changes for hunk in change.hunks]
    links: dict[str, dict[str, str]] = {each.hunk.id: {} for each in pairs}
    for clause in clauses:
        asks = _Asks(clause, tuple(_TERM.findall(clause.text)), _words(clause.text))
        for each in pairs:
            because = _because(asks, each)
            if because:
                links[each.hunk.id][clause.id] = because
    _by_use(pairs, links)
    if len(clauses) == 1:
        for own in links.values():
            own.setdefault(clauses[0].id, "the only clause of the task")
    return Trace(
        links={
            hunk: tuple(ClauseLink(clause=clause, because=why) for clause, why in own.items())
            for hunk, own in links.items()
            if own
        },
        unexplained=tuple(each.hunk.id for each in pairs if not links[each.hunk.id]),
        untouched=tuple(
            clause.id
            for clause in clauses
            if clause.kind != "done" and not any(clause.id in own for own in links.values())
        ),
    )


def searchable(clause: Clause) -> bool:
    """Whether a clause says anything that a hunk could be found by: something in backticks, or enough rarer words."""
    return bool(_TERM.search(clause.text)) or len(_words(clause.text)) >= _WORDS_WANTED


class _Asks(NamedTuple):
    """A clause, and what is looked for of it."""

    clause: Clause
    terms: tuple[str, ...]
    words: set[str]


class _Read(NamedTuple):
    """A hunk, and what it says, taken apart once."""

    change: FileChange
    hunk: Hunk
    text: str
    words: set[str]
    defined: set[str]
    used: set[str]


def _read(change: FileChange, hunk: Hunk) -> _Read:
    text = _changed(hunk)
    return _Read(change, hunk, text, _words(f"{text} {change.path}"), defined(hunk), set(_NAME.findall(text)))


def _because(asks: _Asks, each: _Read) -> str:
    clause, text, path = asks.clause, each.text, each.change.path
    if clause.id.lower() in text.lower() and re.search(
        rf"(?i)(?<![A-Za-z0-9]){re.escape(clause.id)}(?![A-Za-z0-9])", text
    ):
        return f"names {clause.id}"
    by_check = _by_check(clause, each.change, text)
    if by_check:
        return by_check
    said = [term for term in asks.terms if term in text or term in path]
    if said:
        return f"mentions `{said[0]}`"
    inside = [term for term in asks.terms if term.removesuffix("()") in each.defined]
    if inside:
        return f"changes `{inside[0]}`"
    shared = sorted(asks.words & each.words)
    return f"shares its words: {', '.join(shared[:3])}" if len(shared) >= _WORDS_WANTED else ""


def _by_check(clause: Clause, change: FileChange, text: str) -> str:
    if change.path in _PATH.findall(clause.check):
        return f"the check of {clause.id} runs this file"
    for words in _OPTION.findall(clause.check):
        for word in words.split():
            if word not in ("and", "or", "not") and re.search(rf"def test\w*{re.escape(word)}", text):
                return f"the check of {clause.id} runs its test"
    return ""


def _by_use(pairs: list[_Read], links: dict[str, dict[str, str]]) -> None:
    """Pass clauses on from hunks that serve one to those that define what they use, or bring what they need."""
    for _ in range(3):  # from a test to what it calls, and to what that calls
        users: dict[str, _Read] = {}
        for each in pairs:
            if links[each.hunk.id]:
                for name in each.used:
                    users.setdefault(name, each)
        fresh = [(each, min(each.defined & users.keys(), default="")) for each in pairs if not links[each.hunk.id]]
        found = [(each, name) for each, name in fresh if name]
        for each, name in found:
            other = users[name]
            for clause in links[other.hunk.id]:
                links[each.hunk.id].setdefault(clause, f"{name} is used in {other.change.path}, which serves it")
        if not found:
            return


def defined(hunk: Hunk) -> set[str]:
    """Names that the hunk defines, changes the inside of (by git's section), or imports."""
    found = set(_DEFINES.findall(hunk.section[:_LONGEST]))
    for line in hunk.lines:
        text = line.text[:_LONGEST]
        if line.kind == " ":
            found |= set(_DEFINES.findall(text))
            continue
        if _IMPORT.match(text):
            found |= {name for name in _NAME.findall(text) if name not in ("import", "from", "use")}
        found |= set(_DEFINES.findall(text)) | set(_ASSIGNS.findall(text))
    return found


def used(hunk: Hunk) -> set[str]:
    """Names that the changed lines of a hunk say."""
    return set(_NAME.findall(_changed(hunk)))


def _changed(hunk: Hunk) -> str:
    return "\n".join(line.text[:_LONGEST] for line in hunk.lines if line.kind != " ")


def _words(text: str) -> set[str]:
    """The rarer words of a text, names taken apart (`rateLimit`, `rate_limit`), plurals as singulars."""
    words = (word.lower() for word in _WORD.findall(text))
    return {word.removesuffix("s") for word in words if len(word) >= 4 and word not in _COMMON}
