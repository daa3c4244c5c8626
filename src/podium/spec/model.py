"""A spec: intent, numbered clauses, what is out of scope, and where the work may happen."""

from __future__ import annotations

from typing import Literal

from podium.kernel.value import Value

ClauseKind = Literal["behaviour", "edge", "done"]
Severity = Literal["error", "warning"]


class Clause(Value, frozen=True, kw_only=True):
    """One numbered demand: B1 (behaviour), E1 (edge case) or D1 (done)."""

    id: str
    kind: ClauseKind
    text: str
    line: int  # counted from 1, in the spec's file
    column: int  # counted from 1
    check: str = ""  # a command that exits 0 when the clause holds


class Spec(Value, frozen=True, kw_only=True):
    """A spec as parsed from `specs/NAME.md`."""

    name: str
    title: str
    owner: str
    risk: Literal["low", "medium", "high"]
    scope: tuple[str, ...]
    intent: str
    clauses: tuple[Clause, ...]
    out_of_scope: str
    text: str  # the whole document
    blob: str  # git blob id (sha1) of the document's bytes
    path: str = ""  # as it was given when the document was read, for messages


class LintFinding(Value, frozen=True, kw_only=True):
    """One located fault of a spec or plan."""

    rule: str
    severity: Severity
    path: str
    line: int
    column: int
    message: str  # what is wrong, and why it matters
    instead: str  # what to write instead
