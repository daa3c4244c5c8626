"""What Python tests check less than before: the claims of each test, old against new. Pure.

A test is compared with its namesake in the same file, else with one that moved or was renamed. A claim that stands
elsewhere in the changed tests has moved and is not missed; one about another subject with the same expected value was
rewritten. What is left is a weakening, or an honest change of what is expected: both are for a person to see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, TypeAlias

from podium.checks.python_claims import STRENGTH, VACUOUS, Claim, Test

_OPPOSITES = (
    {"==", "!="},
    {"is", "is not"},
    {"in", "not in"},
    {"holds", "lacks"},
    {"true", "false"},
    {"<", ">"},
    {"<=", ">="},
)
_ON_A_CONDITION = ("skipif", "skipIf", "skipUnless")  # ordinary for a new test; on an existing one it is told
_BROAD = ("Exception", "BaseException")
_MOST_PAIRS = 20_000
"""Old names (or cases) times new ones up to which it is asked which are alike: a second or less. Beyond, what has not
its old name is gone, which is told as the graver thing."""
_MOST_TWINS = 1_000_000  # old claims times new ones of one test

_Core: TypeAlias = tuple[str, str, str, float, str]


@dataclass(frozen=True)
class Weakening:
    """One sign that a test checks less."""

    rule: str
    level: Literal["note", "warning", "error"]
    message: str
    path: str
    line: int
    side: Literal["old", "new"]
    text: str  # what it is about, without line numbers


@dataclass(frozen=True)
class TestFile:
    """One changed test file; a side that does not exist has no tests."""

    __test__ = False  # its name begins like a test class; pytest must not collect it

    path: str
    old_path: str
    old: Mapping[str, Test]
    new: Mapping[str, Test]


@dataclass(frozen=True)
class _Pair:
    """A test before and after, with the claims of each that the other does not make."""

    old: Test
    new: Test
    old_path: str
    path: str
    before: list[Claim]
    after: list[Claim]


def weakenings(files: tuple[TestFile, ...]) -> Iterator[Weakening]:
    """Every weakening in a candidate's changed test files."""
    pairs, fresh = _paired(files)
    arrived = [claim for pair in pairs for claim in pair.after] + [claim for new, _ in fresh for claim in new.claims]
    spare = Counter(claim.core for claim in arrived)
    for pair in pairs:
        yield from _compare(pair, spare)
    for new, path in fresh:
        yield from _fresh(new, path)


def _paired(files: tuple[TestFile, ...]) -> tuple[list[_Pair], list[tuple[Test, str]]]:
    pairs: list[_Pair] = []
    taken: set[tuple[str, str]] = set()
    arrived = _Arrived(files)
    for file in files:
        for old in file.old.values():
            place, new = arrived.counterpart(old, file)
            if new is not None:
                taken.add((place.path, new.name))
                pairs.append(_Pair(old, new, file.old_path, place.path, *_unmatched(old, new)))
    fresh = [(new, file.path) for file in files for new in file.new.values() if (file.path, new.name) not in taken]
    return pairs, fresh


