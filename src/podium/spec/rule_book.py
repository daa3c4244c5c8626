"""The rules that a spec is read by: what each one means, how grave it is, and where it comes from.

Sources, by short name:
- ISO 29148: ISO/IEC/IEEE 29148:2018, Requirements engineering, 5.2.5 (characteristics of one requirement), 5.2.6 (of a
  set) and 5.2.7 (terms to avoid).
- INCOSE: Guide to Writing Requirements (INCOSE-TP-2010-006), by the number or name of the rule.
- Berry: Berry, Kamsties, Krieger: From Contract Drafting to Software Specification (the "ambiguity handbook"), 2003.
- EARS: Mavin and others: Easy Approach to Requirements Syntax, RE 2009 (the unwanted-behaviour pattern above all).
- Gilb: Gilb and Graham: Software Inspection, 1993 (how much text a person can check well).
- Podium: what the rest of Podium needs.
"""

from __future__ import annotations

from podium.kernel.value import Value
from podium.spec.model import Severity


class Rule(Value, frozen=True, kw_only=True):
    """One rule of the lint."""

    id: str
    severity: Severity
    title: str
    source: str


def _rules(*rows: tuple[str, Severity, str, str]) -> dict[str, Rule]:
    return {row[0]: Rule(id=row[0], severity=row[1], title=row[2], source=row[3]) for row in rows}


RULES = _rules(
    ("vague-word", "warning", "A word that people read differently", "ISO 29148 5.2.7; INCOSE R7 (vague terms); Berry"),
    (
        "comparative",
        "warning",
        "A comparison without a number",
        "ISO 29148 5.2.7 (comparative phrases); INCOSE R34 (measurable performance)",
    ),
    ("approximate", "warning", "A number without its tolerance", "INCOSE R33 (range of values); Berry"),
    (
        "compound",
        "warning",
        "Several demands in one clause",
        "ISO 29148 5.2.5 (singular); INCOSE R18-R19 (combinators)",
    ),
    ("and-or", "warning", "and/or", "INCOSE R15, R17 (logic, oblique symbol); Berry"),
    ("escape", "warning", "A way out of the demand", "ISO 29148 5.2.7 (loopholes); INCOSE R8-R9 (escape, open-ended)"),
    ("unfinished", "error", "A place left open", "ISO 29148 5.2.5 (complete)"),
    ("missing-actor", "warning", "Nobody does it", "INCOSE R2-R3 (active voice, subject and verb); EARS"),
    ("pronoun", "warning", "A clause that does not stand alone", "INCOSE R24 (pronouns); Berry"),
    ("unverifiable", "warning", "Nothing to check it by", "ISO 29148 5.2.5 (verifiable); INCOSE C7"),
    ("no-edge-cases", "warning", "No edge case", "EARS (unwanted behaviour); ISO 29148 5.2.6 (complete)"),
    ("no-out-of-scope", "warning", "Nothing is out of scope", "ISO 29148 5.2.6 (complete)"),
    ("no-intent", "warning", "No intent", "ISO 29148 5.2.5 (necessary); INCOSE C1"),
    ("no-bad-values", "warning", "An input without its bad values", "EARS (unwanted behaviour); ISO 29148 5.2.6"),
    ("contradiction", "warning", "Two clauses that contradict each other", "ISO 29148 5.2.6 (consistent)"),
    ("duplicate", "warning", "Two clauses that say the same", "INCOSE R30 (unique expression)"),
    ("too-long", "warning", "Too long to be reviewed", "Gilb (checking rates); ISO 29148 5.2.6 (comprehensible)"),
    ("no-clauses", "error", "No clause", "Podium"),
    ("empty-clause", "error", "A clause without text", "Podium"),
    ("duplicate-id", "error", "One id for two clauses", "ISO 29148 5.2.8 (unique identification)"),
    ("misnumbered", "error", "An id that plans cannot name", "Podium"),
    ("misplaced", "warning", "A clause in another section than its letter says", "Podium"),
    ("unnumbered", "error", "A demand without an id", "ISO 29148 5.2.8 (unique identification)"),
    ("risk", "error", "An unknown risk", "Podium"),
    ("no-risk", "warning", "No risk", "Podium"),
    ("no-owner", "warning", "No owner", "ISO 29148 5.2.8 (owner)"),
    ("no-title", "warning", "No title", "Podium"),
    ("unknown-key", "warning", "An unknown setting in the front matter", "Podium"),
    ("scope-empty", "error", "No scope", "Podium"),
    ("scope-glob", "error", "A malformed glob", "Podium"),
    ("scope-no-match", "warning", "A glob that matches no file", "Podium"),
)
"""Every rule by its id."""
