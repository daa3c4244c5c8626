"""What a spec is read by before anybody works on it: `lint`.

Errors are faults with which a spec cannot be approved; warnings are shown with it. The rules for single clauses are in
`clause_rules`, those for clauses together in `pair_rules`; `rule_book` says where each comes from.
"""

from __future__ import annotations

import difflib
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence

from podium.project.globs import fault_of, matcher
from podium.spec.clause_rules import OPEN, Hit, clause_hits
from podium.spec.model import LintFinding, Severity, Spec
from podium.spec.outline import Outline, RawClause, read_outline
from podium.spec.pair_rules import bad_value_hits, pair_hits
from podium.spec.parse import RISKS
from podium.spec.rule_book import RULES
from podium.spec.words import Words

MOST_LINES = 200
MOST_CLAUSES = 25
_LONGEST_CLAUSE = 1_500  # characters; longer ones are only told that they are too long
_LETTERS = {"behaviour": "B", "edge": "E", "done": "D"}
_HEADINGS = {"behaviour": "Behaviour", "edge": "Edge cases", "done": "Done"}
_KEYS = ("title", "owner", "risk", "scope")


def lint(spec: Spec, tracked_files: Sequence[str] | None = None) -> tuple[LintFinding, ...]:
    """Every fault and smell of a spec, in the order of its lines.

    Scope globs are compared with `tracked_files`, unless that is None.
    """
    path = spec.path or f"{spec.name}.md"
    outline = read_outline(spec.text, path)
    report = _Report(path)
    _front_matter(outline, report)
    _scope(outline, tracked_files, report)
    _sections(spec, outline, report)
    _ids(outline, report)
    _clauses(outline, report)
    _size(outline, report)
    return report.findings()


class _Report:
    def __init__(self, path: str) -> None:
        self.path = path
        self._found: dict[LintFinding, None] = {}

    def add(
        self, rule: str, line: int, column: int, message: str, instead: str, severity: Severity | None = None
    ) -> None:
        finding = LintFinding(
            rule=rule,
            severity=severity or RULES[rule].severity,
            path=self.path,
            line=line,
            column=column,
            message=message,
            instead=instead,
        )
        self._found[finding] = None

    def findings(self) -> tuple[LintFinding, ...]:
        return tuple(sorted(self._found, key=lambda finding: (finding.line, finding.column, finding.rule)))


def _front_matter(outline: Outline, report: _Report) -> None:
    front = outline.front
    for name, entry in front.entries.items():
        if name in _KEYS:
            continue
        near = difflib.get_close_matches(name, _KEYS, n=1)
        known = ", ".join(_KEYS)
        instead = f"Did you mean {near[0]}?" if near else f"Known are: {known}."
        report.add("unknown-key", entry.key.line, 1, f"{name!r} is not read by anything.", instead)
    risk = front.text("risk")
    if risk is None:
        report.add("no-risk", 1, 1, "No risk is given: it counts as medium.", "Write risk: low, medium or high.")
    elif risk.text.lower() not in RISKS:
        message = f"{risk.text!r} is not a risk."
        report.add("risk", risk.line, risk.column, message, "Write risk: low, medium or high.")
    if front.text("owner") is None:
        report.add("no-owner", 1, 1, "Nobody is named to ask about this spec.", "Write owner: a name.")
    if front.text("title") is None and outline.title is None:
        report.add("no-title", 1, 1, "The spec has no title.", "Write title: a few words.")


def _scope(outline: Outline, tracked_files: Sequence[str] | None, report: _Report) -> None:
    words = outline.front.words("scope")
    if not words:
        entry = outline.front.entries.get("scope")
        line, message = (entry.key.line, "The scope is empty") if entry else (1, "There is no scope")
        report.add(
            "scope-empty",
            line,
            1,
            f"{message}: agents may change nothing.",
            "Name the files that may change, such as scope: [src/limit/**, tests/limit/**]",
        )
    for word in words:
        fault = fault_of(word.text)
        if fault is not None:
            instead = fault[1][0].upper() + fault[1][1:] + "."
            report.add("scope-glob", word.line, word.column, f"{word.text}: {fault[0]}.", instead)
        elif tracked_files is not None and not any(map(matcher((word.text,)), tracked_files)):
            near = _nearest(word.text, tracked_files)
            instead = f"Did you mean {near}?" if near else "Nothing to do if the work is to make these files."
            report.add("scope-no-match", word.line, word.column, f"{word.text} matches no file yet.", instead)


def _nearest(glob: str, tracked_files: Sequence[str]) -> str:
    """The glob with its first unknown folder or file replaced by one with nearly the same name."""
    parts = glob.split("/")
    here = ""
    for number, part in enumerate(parts):
        if any(char in part for char in "*?[\\"):
            return ""
        names = {path[len(here) :].split("/")[0] for path in tracked_files if path.startswith(here)}
        if part not in names:
            near = difflib.get_close_matches(part, sorted(names), n=1, cutoff=0.6)
            return here + "/".join([near[0], *parts[number + 1 :]]) if near else ""
        here += part + "/"
    return ""


