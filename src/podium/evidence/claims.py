"""The claims ledger: what an agent says of its work, sentence by sentence, beside what was observed. Pure.

Only sentences that evidence can speak about become claims; of the others nothing is said. `contradicted` needs a fact
that cannot stand beside the sentence. `supported` needs a fact that speaks for it, and still does not prove it.
Everything else is `unproven`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from podium.evidence import claim_judges as judge
from podium.evidence.claim_judges import Facts, Found, Standing
from podium.evidence.model import Item
from podium.kernel.value import Value
from podium.runs.model import FileChange

_LONGEST = 20_000
_MOST = 40
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.S)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\d\[])|\n+")
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)]|#+|>|\[[ x]\])\s*")
_LEFT_ALONE = re.compile(r"(?i)\b(?:did|have)(?: not|n't) (?=(?:touch|chang|modif|alter|edit|br[eo]ak)\w*\b)")
_DENIED = re.compile(
    r"(?i)\b(?:did(?: not|n't)|not yet|could(?: not|n't)|cannot|can't|should|will|would|please|if you)\b"
)


class Claim(Value, frozen=True, kw_only=True):
    """One checkable sentence, how it stands, and the facts that it rests on."""

    sentence: str
    about: str  # tests-pass, tests-added, no-api-change, only-touched, no-dependencies, fixed, ...
    standing: Standing
    why: str
    items: tuple[str, ...] = ()  # ids of evidence


def claims(summary: str, items: Iterable[Item], changes: Iterable[FileChange]) -> tuple[Claim, ...]:
    """The checkable sentences of a summary, in its order, each with how it stands; at most 40."""
    facts, found = Facts(items, changes), list[Claim]()
    for sentence in sentences(summary):
        said = _LEFT_ALONE.sub(
            "without ", sentence
        )  # "I did not touch the tests" claims something, "I did not run" none
        for about, pattern, decide in _KINDS:
            if pattern.search(said) and not _DENIED.search(said):
                standing, why, used = decide(sentence, facts)
                found.append(Claim(sentence=sentence, about=about, standing=standing, why=why, items=used))
                break
        if len(found) >= _MOST:
            break
    return tuple(found)


def sentences(summary: str) -> tuple[str, ...]:
    """The sentences and bullets of a text, without its code blocks."""
    plain = _FENCE.sub("\n", summary[:_LONGEST])
    parts = (_BULLET.sub("", part).strip(" *_") for part in _SENTENCE.split(plain))
    return tuple(part[:400] for part in parts if len(part) > 3)


_Judge: TypeAlias = Callable[[str, Facts], Found]


def _kind(about: str, decide: _Judge, *patterns: str) -> tuple[str, re.Pattern[str], _Judge]:
    return about, re.compile("|".join(patterns), re.IGNORECASE), decide


_NONE = r"\b(?:no|without(?: any)?|not)\b"
_KINDS = (  # the first that fits decides
    _kind(
        "no-tests-changed",
        judge.no_tests_changed,
        _NONE + r"[^.]{0,30}\btests?\b[^.]{0,30}\b(?:chang|modif|touch|alter)",
        _NONE + r" (?:touch|chang|modif|alter|edit)\w*\b[^.]{0,20}\btests?\b",
        r"\bleft(?: the)?\b[^.]{0,30}\btests?\b[^.]{0,30}\bas (?:it|they)",
        r"\bexisting tests? (?:are |were |is )?(?:unchanged|untouched|not (?:changed|modified|touched))",
    ),
    _kind(
        "tests-pass",
        judge.tests_pass,
        r"\btests?\b[^.]{0,60}\b(?:pass(?:es|ed|ing)?|green|succeed(?:s|ed)?|are ok)\b",
        r"\b\d+ passed\b",
        r"\b(?:all|full)\b[^.]{0,30}\b(?:pass(?:es|ed|ing)?|green)\b",
    ),
    _kind(
        "tests-added",
        judge.tests_added,
        r"\b(?:add(?:ed|s|ing)?|wrote|writ(?:e|ing|ten)|creat(?:e|ed|es)|includ(?:e|ed|es)|new)\b"
        r"[^.]{0,60}\b(?:unit |regression )?tests?\b",
        r"\bcovered (?:by|with) (?:new )?tests?\b",
    ),
    _kind(
        "no-api-change",
        judge.no_api_change,
        _NONE + r"[^.]{0,40}\b(?:api|public interface|signature|breaking)\b",
        r"\b(?:api|signatures?|interface)\b[^.]{0,30}\b(?:unchanged|same|stays?|untouched|not change)\b",
        r"\bbackwards?[- ]compatible\b",
    ),
    _kind(
        "no-dependencies",
        judge.no_dependencies,
        _NONE + r"[^.]{0,20}\b(?:new |extra |additional |third-party )?dependenc(?:y|ies)\b",
    ),
    _kind(
        "no-behaviour-change",
        judge.no_behaviour_change,
        _NONE + r"[^.]{0,30}\b(?:behaviou?r|functional)\w*\b[^.]{0,20}\bchang",
        r"\bbehaviou?r\b[^.]{0,30}\b(?:unchanged|the same|preserved|identical)",
        r"\bpure(?:ly)? (?:a )?refactor",
    ),
    _kind(
        "only-touched",
        judge.only_touched,
        r"\b(?:only|just|solely)\b(?:[^.]|\.(?=\w)){0,60}\b(?:touch|chang|modif|edit|updat)\w*",  # a dot in a file name
        r"\b(?:touch|chang|modif|edit|updat)\w*\b[^.]{0,20}\bonly\b",
        r"\bno other files?\b",
    ),
    _kind(
        "lint-clean",
        judge.lint_clean,
        r"\b(?:lint\w*|ruff|flake8|mypy|pyright|eslint|tsc|clippy|type[- ]?check\w*|format\w*)\b"
        r"[^.]{0,50}\b(?:clean|pass\w*|no (?:errors|warnings|issues)|happy|green)\b",
    ),
    _kind(
        "documented",
        judge.docs,
        r"\b(?:updat|add|wrote|document|extend)\w*\b[^.]{0,50}"
        r"\b(?:documentation|docs?|readme|changelog|docstrings?)\b",
    ),
    _kind(
        "fixed",
        judge.fixed,
        r"\b(?:fix(?:es|ed)?|resolv(?:es|ed)|correct(?:s|ed)|no longer)\b",
        r"\bnow (?:correctly |properly )?(?:returns?|raises?|handles?|works?|rejects?|accepts?|keeps?)\b",
    ),
    _kind(
        "verified",
        judge.verified,
        r"\b(?:i|we|manually)\b[^.]{0,20}\b(?:verif(?:y|ied)|tested|confirm(?:ed)?|checked|ran|reproduced)\b",
        r"^(?:verified|tested|confirmed|checked|ran)\b",
    ),
)
