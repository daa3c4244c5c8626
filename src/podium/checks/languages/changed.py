"""The changed source files of the languages that are read here. Pure."""

from __future__ import annotations

from podium.evidence.grammar import family_of
from podium.evidence.test_code import belongs_to_tests
from podium.runs.model import FileChange


def foreign_sources(changes: tuple[FileChange, ...]) -> tuple[FileChange, ...]:
    """The changes of JavaScript, TypeScript, Go and Rust files on either side that belong to no tests."""
    return tuple(
        change
        for change in changes
        if (family_of(change.path) or family_of(change.old_path))
        and not change.binary
        and not (belongs_to_tests(change.path) and belongs_to_tests(change.old_path))
        and (change.added or change.removed or change.path != change.old_path)
        and {change.old_mode[:3], change.new_mode[:3]} <= {"100", "000"}
    )
