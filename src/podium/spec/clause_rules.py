"""The rules for one clause: smells of its words.

A lint that cries wolf is switched off, so every pattern is narrow, with the harmless uses that were met in real specs
left out: code and quoted text are never looked at, a bound in the clause excuses a word about speed or size, and words
with a technical meaning ("fast-forward", "at most", "thread-safe") are no smells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from podium.spec.vague_words import VAGUE
from podium.spec.words import Words


class Hit(NamedTuple):
    """A rule that fired at a position in a clause's text."""

    rule: str
    offset: int
    message: str
    instead: str


def clause_hits(words: Words) -> Iterator[Hit]:
    """Every smell in one clause that has a text. A clause is called unverifiable only if nothing else is wrong."""
    hits = [*_loopholes(words), *_comparative(words), *_unfinished(words)]
    outs = [hit.offset for hit in hits]
    hits += [hit for hit in _vague(words) if not any(0 <= hit.offset - out < 20 for out in outs)]
    yield from hits
    yield from _compound(words)
    yield from _actor(words)
    yield from _pronoun(words)
    if not hits and not words.is_measurable:
        yield Hit(
            "unverifiable",
            0,
            "Nothing here can be checked: no command, no number, no exact name, no effect that somebody can see.",
            "Say what happens and how one sees it, or add a line: check: `a command that exits 0 when it holds`",
        )


