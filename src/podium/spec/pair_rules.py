"""The rules for clauses together: two that say the same or the opposite, and inputs without their bad values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from podium.spec.clause_rules import Hit
from podium.spec.words import Words

_MOST = 100
_TOKEN = re.compile(r"`[^`]*`|\"[^\"]*\"|\d+(?:[.,]\d+)*|[A-Za-z][A-Za-z'-]*|[<>=%]+")
_FILLER = frozenset(re.findall(
    r"\w+",
    "a an the of to in on at for by with and or is are be it its this that these those as then when if which who must "
    "shall should will also any every each all",
))  # fmt: skip
_NEGATIONS = frozenset({"not", "never", "no", "cannot", "without"})
_OPPOSITES = (
    ("accepts", "rejects"), ("accepted", "rejected"), ("accepted", "refused"), ("allowed", "forbidden"),
    ("allowed", "denied"), ("allows", "denies"), ("allows", "forbids"), ("enabled", "disabled"), ("always", "never"),
    ("includes", "excludes"), ("included", "excluded"), ("kept", "deleted"), ("keeps", "deletes"),
    ("keeps", "removes"), ("kept", "removed"), ("ascending", "descending"), ("before", "after"),
    ("required", "optional"), ("shown", "hidden"), ("shows", "hides"), ("visible", "hidden"), ("on", "off"),
    ("succeeds", "fails"), ("ignores", "rejects"), ("ignored", "rejected"), ("first", "last"),
    ("case-sensitive", "case-insensitive"), ("increases", "decreases"), ("true", "false"), ("starts", "stops"),
)  # fmt: skip
_OPPOSED = frozenset(frozenset(pair) for pair in _OPPOSITES)


def pair_hits(clauses: Sequence[Words]) -> Iterator[tuple[Words, Hit]]:
    """Every clause that repeats or contradicts an earlier one; reported at the later. Only 100 are compared."""
    tokens = [_tokens(words) for words in clauses[:_MOST]]
    for one, other in combinations(range(len(tokens)), 2):
        hit = _compared(clauses[one], tokens[one], tokens[other])
        if hit is not None:
            yield clauses[other], hit


def _tokens(words: Words) -> frozenset[str]:
    found = (token if token[0] in '`"' else token.lower() for token in _TOKEN.findall(words.raw))
    return frozenset(_stem(token) for token in found) - _FILLER


def _stem(token: str) -> str:
    if not token[0].isalpha() or any(token in pair for pair in _OPPOSITES):
        return token
    return re.sub(r"(?<=\w{3})(?:es|s)$", "", token)


def _compared(earlier: Words, mine: frozenset[str], theirs: frozenset[str]) -> Hit | None:
    """Whether the later of two clauses says the same as the earlier, or the opposite.

    Only clauses that are the same but for one thing count: a number, a negation or a pair of opposites. Two conditions
    that differ ("after 3 failures, 5 minutes", "after 10, 60 minutes") are a table, not a contradiction.
    """
    name = earlier.clause.id
    shared = mine & theirs
    only_mine, only_theirs = mine - theirs, theirs - mine
    if len(shared) < 3 or len(only_mine) + len(only_theirs) > 2:
        return None
    if not only_mine and not only_theirs:
        return Hit(
            "duplicate", 0, f"This says the same as {name}.", f"Keep one of them, or say how it differs from {name}."
        )
    instead = (
        f"Keep one of the two, or write the condition under which each holds ({name} is on line {earlier.clause.line})."
    )
    different = only_mine | only_theirs
    if different <= _NEGATIONS:
        return Hit("contradiction", 0, f"{name} says the opposite.", instead)
    if len(only_mine) == len(only_theirs) == 1:
        if frozenset(different) in _OPPOSED:
            one, other = next(iter(only_mine)), next(iter(only_theirs))
            return Hit("contradiction", 0, f'{name} says "{one}" where this says "{other}".', instead)
        if all(token[0].isdigit() for token in different) and len(shared) >= 4:
            one, other = next(iter(only_mine)), next(iter(only_theirs))
            return Hit("contradiction", 0, f"{name} says {one} where this says {other}.", instead)
    return None


# --- inputs -----------------------------------------------------------------------------------------------------------

_KIND_OF_INPUT = (
    "arguments?|parameters?|options?|flags?|fields?|headers?|inputs?|uploads?|quer(?:y|ies)|request body|payloads?|"
    "uploaded files?|input files?|config(?:uration)? files?|e-?mail address(?:es)?|passwords?|user ?names?|dates?|"
    "amounts?|quantit(?:y|ies)|environment variables?"
)
_INPUT = re.compile(rf"\b(?P<kind>{_KIND_OF_INPUT})\b", re.IGNORECASE)
_TAKES = re.compile(
    r"\b(?:accepts?|takes?|reads?|parses?|given|enters?|submits?|uploads?|imports?|receives?|passes|provides?|types?|"
    r"called with|sends?)\b",
    re.IGNORECASE,
)
_NAMED_INPUT = re.compile(r"`(?P<name>--?[a-z][a-z0-9-]*|[a-z_]\w*)[^`]*`", re.IGNORECASE)
_BAD = re.compile(
    r"\b(?:empty|invalid|missing|malformed|unknown|unreadable|corrupt\w*|negative|zero|blank|unset|expired|wrong|bad|"
    r"duplicate\w*|absent|without|lacks?|omitted|too (?:long|large|big|small|short|many|old|few)|exceed\w*|longer than|"
    r"larger than|more than|less than|fewer than|shorter than|beyond|out of range|outside|not an?|non-\w+|no|null|none|"
    r"nothing|cannot|fails?|unparsable|unsupported|unauthori[sz]ed|forbidden|reject\w*|refus\w*|error\w*|already|twice|"
    r"not (?:valid|found|a|in|exist\w*|given|set)|does not|never|0|ill-formed|broken|truncated|binary|unexpected)\b",
    re.IGNORECASE,
)


def bad_value_hits(clauses: Sequence[Words]) -> Iterator[tuple[Words, Hit]]:
    """Inputs that a behaviour names while no clause says what happens when their value is bad.

    A named input (`--limit`) asks for a clause about it or about its kind ("option"); others for any bad value at all.
    """
    bad = [words.raw.lower() for words in clauses[:_MOST] if _BAD.search(words.raw)]
    seen: set[str] = set()
    for words in clauses[:_MOST]:
        if words.clause.kind != "behaviour":
            continue
        for name, kind, offset in _inputs(words):
            if name in seen or any(_speaks_of(text, name, kind) for text in bad):
                continue
            seen.add(name)
            yield (
                words,
                Hit(
                    "no-bad-values",
                    offset,
                    f"The values of {name} that are wrong (empty, missing, malformed, too large) are nowhere named.",
                    f"Add an edge case: what happens when {name} is missing or has a bad value?",
                ),
            )


def _inputs(words: Words) -> Iterator[tuple[str, str, int]]:
    for found in _INPUT.finditer(words.prose):
        kind = found["kind"].lower()
        nearby = words.raw[max(found.start() - 40, 0) : found.end() + 40]
        named = _NAMED_INPUT.search(nearby)
        takes = _TAKES.search(words.prose) is not None
        if named is not None and (takes or named["name"].startswith("-")):
            yield named["name"], kind, found.start()
        elif takes:
            yield f"the {kind}", kind, found.start()


def _speaks_of(text: str, name: str, kind: str) -> bool:
    if name.startswith("the "):
        return True  # an input without a name of its own: any bad value in the spec may be its own
    bare = name.strip("-").lower()
    singular = re.sub(r"ies$", "y", kind) if kind.endswith("ies") else kind.removesuffix("s")
    return bare in text or singular in text or "value" in text or "input" in text
