"""What one clause is made of, for the rules: its text with code and quotes masked, and what can be measured in it."""

from __future__ import annotations

import re
from functools import cached_property

from podium.spec.outline import RawClause

_MASKED = re.compile(
    r"(?P<fence>^```.*?(?:^```|\Z))|(?P<code>(`+)(?!`).+?(?<!`)\3(?!`))|(?P<url>\bhttps?://\S+)"
    r"|(?P<quote>\"[^\"\n]{1,200}\"|\u201c[^\u201d]{1,200}\u201d)",
    re.DOTALL | re.MULTILINE,
)
_NUMBER_WORDS = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|fifty|hundred|thousand|"
    "once|twice|half|double|first|second|third|last"
)
_NUMBER = re.compile(rf"\d|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_DEFINITE = re.compile(
    r"\b(?:no|none|never|nothing|nobody|only|exactly|empty|same|equals?|identical|unchanged|without|until|alone|"
    r"alphabetical(?:ly)?|ascending|descending|at (?:most|least)|if and only if|remains?|stays?|true|false|"
    r"\w+(?: \w+)? order)\b",
    re.IGNORECASE,
)
_OBSERVED = (
    "accept add answer append apply ask belong block call cancel change charge clear close commit compute "
    "contain copy count create credit cut debit delete deliver deny describe differ disable disappear discard "
    "display download drop email emit enable end exit expire export fail fall finish give ignore import include "
    "insert invalidate keep land leave list load lock log mail mark match merge move name notify offer omit open "
    "pass post prefix print prompt publish put queue raise read receive record redirect refund refuse reject "
    "release remove rename render replace reply report request require reset respond restart restore resume "
    "retry return revoke roll round run save say schedule see select send serve set show shut skip sort split "
    "start stop store strip submit succeed take terminate throw time trim turn unlock update upload use validate "
    "verify wait warn write yield"
)
_OBSERVABLE = re.compile(
    r"\b(?:" + "|".join(_OBSERVED.split()) + r")(?:s|es|d|ed|ing|ting|ted|ping|ped|ged|ning|ned)?\b"
    r"|\b(?:sent|shown|written|kept|found|seen|gone|lost|left|taken|given|made|goes|chosen|copies|copied|replies|"
    r"replied|retries|retried|notifies|notified|carries|carried|denies|denied|applies|applied|verifies|verified|"
    r"becomes?|lies|stands? still|paus\w+|continu\w+|signed|reviewed|approved|merged|documented|described|goes?|comes?|"
    r"runs?|holds?|expir\w+|stor\w+|delet\w+|remov\w+|refus\w+|creat\w+|releas\w+|chang\w+|updat\w+)\b",
    re.IGNORECASE,
)


class Words:
    """One clause as the rules look at it."""

    def __init__(self, clause: RawClause) -> None:
        self.clause = clause
        self.raw = clause.text

    @cached_property
    def prose(self) -> str:
        """What the author says in words, on one line: code, addresses and quotes are as many `~`, code blocks blank."""
        masked = _MASKED.sub(lambda found: (" " if found["fence"] else "~") * len(found.group()), self.raw)
        return masked.replace("\n", " ")

    @cached_property
    def has_code(self) -> bool:
        """Whether it names something exactly: code, an address, quoted text."""
        return "~" in self.prose and _MASKED.search(self.raw) is not None

    @cached_property
    def has_number(self) -> bool:
        """Whether there is a number outside of code, in digits or as a word; or one inside of code."""
        return _NUMBER.search(self.prose) is not None or _DIGIT.search(self.raw) is not None

    @cached_property
    def has_digit(self) -> bool:
        return _DIGIT.search(self.raw) is not None

    @cached_property
    def is_measurable(self) -> bool:
        """Whether something in it can be looked at: a check, a number, an exact name, a quantifier or an effect."""
        prose = self.prose
        return bool(
            self.clause.checks
            or self.has_number
            or self.has_code
            or _DEFINITE.search(prose)
            or _OBSERVABLE.search(prose)
        )

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a position in the text."""
        for line in self.clause.lines:
            if offset <= len(line.text):
                return line.line, line.column + offset
            offset -= len(line.text) + 1
        return self.clause.line, self.clause.column
