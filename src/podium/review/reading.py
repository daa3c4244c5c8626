"""The order in which hunks are read, and the few words that say why.

First what evidence points at, then by what the lines do (`line_risk`), at last what cannot be wrong in many ways. The
measure of a hunk is how much risk its riskiest lines hold, not how long it is: a reader pays for length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from podium.evidence.model import Finding, Item
from podium.evidence.test_code import is_test_file
from podium.kernel.value import Value
from podium.review.line_risk import LineContext, LineRisk, contexts, line_risk
from podium.review.located import touches
from podium.runs.model import DiffLine, FileChange, Hunk

_LEVEL = {"error": 20.0, "warning": 12.0, "note": 4.0}
_TOP = 3  # lines that stand for their hunk
_REMOVED = 0.6  # what is gone can no longer fail, but may be missed
_TEST = 0.6  # a defect in a test harms later than one in the code
_GENERATED = frozenset(
    {"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "uv.lock", "poetry.lock", "Cargo.lock", "go.sum"}
)
_NO_REASON = frozenset({"plain", "blank", "plain removed", "blank removed"})
_RUNS_IN_CI = (".github/", ".gitlab-ci", ".circleci/", "Jenkinsfile", ".ci/")


class Placed(Value, frozen=True, kw_only=True):
    """A hunk in its place, with the reason for it."""

    hunk: Hunk
    change: FileChange
    score: float
    reasons: tuple[str, ...]  # the weightiest first, at most three
    lines: int  # changed lines


def reading_order(changes: Iterable[FileChange], items: Iterable[Item] = ()) -> tuple[Placed, ...]:
    """All hunks, those that deserve a look first at the front; equal ones as the diff has them."""
    at: dict[str, list[Finding]] = {}
    for item in items:
        for finding in item.findings:
            at.setdefault(finding.path, []).append(finding)
    placed = [
        _place(change, hunk, at.get(change.path, []) if change.path else [])
        for change in changes
        for hunk in change.hunks
    ]
    return tuple(sorted(placed, key=lambda each: -each.score))


def holds_most(placed: Sequence[Placed], share: float = 0.2) -> tuple[int, float]:
    """How many hunks from the front make up this share of the changed lines, and which share of all risk they hold."""
    lines, risk = sum(each.lines for each in placed), sum(each.score for each in placed)
    count, read, held = 0, 0, 0.0
    for each in placed:
        if count and read + each.lines > lines * share:
            break
        count, read, held = count + 1, read + each.lines, held + each.score
    return count, held / risk if risk else 0.0


def _place(change: FileChange, hunk: Hunk, findings: Iterable[Finding]) -> Placed:
    near = [finding for finding in findings if touches(finding, hunk, change)]
    score, reasons = _lines(change, hunk)
    changed = sum(line.kind != " " for line in hunk.lines)
    if not hunk.lines:
        score, reasons = _without_lines(change)
    score, why = _file(change, score)
    if near:
        worst = max(near, key=lambda finding: _LEVEL[finding.level])
        score += _LEVEL[worst.level] + len(near)
        reasons = (f"finding: {worst.rule}", *reasons)
    chosen = tuple(dict.fromkeys(each for each in (*reasons[:1], *why, *reasons[1:]) if each not in _NO_REASON))[:3]
    return Placed(hunk=hunk, change=change, score=round(score, 2), reasons=chosen, lines=changed)


def _lines(change: FileChange, hunk: Hunk) -> tuple[float, tuple[str, ...]]:
    risks = sorted((*_side(hunk, "+", change.path), *_side(hunk, "-", change.path)), key=lambda risk: -risk.score)
    top = risks[:_TOP]
    if not top:
        return 0.0, ()
    weights: Counter[str] = Counter()
    for rank, risk in enumerate(top):
        for place, reason in enumerate(risk.reasons[:3]):
            weights[reason] += round(risk.score * 100) // (1 + rank + place)
    score = top[0].score + sum(risk.score for risk in top[1:]) / 4
    said = {f"{reason} removed" for reason in weights}  # "condition, condition removed" says one thing twice
    return score, tuple([reason for reason, _ in weights.most_common() if reason not in said][:2])


def _side(hunk: Hunk, kind: str, path: str) -> list[LineRisk]:
    rows: list[DiffLine] = [line for line in hunk.lines if line.kind in (kind, " ")]
    found: list[LineRisk] = []
    around: Iterable[LineContext] = contexts([row.text for row in rows], path)
    for row, context in zip(rows, around, strict=True):
        if row.kind == kind:
            risk = line_risk(row.text, path, context)
            found.append(risk if kind == "+" else _gone(risk))
    return found


def _gone(risk: LineRisk) -> LineRisk:
    return LineRisk(risk.score * _REMOVED, tuple(f"{reason} removed" for reason in risk.reasons))


def _without_lines(change: FileChange) -> tuple[float, tuple[str, ...]]:
    if "120000" in (change.new_mode, change.old_mode):
        return 8.0, ("symbolic link",)
    if "160000" in (change.new_mode, change.old_mode):
        return 8.0, ("submodule",)
    if change.binary:
        return 5.0, ("binary file: cannot be read here",)
    if change.old_mode != change.new_mode and "000000" not in (change.old_mode, change.new_mode):
        return 5.0, ("mode changed",)
    return (1.0, ("renamed only",)) if change.status in ("renamed", "copied") else (1.0, ("empty file",))


def _file(change: FileChange, score: float) -> tuple[float, tuple[str, ...]]:
    path = PurePosixPath(change.path)
    if path.name in _GENERATED:
        return score * 0.1, ("generated",)
    if change.path.startswith(_RUNS_IN_CI):
        return score + 6.0, ("runs in CI",)
    if is_test_file(change.path):
        return score * _TEST, ("test",)
    return score, ()
