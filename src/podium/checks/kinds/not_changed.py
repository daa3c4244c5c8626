"""What the change left alone (calls that no longer fit, equal lines, texts, clauses), and what no clause asks for.

Most wrong patches cannot be seen on the lines that they change. Each finding is a place to look at, at a line that
the candidate did not touch. Calls are found by name: what is called through a variable is not seen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

from podium.checks.bench import Bench
from podium.checks.changed_python import is_product
from podium.checks.clause_trace import explains, searched_clauses, unexplained_hunks, untouched_clauses
from podium.checks.kind import Answer, GatherOrder, Job, ReadsDiff, RestsOn
from podium.checks.languages.changed import foreign_sources
from podium.checks.languages.left_calls import endings, left_calls
from podium.checks.mentions.left import says_otherwise, texts_made_untrue
from podium.checks.mentions.names import called
from podium.checks.module_changes import module_changes, python_modules
from podium.checks.ports import UnreadableError
from podium.checks.python_api import Callee, narrowed
from podium.checks.python_calls import calls, misfit
from podium.checks.python_claims import parse
from podium.checks.reading import in_part, why_blind
from podium.checks.texts import ends_with, texts
from podium.evidence.change_rules import changed_lines
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Blind, Fails, Holds, Outcome
from podium.evidence.rules import diff_command
from podium.evidence.test_code import belongs_to_tests, is_code
from podium.runs.model import FileChange

NAME = "not-changed"
_MOST_ELSEWHERE = 3  # a line that stands in more places is a habit, not a sibling
_CODE = (".py", ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".go", ".rs", ".rb", ".java", ".kt")
_ORDINARY = re.compile(
    r"^(?:import|from|return|else|except|def|class|pass|raise|try|with open|export|function|fn|pub|func|use)\b"
    r"|^(?:@|#|//|/\*|\*|\.|[)\]}])|^\w+\s*:[^=]*,?$"
)
_DEFINED = re.compile(r"\bdef\s+(\w+)\s*\(")
_WORD = re.compile(r"[^\W\d]\w*")
_NEAR = 8  # lines: equal lines that are nearer to each other than this are one place


class NotChanged:
    """Up to five jobs, each where it has something to look for; they read files only."""

    name = NAME

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        command = diff_command(order.base_tree, order.tree)
        modules = bool(_products(order.changes))
        read = modules or bool(foreign_sources(order.changes))
        wanted: tuple[tuple[bool, str, Callable[[Bench], Awaitable[Answer]], RestsOn, ReadsDiff], ...] = (
            (read, "calls that were left", _calls, "trees", ""),
            (bool(_replaced(order.changes)), "the same line elsewhere", _siblings, "trees", "code"),
            (says_otherwise(order.changes), "texts that were left", _texts, "trees", "code"),
            (explains(order), "hunks that no clause explains", _hunks, "world", "all"),
            (bool(searched_clauses(order)), "clauses that nothing touches", _clauses, "world", "all"),
        )
        return tuple(
            Job(kind=NAME, name=name, work=work, command=command, rests_on=rests_on, reads_diff=reads)
            for applies, name, work, rests_on, reads in wanted
            if applies
        )


def _products(changes: tuple[FileChange, ...]) -> tuple[FileChange, ...]:
    return tuple(change for change in python_modules(changes) if is_product(change.old_path))


def _answer(found: Findings, one: str, many: str, blind: tuple[str, ...] = ()) -> Answer:
    outcome: Outcome = Holds()
    if found.count:
        outcome = Fails(why=in_part(one if found.count == 1 else f"{found.count} {many}", blind))
    elif blind:
        outcome = Blind(why=why_blind(blind))
    return Answer(outcome=outcome, findings=found.all(), tool="podium")


async def _calls(bench: Bench) -> Answer:
    modules, blind = module_changes(_products(bench.order.changes), bench.source)
    changed: dict[str, Callee] = {}
    seen: Counter[str] = Counter()
    for module in modules:
        for name, callee in module.new.callees.items():
            by = called(name)
            seen[by] += 1
            old = module.old.callees.get(name)
            if old is not None and narrowed(old, callee) and callee.form != "property":
                changed[by] = callee
    found = Findings()
    if changed:
        searched = texts(bench, ends_with((".py",)))
        blind += searched.blind
        defined = Counter(name for _, text in searched.files for name in _DEFINED.findall(_decoded(text)))
        # Of several functions of one name, nobody knows which one is called.
        only = {name: each for name, each in changed.items() if defined[name] <= 1 and seen[name] == 1}
        touched = {change.path: change for change in bench.order.changes}
        for path, text in searched.files:
            _misfits(path, text, only, touched.get(path), found)
    beyond = endings(bench.order.changes)
    if beyond:
        searched = texts(bench, ends_with(beyond))
        blind += (*searched.blind, *left_calls(bench, dict(searched.files), found))
    one = "a call that was left does not fit any more"
    return _answer(found, one, "calls that were left do not fit any more", blind)


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _misfits(path: str, text: bytes, changed: dict[str, Callee], change: FileChange | None, found: Findings) -> None:
    said = changed.keys() & frozenset(_WORD.findall(_decoded(text)))
    if not said:
        return
    try:
        tree = parse(text)
    except UnreadableError:
        return
    touched = {line.new for line in changed_lines(change) if line.kind == "+"} if change else set[int]()
    for name, call in calls(tree, frozenset(said)):
        why = misfit(call, changed[name])
        if why and call.lineno not in touched:
            message = f"this call of {name} {why}"
            found.add("call-left", "warning", message, path=path, line=call.lineno, side="not changed")


def _replaced(changes: tuple[FileChange, ...]) -> dict[str, str]:
    """Lines of code that the change replaced by others, each with its file."""
    found: dict[str, str] = {}
    added = {line.text.strip() for change in changes for line in changed_lines(change) if line.kind == "+"}
    for change in changes:
        if change.status != "modified" or not is_code(change.path) or belongs_to_tests(change.path):
            continue
        for hunk in change.hunks:
            kinds = {line.kind for line in hunk.lines}
            for line in hunk.lines if {"+", "-"} <= kinds else ():
                text = line.text.strip()
                if line.kind == "-" and text not in added and _telling(text):
                    found.setdefault(text, change.path)
    return found


def _telling(text: str) -> bool:
    if not 24 <= len(text) <= 400 or _ORDINARY.match(text) or text.startswith(("*", "-", '"', "'")):
        return False
    return sum(char.isalnum() for char in text) >= 15 and any(char in text for char in "(=[<>")


async def _siblings(bench: Bench) -> Answer:
    wanted = _replaced(bench.order.changes)
    endings = tuple({f".{path.rpartition('.')[2]}" for path in wanted.values()})
    places: dict[str, list[tuple[str, int]]] = {}
    searched = texts(bench, ends_with(endings))
    for path, text in searched.files:
        if belongs_to_tests(path):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            stripped = line.strip().decode("utf-8", "replace")
            if stripped in wanted:
                places.setdefault(stripped, []).append((path, number))
    found = Findings()
    for path, number, text, more in _places(places, wanted):
        message = f"the line that was replaced in {wanted[text]} stands here too, as it was: {text[:100]}"
        if more:
            message += f" (and {more} more next to it)"
        found.add("sibling", "note", message, path=path, line=number, side="not changed")
    one, many = "a replaced line stands elsewhere as it was", "places where a replaced line stands as it was"
    return _answer(found, one, many, searched.blind)


def _places(found: dict[str, list[tuple[str, int]]], wanted: dict[str, str]) -> Iterator[tuple[str, int, str, int]]:
    """Where replaced lines stand as they were: the first of those that stand together, and how many follow it."""
    known = sorted(
        (wanted[text], path, number, text)
        for text, where in found.items()
        for path, number in (where if len(where) <= _MOST_ELSEWHERE else ())
    )
    first, last, more = ("", "", 0, ""), 0, 0
    for each in known:
        if each[:2] == first[:2] and each[2] - last <= _NEAR:
            more += 1
        else:
            if first[1]:
                yield (*first[1:], more)
            first, more = each, 0
        last = each[2]
    if first[1]:
        yield (*first[1:], more)


async def _texts(bench: Bench) -> Answer:
    found = Findings()
    blind = texts_made_untrue(bench, _products(bench.order.changes), found)
    return _answer(found, "a text says what is not so any more", "texts say what is not so any more", blind)


async def _clauses(bench: Bench) -> Answer:
    found = Findings()
    searched = texts(bench, lambda path: path.endswith(_CODE) and belongs_to_tests(path))
    untouched_clauses(bench.order, searched.files, found)
    return _answer(found, "a clause that no hunk touches", "clauses that no hunk touches", searched.blind)


async def _hunks(bench: Bench) -> Answer:
    found = Findings()
    unexplained_hunks(bench.order, found)
    return _answer(found, "a hunk that no clause explains", "hunks that no clause explains")


NOT_CHANGED = NotChanged()