class _Arrived:
    """The tests that no file had under their names before: where an old one may have gone."""

    def __init__(self, files: tuple[TestFile, ...]) -> None:
        self._own: dict[str, dict[str, Test]] = {}
        self._anywhere: dict[str, tuple[TestFile, Test]] = {}
        self._names: dict[str, list[str]] = {}
        self._pairs = 0
        for file in files:
            own = self._own.setdefault(file.path, {})
            names = self._names.setdefault(file.path, [])
            for name, test in file.new.items():
                if name not in file.old:
                    own.setdefault(_last(name), test)
                    self._anywhere.setdefault(_last(name), (file, test))
                    names += [name] if test.is_test else []

    def counterpart(self, old: Test, file: TestFile) -> tuple[TestFile, Test | None]:
        """What an old test is now, and the file that it is in: by its name, else by one that is like it."""
        if old.name in file.new:
            return file, file.new[old.name]
        if _last(old.name) in self._own[file.path]:
            return file, self._own[file.path][_last(old.name)]
        if _last(old.name) in self._anywhere:
            return self._anywhere[_last(old.name)]
        names = self._names[file.path]
        self._pairs += len(names)
        if not old.is_test or self._pairs > _MOST_PAIRS:
            return file, None
        close = get_close_matches(old.name, names, n=1, cutoff=0.6)
        return (file, file.new[close[0]]) if close else (file, None)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _fresh(new: Test, path: str) -> Iterator[Weakening]:
    """What is wrong with a new test in itself."""
    for claim in new.claims:
        if claim.relation == VACUOUS:
            yield _at(
                "assertion-vacuous", "warning", f"{new.name}: this can only be true", path, claim.line, claim.subject
            )
    for what, line in new.skips if new.is_test else ():
        if any(name in what for name in _ON_A_CONDITION):
            continue
        yield _at("test-skipped", "warning", f"the new test {new.name} is skipped: {what}", path, line, new.name + what)


def _compare(pair: _Pair, spare: Counter[_Core]) -> Iterator[Weakening]:
    old, new = pair.old, pair.new
    if new.empty and not old.empty and old.is_test:
        yield _at("test-emptied", "error", f"{new.name} does nothing any more", pair.path, new.line, new.name)
        return
    yield from _skipped(old, new, pair.path)
    yield from _cases(old, new, pair.old_path, pair.path)
    for what, line in new.mocks.items():
        if what not in old.mocks:
            yield _at("mock-added", "warning", f"{new.name} now replaces {what}", pair.path, line, what)
    yield from _shielded(old, new, pair.path)
    yield from _claims(pair, spare)


def _skipped(old: Test, new: Test, path: str) -> Iterator[Weakening]:
    before = {what for what, _ in old.skips}
    for what, line in new.skips:
        if what not in before:
            message = f"{new.name} is skipped or expected to fail: {what}"
            yield _at("test-skipped", "error", message, path, line, f"{new.name} {what}")


def _cases(old: Test, new: Test, old_path: str, path: str) -> Iterator[Weakening]:
    gone = [case for case in old.cases if case not in new.cases]
    come = [case for case in new.cases if case not in old.cases]
    few = len(gone) * len(come) <= _MOST_PAIRS
    for case in gone:
        twin = next(iter(get_close_matches(case, come, n=1, cutoff=0.6)), None) if few else None
        if twin is not None:
            come.remove(twin)
            message = f"{new.name}: the case {_short(case)} is now {_short(twin)}"
            yield _at("expectation-changed", "warning", message, path, new.cases[twin], twin)
        else:
            message = f"{new.name}: the case {_short(case)} is gone"
            yield Weakening("case-removed", "error", message, old_path, old.cases[case], "old", case)


def _claims(pair: _Pair, spare: Counter[_Core]) -> Iterator[Weakening]:
    name, path = pair.new.name, pair.path
    for claim in pair.after:
        if claim.relation == VACUOUS:
            yield _at("assertion-vacuous", "error", f"{name}: this can only be true", path, claim.line, claim.subject)
    left = [claim for claim in pair.after if claim.relation != VACUOUS]
    few = len(pair.before) * len(left) <= _MOST_TWINS
    for claim in pair.before:
        if spare[claim.core] > 0:
            spare[claim.core] -= 1
            continue
        twin = _twin(claim, left) if few else None
        if twin is None:
            gone = _claim_text(claim)
            message = f"{name} no longer asserts {gone}"
            yield Weakening("assertion-removed", "warning", message, pair.old_path, claim.line, "old", gone)
            continue
        left.remove(twin)
        spare[twin.core] -= 1
        yield from _judged(claim, twin, name, path)


def _unmatched(old: Test, new: Test) -> tuple[list[Claim], list[Claim]]:
    """The claims of each side that the other does not make."""
    shared = Counter(claim.core for claim in old.claims) & Counter(claim.core for claim in new.claims)
    return _beyond(old.claims, Counter(shared)), _beyond(new.claims, Counter(shared))


