"""The lane of hunks that can be neither folded nor skipped, each with the reason in a few words.

Weakened tests, new sinks, credentials, dependencies, what runs in CI, protected areas, what hides from the eye: a
person reads these, whatever else is proven of them and whatever is waived.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from podium.evidence.model import Finding, Item
from podium.kernel.value import Value
from podium.review.located import findings_at
from podium.review.model import ProtectedTouch
from podium.runs.model import FileChange, Hunk

_KINDS = {
    "weakened-tests": "weakened test",
    "deleted-tests": "deleted test",
    "hidden-characters": "hidden characters",
    "symlinks": "symbolic link",
    "embedded": "embedded repository",
}
_MANIFEST = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.(?:py|cfg)|requirements[\w.-]*\.(?:txt|in)|Pipfile|package\.json|\.npmrc|"
    r"\.yarnrc(?:\.yml)?|Cargo\.toml|build\.rs|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|Gemfile|composer\.json|"
    r"[\w.-]*(?:\.lock|-lock\.(?:json|yaml))|go\.sum)$"
)
_CI = re.compile(
    r"^(?:\.github/|\.circleci/|\.ci/|\.husky/|\.gitlab-ci)|(?:^|/)(?:Jenkinsfile|azure-pipelines\.yml|"
    r"\.pre-commit-config\.yaml|Dockerfile|Makefile|tox\.ini|noxfile\.py|conftest\.py|\.gitattributes|\.gitmodules)$"
)


class InLane(Value, frozen=True, kw_only=True):
    """A hunk that is to be read by a person, and why."""

    hunk: str
    path: str
    reasons: tuple[str, ...]


def lane(
    changes: Iterable[FileChange], items: Iterable[Item], protected: Iterable[ProtectedTouch] = ()
) -> tuple[InLane, ...]:
    """The hunks of the lane, in the order of the diff."""
    known, places = tuple(items), {touch.place for touch in protected}
    found: list[InLane] = []
    for change in changes:
        for hunk in change.hunks:
            reasons = tuple(dict.fromkeys(_reasons(change, hunk, known, places)))
            if reasons:
                found.append(InLane(hunk=hunk.id, path=change.path, reasons=reasons))
    return tuple(found)


def _reasons(change: FileChange, hunk: Hunk, items: tuple[Item, ...], protected: set[str]) -> Iterator[str]:
    for located in findings_at(change, hunk, items):
        reason = _told(located.item, located.finding)
        if reason:
            yield reason
    for path in dict.fromkeys((change.path, change.old_path)):
        if path in protected:
            yield "protected area"
        if _MANIFEST.search(path):
            yield "dependencies"
        if _CI.search(path):
            yield "runs in CI or in tests"
    modes = (change.old_mode, change.new_mode)
    if "120000" in modes:
        yield "symbolic link"
    if "160000" in modes:
        yield "submodule"
    if change.new_mode == "100755" and change.old_mode != "100755":
        yield "made executable"


def _told(item: Item, finding: Finding) -> str:
    if item.kind == "security":
        if finding.rule.startswith("sink/"):
            return "new sink"
        return {"credentials": "credential"}.get(item.name, "supply chain")
    if item.kind in _KINDS and finding.level != "note":
        return _KINDS[item.kind]
    return "protected area" if item.kind == "protected" else ""