def _all(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _vague(words: Words) -> Iterator[Hit]:
    for pattern, instead, excused_by_number in VAGUE:
        if excused_by_number and words.has_digit:
            continue
        for found in pattern.finditer(words.prose):
            said = _said(words, found)
            yield Hit("vague-word", found.start(), f'"{said}" means something else to every reader.', instead)


# --- comparatives -----------------------------------------------------------------------------------------------------

_DEFINITE_THAN = (
    r"(?! than (?!before\b|today\b|now\b|usual\b|expected\b|currently\b|previously\b|it (?:is|was)\b|"
    r"(?:the |an? )?(?:old|current|previous|existing|original|today's|present) (?!value|limit|version number)))"
)
_COMPARATIVES = _all(
    r"(?<![-\w])(?:faster|slower|quicker|better|worse|easier|simpler|cheaper|larger|smaller|bigger|shorter|"
    r"(?<!no )(?<!any )longer|higher(?![- ](?:order|level))|"
    r"lower(?![- ]?(?:case|bound|limit|level|half|left|right))|nicer|cleaner|safer|stronger|weaker|lighter|"
    r"(?:more|less) (?:\w+ly|\w+able|\w+ible|\w+ful|\w+ent|\w+ant|\w+ive|\w+ic|robust|secure|stable))(?![-\w])"
    + _DEFINITE_THAN
    + r"|\b(?:improves?|improved|enhances?|enhanced|optimi[sz]es?|optimi[sz]ed|speeds? up)\b"
    r"|\b(?:minimi[sz]es?|maximi[sz]es?) (?!the window)"
    r"|\b(?:reduces?|increases?|decreases?|lowers) (?!.{0,80}\b(?:by|to|from)\b)(?:the |its )?"
    r"(?:\w+ ){0,2}(?:time|latency|memory|size|load|cost|costs|usage|overhead|complexity|performance|throughput|"
    r"number|amount|noise|risk|duplication)\b"
)
_APPROXIMATE = _all(
    r"\b(?:approximately|roughly|around|about|circa|nearly|almost|some|or so|more or less) (?=\d)|(?<![\w/~])~ ?(?=\d)|"
    r"\b\d+(?: \w+)? (?:or so|ish|more or less|give or take)\b"
)
_TOLERANCE = _all(r"±|\+/-|\bplus or minus\b|\bwithin\b|\bat (?:most|least)\b|\bbetween\b|\btoleranc")


def _comparative(words: Words) -> Iterator[Hit]:
    if not words.has_number:
        for found in _COMPARATIVES.finditer(words.prose):
            yield Hit(
                "comparative",
                found.start(),
                f'"{_said(words, found)}": than what, and by how much?',
                "Give the number to reach and how it is measured, such as: at most 200 ms for 1,000 rows.",
            )
    for found in _APPROXIMATE.finditer(words.prose):
        if not _TOLERANCE.search(words.prose):
            yield Hit(
                "approximate",
                found.start(),
                f'"{_said(words, found)}" leaves open how far off is still right.',
                'Give a bound ("at most 5") or a tolerance ("5 s, plus or minus 0.5 s").',
            )


# --- ways out ---------------------------------------------------------------------------------------------------------

_ESCAPES = _all(
    r"\betc\b\.?|\band so (?:on|forth)\b|\band the like\b|\band others\b|\bamong others\b|\bor similar\b|"
    r"\bor something\b|\band similar (?:things|cases|\w+)\b|\band more[.…]*$|(?:\.\.\.|…)(?=\s*$)|"
    r"\b(?:if|where|when|wherever|whenever|as far as|as much as|as soon as|as quickly as|as fast as) "
    r"(?:(?:it is|is|are) )?(?:at all )?(?:possible|practical|practicable|feasible|appropriate|applicable|necessary|"
    r"needed|desired|convenient)\b|"
    r"\bas (?:appropriate|applicable|needed|necessary|required|possible|desired)\b|"
    r"\bincluding(?:,)? but not limited to\b|\bbest[- ]effort\b|\bto the extent\b|\bideally\b|\bpreferably\b|"
    r"\bhopefully\b|\bshould probably\b|\bprobably\b|\bmaybe\b|\bperhaps\b|"
    r"\b(?:must|should|shall|will) (?:try|attempt) to\b|"
    r"\btries its best\b|\bnice to have\b|\bif time (?:permits|allows)\b|\bunless there is a good reason\b"
)
_AND_OR = _all(r"\band ?/ ?or\b")


def _loopholes(words: Words) -> Iterator[Hit]:
    for found in _ESCAPES.finditer(words.prose):
        yield Hit(
            "escape",
            found.start(),
            f'"{_said(words, found)}" lets anything pass, or nothing: nobody can say whether it is met.',
            "Name each case, or move what is optional to Out of scope.",
        )
    for found in _AND_OR.finditer(words.prose):
        yield Hit(
            "and-or", found.start(), '"and/or" is two demands in one.', 'Write "and", "or", or "either, or both".'
        )


# --- open places ------------------------------------------------------------------------------------------------------

OPEN = re.compile(
    r"\b(?:TBD|TBC|TBA|TO" r"DO|FIX" r"ME|XXX+)\b|\?\?+|"
    r"\b(?i:to be (?:decided|determined|defined|confirmed|discussed|clarified|specified))\b"
)  # fmt: skip
_QUESTION = re.compile(r"\w\?(?=\s|$)")


def _unfinished(words: Words) -> Iterator[Hit]:
    for pattern in (OPEN, _QUESTION):
        for found in pattern.finditer(words.prose):
            yield Hit(
                "unfinished",
                found.start(),
                f'"{_said(words, found)}" leaves the decision to whoever builds it.',
                "Decide it now, or take the clause out until it is decided.",
            )


# --- compound clauses -------------------------------------------------------------------------------------------------

_VERBS = (
    "accepts|adds|appends|archives|asks|calculates|calls|cancels|checks|clears|closes|computes|copies|counts|creates|"
    "deletes|displays|downloads|e-?mails|emits|encrypts|exits|exports|generates|imports|informs|locks|logs|marks|moves|"
    "notifies|opens|posts|prints|publishes|queues|raises|reads|records|redirects|refuses|rejects|releases|removes|"
    "renders|resets|restarts|retries|returns|revokes|rotates|saves|schedules|sends|sets|shows|starts|stops|stores|"
    "submits|triggers|unlocks|updates|uploads|validates|verifies|writes"
)
_BASE = "|".join(
    re.sub(r"ies$", "y", verb) if verb.endswith("ies") else re.sub(r"(?<=sh)es$|(?<=ss)es$|s$", "", verb)
    for verb in _VERBS.replace("e-?mails", "emails").split("|")
)
_MODAL = r"(?:must|shall|should|will|needs? to|has to|have to)"
_ACTION = _all(
    rf"(?:(?:^|\b(?:it|they|which|{_MODAL}|also|then|and|or|\w+) )(?:{_VERBS}|(?<=must )(?:{_BASE})|"
    rf"(?<=shall )(?:{_BASE})|(?<=should )(?:{_BASE})|(?<=will )(?:{_BASE}))\b)"
)
_JOINED = _all(rf"(?:,|;|\band\b|\bthen\b|\bbut\b)\s+(?:and |then |also |it |they )*(?:{_VERBS}|{_BASE})\b(?! of\b)")
_TWO_MODALS = _all(
    rf"\b{_MODAL}\b[^.;]*(?:,|;|\band\b|\bbut\b)\s+(?:and |but |it |they |also |(?:the|an?|each|every) (?:\w+ ){{1,3}})"
    rf"*{_MODAL}\b(?! not be\b)"
)
_ALSO = _all(r"\band also\b|\badditionally\b|\bin addition(?! to)\b|\bfurthermore\b|\bmoreover\b|\bbesides that\b")
_SENTENCE = re.compile(r"[.!;](?=\s+[A-Z~`\"(])")


def _compound(words: Words) -> Iterator[Hit]:
    prose = words.prose
    found = _ALSO.search(prose) or _TWO_MODALS.search(prose)
    actions = list(_JOINED.finditer(prose))
    if found is None and len(actions) >= 2 and _ACTION.search(prose[: actions[0].start()]):
        found = actions[1]
    if found is None and len(_SENTENCE.findall(prose)) >= 4:
        found = list(_SENTENCE.finditer(prose))[3]
    if found is not None:
        yield Hit(
            "compound",
            found.start(),
            "Several demands in one clause: one can hold while another fails, and no task can take just one.",
            "Give each demand a clause of its own.",
        )


# --- who does it ------------------------------------------------------------------------------------------------------

_DONE_BY_SOMEBODY = (
    "validated|checked|sent|logged|stored|saved|deleted|removed|notified|informed|encrypted|created|updated|processed|"
    "handled|displayed|shown|recorded|retried|cached|generated|verified|archived|cleaned up|imported|exported|migrated|"
    "approved|reviewed|monitored|reported|uploaded|downloaded|backed up|refreshed|rotated|revoked|published|forwarded|"
    "escalated|triggered|performed|executed|prevented|avoided|ensured|supported|considered|taken into account|"
    "protected|sanitized|sanitised|optimi[sz]ed|fixed|implemented|added|provided|managed|maintained|tracked|audited|collected"
)
_MODAL_PASSIVE = _all(
    rf"\b{_MODAL} (?:also |not |always |first |then |\w+ly )*be (?:\w+ly )?(?:{_DONE_BY_SOMEBODY})\b"
    r"(?!.*\bby (?!\d|the end\b))"
)
_PLAIN_PASSIVE = _all(rf"\b(?:is|are|gets?) (?:\w+ly )?(?:{_DONE_BY_SOMEBODY})\b(?!.*\bby\b)")
_SUBORDINATE = _all(r"\b(?:that|which|who|whose|when|while|if|until|after|before|once|unless|because|as)\b")
_IMPERATIVE = _all(
    rf"(?:please )?(?:{_BASE}|handle|ensure|make sure|support|provide|allow|implement|avoid|prevent|use) (?=\w)"
)


def _actor(words: Words) -> Iterator[Hit]:
    if words.clause.kind == "done":
        return  # what must be true at the end needs no doer
    prose = words.prose
    found = _MODAL_PASSIVE.search(prose)
    if found is None and not (words.has_code or words.has_number) and len(prose.split()) <= 14:
        found = _PLAIN_PASSIVE.search(prose)
        if found is not None and _SUBORDINATE.search(prose[: found.start()]):
            found = None  # "a session that is created while ..." only says which session is meant
        found = found or _IMPERATIVE.match(prose)
    if found is not None:
        yield Hit(
            "missing-actor",
            found.start(),
            f'"{_said(words, found)}": by whom or what?',
            'Begin with who does it: "The importer skips ...", "When X, the server answers ...".',
        )


_PRONOUN = _all(
    r"(?:it|they)\b(?! is (?:an?|not|possible|impossible|enough|the)\b)|"
    r"(?:this|that|these|those) (?:is|are|must|shall|should|will|can|has|have|does|also|only|happens|applies|works)\b"
)


def _pronoun(words: Words) -> Iterator[Hit]:
    found = _PRONOUN.match(words.prose)
    if found is not None:
        yield Hit(
            "pronoun",
            0,
            f'"{_said(words, found)}" points outside the clause, but agents and reviewers get clauses one by one.',
            "Name the thing again.",
        )


def _said(words: Words, found: re.Match[str]) -> str:
    return " ".join(words.raw[found.start() : found.end()].split())[:60].strip()