def _beyond(claims: list[Claim], shared: Counter[_Core]) -> list[Claim]:
    left: list[Claim] = []
    for claim in claims:
        if shared[claim.core] > 0:
            shared[claim.core] -= 1
        else:
            left.append(claim)
    return left


def _shielded(old: Test, new: Test, path: str) -> Iterator[Weakening]:
    """Claims that still stand, but no longer count: their failure is caught, or they are only made on a condition."""
    open_before = {claim.core for claim in old.claims if not claim.swallowed}
    firm_before = {claim.core for claim in old.claims if not claim.conditional}
    firm_after = {claim.core for claim in new.claims if not claim.conditional}
    for claim in new.claims:
        text = _claim_text(claim)
        if claim.swallowed and claim.core in open_before:
            message = f"{new.name}: the failure of {text} is caught"
            yield _at("assertion-swallowed", "error", message, path, claim.line, text)
        elif claim.conditional and claim.core in firm_before and claim.core not in firm_after:
            message = f"{new.name} asserts {text} only on a condition"
            yield _at("assertion-conditional", "warning", message, path, claim.line, text)


def _twin(claim: Claim, candidates: list[Claim]) -> Claim | None:
    """The new claim that took the place of an old one: about the same subject, else expecting the same of another."""
    same = [each for each in candidates if each.subject == claim.subject]
    if same:
        return max(same, key=lambda each: (each.relation == claim.relation, STRENGTH.get(each.relation, 0)))
    alike = (each for each in candidates if each.relation == claim.relation and each.expected == claim.expected)
    return next((each for each in alike if claim.expected), None) or _only_in_kind(claim, candidates)


def _only_in_kind(claim: Claim, candidates: list[Claim]) -> Claim | None:
    """A truth about another expression: rewritten, where exactly one new claim could be it."""
    if claim.relation not in ("true", "false"):
        return None
    stronger = [each for each in candidates if STRENGTH.get(each.relation, 0) > STRENGTH[claim.relation]]
    return stronger[0] if len(stronger) == 1 else None


def _judged(old: Claim, new: Claim, name: str, path: str) -> Iterator[Weakening]:
    before, after = _claim_text(old), _claim_text(new)
    if old.subject != new.subject:
        rule = "tolerance-widened" if new.tolerance > old.tolerance else ""
    elif old.relation == new.relation:
        rule = _same_relation(old, new)
    elif old.expected == new.expected and {old.relation, new.relation} in _OPPOSITES:
        rule = "expectation-changed"
    else:
        rule = "assertion-loosened" if STRENGTH.get(new.relation, 0) < STRENGTH.get(old.relation, 0) else ""
    if rule:
        message = f"{name} asserted {before}, now {after}"
        yield _at(rule, "warning", message, path, new.line, f"{before} {after}")


def _same_relation(old: Claim, new: Claim) -> str:
    if old.expected != new.expected:
        broad = any(name in new.expected for name in _BROAD) and old.relation in ("raises", "warns")
        return "assertion-loosened" if broad or "ANY" in new.expected else "expectation-changed"
    if new.tolerance > old.tolerance:
        return "tolerance-widened"
    return "assertion-loosened" if old.match and old.match != new.match else ""


def _claim_text(claim: Claim) -> str:
    match claim.relation:
        case "true":
            return _short(claim.subject)
        case "false":
            return _short(f"not {claim.subject}")
        case "raises" | "warns":
            matching = f" matching {claim.match}" if claim.match else ""
            return _short(f"that {claim.subject} {claim.relation} {claim.expected}{matching}")
        case "~=":
            return _short(f"{claim.subject} == {claim.expected} within {claim.tolerance:g}")
        case _:
            return _short(f"{claim.subject} {claim.relation} {claim.expected}")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 120 else flat[:119] + "…"


def _at(
    rule: str, level: Literal["note", "warning", "error"], message: str, path: str, line: int, text: str
) -> Weakening:
    return Weakening(rule, level, message, path, line, "new", text)
