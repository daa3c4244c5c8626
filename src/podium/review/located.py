"""Which findings stand at which hunk."""

from __future__ import annotations

from collections.abc import Iterable

from podium.evidence.model import Finding, Item
from podium.kernel.value import Value
from podium.runs.model import FileChange, Hunk


class Located(Value, frozen=True, kw_only=True):
    """A finding, and the item of evidence that tells it (and how to reproduce it)."""

    item: Item
    finding: Finding


def touches(finding: Finding, hunk: Hunk, change: FileChange) -> bool:
    """Whether a finding is about this hunk. One about the whole file stands at the file's first hunk."""
    path = change.old_path if finding.side == "old" and finding.path != change.path else change.path
    if finding.side == "not changed" or finding.path != path:
        return False
    if not finding.line:
        return hunk is change.hunks[0]
    if finding.side == "old":
        return any(line.old == finding.line for line in hunk.lines)
    return any(line.new == finding.line for line in hunk.lines)


def findings_at(change: FileChange, hunk: Hunk, items: Iterable[Item]) -> tuple[Located, ...]:
    """The findings at a hunk, in the order of the evidence."""
    return tuple(
        Located(item=item, finding=finding)
        for item in items
        for finding in item.findings
        if finding.path and touches(finding, hunk, change)
    )


def not_changed(items: Iterable[Item]) -> tuple[Located, ...]:
    """The findings about places that were NOT changed: callers, sibling sites, places that other runs edited."""
    return tuple(
        Located(item=item, finding=finding)
        for item in items
        for finding in item.findings
        if finding.side == "not changed"
    )
