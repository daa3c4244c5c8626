"""What evidence means: identity, what an accept requires, and what a reviewer should see first. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from podium.evidence.change_rules import CHANGE_RULES
from podium.evidence.model import Blind, BrokenBefore, Fails, Finding, Holds, Item, NotRun
from podium.evidence.outcome import outcome_of
from podium.kernel.value import canonical
from podium.plan.model import Task
from podium.project.model import Settings
from podium.runs.model import FileChange

__all__ = [
    "blocks",
    "diff_command",
    "earlier_words",
    "findings_from_changes",
    "item_id",
    "order",
    "outcome_of",
    "required",
]

# What should change a mind first, among items whose outcome weighs the same. A kind that is not named comes after.
_KIND_WEIGHT = {
    kind: place
    for place, kind in enumerate(
        (
            "protected",
            "clause-check",
            "empty",
            "project-tests",
            "extra-check",
            "weakened-tests",
            "deleted-tests",
            "security",
            "import",
            "embedded",
            "symlinks",
            "hidden-characters",
            "file-names",
            "scope",
            "behaviour",
            "crosshair",
            "new-tests-prove",
            "public-api",
            "not-changed",
            "unrun-lines",
            "mutants",
            "size",
            "modes",
            "shape",
        )
    )
}


def item_id(kind: str, name: str, base_tree: str, tree: str) -> str:
    """The id of an item: the same for the same question about the same trees, so that gathering twice adds nothing."""
    return "e" + hashlib.sha256(canonical([kind, name, base_tree, tree])).hexdigest()[:12]


def required(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items that an accept depends on."""
    return tuple(item for item in items if item.required)


def blocks(item: Item) -> bool:
    """Whether this item alone stands against an accept, unless it is waived by name."""
    return item.required and not isinstance(item.outcome, Holds)


def order(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items in the order in which they should change a reviewer's mind."""
    return tuple(sorted(items, key=_place))


def _place(item: Item) -> tuple[int, int, str, str]:
    return (_urgency(item), _KIND_WEIGHT.get(item.kind, len(_KIND_WEIGHT)), item.clause, item.name)


def _urgency(item: Item) -> int:
    match item.outcome:
        case Fails():
            return 0 if item.required or _serious(item.findings) else 1
        case NotRun() | Blind():
            return 2 if item.required else 4
        case BrokenBefore():
            return 3
        case Holds():
            return 5


def _serious(findings: tuple[Finding, ...]) -> bool:
    return any(finding.level == "error" for finding in findings)


def earlier_words(item: Item) -> str:
    """Where an item comes from that was taken over, for a reader; empty for one that was gathered now."""
    return "from an earlier run of exactly this" if item.earlier else ""


def diff_command(base_tree: str, tree: str) -> str:
    """What shows the facts behind the rules over changes, in the project's mirror."""
    return f"git diff {base_tree} {tree}"


def findings_from_changes(
    changes: tuple[FileChange, ...], task: Task, settings: Settings, *, base_tree: str, tree: str
) -> tuple[Item, ...]:
    """All that can be told from the changes alone, without running anything: one item per rule."""
    items: list[Item] = []
    for rule in CHANGE_RULES:
        outcome, findings = rule.judge(changes, task, settings)
        items.append(
            Item(
                id=item_id(rule.kind, rule.name, base_tree, tree),
                kind=rule.kind,
                name=rule.name,
                tree=tree,
                base_tree=base_tree,
                outcome=outcome,
                required=rule.required,
                command=diff_command(base_tree, tree),
                tool="podium",
                findings=findings,
            )
        )
    return tuple(items)