def _sections(spec: Spec, outline: Outline, report: _Report) -> None:
    end = max(len(outline.text.rstrip().split("\n")), 1)
    if not outline.clauses and not outline.unnumbered:
        instead = "Add a section ## Behaviour with a line - B1: who does what, when."
        report.add("no-clauses", end, 1, "The spec demands nothing: it has no clause.", instead)
        return
    if not spec.intent:
        section = outline.section("intent")
        instead = "Add a section ## Intent: who needs this, and what is different for them once it is there."
        message = "Why this is wanted is not said, so nobody can judge whether the work serves it."
        report.add("no-intent", section.line if section else 1, 1, message, instead)
    for section in outline.sections:
        found = OPEN.search(section.text) if section.kind in ("intent", "out of scope") else None
        if found is not None:
            line = section.line + next(
                (number for number, text in enumerate(_lines_below(outline, section.line)) if found.group() in text), 0
            )
            message = f'"{found.group()}" leaves the decision to whoever builds it.'
            report.add("unfinished", line, 1, message, "Decide it now, or take it out until it is decided.")
    if not any(clause.kind == "edge" for clause in outline.clauses):
        edge = outline.section("edge")
        report.add(
            "no-edge-cases",
            edge.line if edge else end,
            1,
            "No edge case is named: what happens with bad, missing or extreme input is left to chance.",
            "Add a section ## Edge cases: what happens when input is empty, too large, malformed, or late?",
            severity="error" if spec.risk == "high" else None,
        )
    if not spec.out_of_scope:
        out = outline.section("out of scope")
        instead = 'Add a section ## Out of scope: what a reader might expect and will not get ("Nothing" is an answer).'
        message = "Nothing is out of scope: an agent may take on any neighbouring work."
        report.add("no-out-of-scope", out.line if out else end, 1, message, instead)


def _lines_below(outline: Outline, line: int) -> list[str]:
    return outline.text.split("\n")[line - 1 :]


def _ids(outline: Outline, report: _Report) -> None:
    first: dict[str, RawClause] = {}
    free = {letter: _free_id(letter, outline) for letter in "BED"}
    for clause in outline.clauses:
        earlier = first.setdefault(clause.id, clause)
        if earlier is not clause:
            message = f"{clause.id} is already the clause on line {earlier.line}."
            instead = f"Call this one {free[clause.id[0]]}."
            report.add("duplicate-id", clause.line, clause.column, message, instead)
        elif clause.id[1] == "0":
            message = f"{clause.id} is not an id: numbers begin with 1 and have no leading zero."
            right = clause.id[0] + (clause.id[1:].lstrip("0") or "1")
            report.add("misnumbered", clause.line, clause.column, message, f"Write {right}.")
        elif clause.kind != clause.section and clause.section in _LETTERS:
            message = f"{clause.id} stands under {_HEADINGS[clause.section]}, whose ids begin with "
            instead = f"Move it to {_HEADINGS[clause.kind]}, or call it {free[_LETTERS[clause.section]]}."
            report.add("misplaced", clause.line, clause.column, f"{message}{_LETTERS[clause.section]}.", instead)
    starts = [section.line for section in outline.sections]
    for line in outline.unnumbered:
        section = outline.sections[bisect(starts, line.line) - 1]
        letter = _LETTERS.get(section.kind, "B")
        message = "This has no id, so no plan, check or review can name it: it would be lost."
        report.add("unnumbered", line.line, line.column, message, f"Begin it with {free[letter]}:")


def _free_id(letter: str, outline: Outline) -> str:
    used = [int(clause.id[1:]) for clause in outline.clauses if clause.id[0] == letter]
    return f"{letter}{max(used, default=0) + 1}"


def _clauses(outline: Outline, report: _Report) -> None:
    filled: list[Words] = []
    for clause in outline.clauses:
        if not clause.text.strip():
            message = f"{clause.id} says nothing yet."
            report.add("empty-clause", clause.line, clause.column, message, "Fill it in, or take it out.")
        elif len(clause.text) > _LONGEST_CLAUSE:
            message = f"{clause.id} has {len(clause.text):,} characters: nobody can check it at a glance."
            report.add("compound", clause.line, clause.column, message, "Give each demand a clause of its own.")
        else:
            filled.append(Words(clause))
    for words in filled:
        counts = Counter[str]()
        for hit in clause_hits(words):
            counts[hit.rule] += 1
            if counts[hit.rule] <= 3:
                _report(words, hit, report)
    for words, hit in _together(filled):
        _report(words, hit, report)


def _together(filled: Sequence[Words]) -> Iterator[tuple[Words, Hit]]:
    yield from pair_hits(filled)
    yield from bad_value_hits(filled)


def _report(words: Words, hit: Hit, report: _Report) -> None:
    line, column = words.place(hit.offset)
    report.add(hit.rule, line, column, f"{words.clause.id}: {hit.message}", hit.instead)


def _size(outline: Outline, report: _Report) -> None:
    lines = len(outline.text.rstrip().split("\n"))
    instead = "Split it into specs that can be approved and land one after the other."
    if lines > MOST_LINES:
        message = f"The spec has {lines} lines: beyond about {MOST_LINES}, a reader begins to skim."
        report.add("too-long", MOST_LINES + 1, 1, message, instead)
    elif len(outline.clauses) > MOST_CLAUSES:
        clause = outline.clauses[MOST_CLAUSES]
        message = f"The spec has {len(outline.clauses)} clauses: beyond about {MOST_CLAUSES}, a reader begins to skim."
        report.add("too-long", clause.line, clause.column, message, instead)
